// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.cli.config.ConfigDefaults.Configured;
import io.sluice.cli.config.ConfigOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Holds docs/configuration.md to the options as they are. To write it anew: ./sluice test -pl cli -am
 * -Dtest=ConfigurationPageTest -Dsurefire.failIfNoSpecifiedTests=false -Dsluice.write.docs=true
 */
class ConfigurationPageTest {
    private static final Path PAGE = Path.of(System.getProperty("sluice.root")).resolve("docs/configuration.md");

    private static final String HEAD = """
            # Configuration
            Each role takes its options as flags, or from a YAML or JSON file with `--config FILE`; a flag goes before the
            file. A file has namespaces, in them named objects, each with a `class` and `params`:

            ```yaml
            Memnode:
              m1:
                class: Memnode
                params:
                  listen: 10.0.0.5:9091
                  memory: 4GiB
                  secret_file: /etc/sluice/secret
            ```

            One file may describe a whole deployment. A role takes the object of its namespace, the one of `--name` where
            there are several, and the object's name is its own. What is unknown, of a wrong type, out of range or
            contradictory is an error that names the file, the path in it and what is allowed, with exit code 2.

            Some options of a worker can come from an environment variable too, which their row names: flag and file go
            before it. An empty variable counts as none; those of yes and no take `1` and `0`.

            Sizes are bytes, or carry a binary unit: `64MiB`. Times carry a unit: `500ms`, `10s`, `2m`, `1h`. Lists are
            lists in a file, and separated by commas as flags.

            `SLUICE_LOG` (or `-Dsluice.log`) sets the level of the log, `SLUICE_JAVA_OPTS` adds options of the JVM,
            `HADOOP_CONF_DIR` names Hadoop's own configuration.

            A program that embeds a store sets its options in code, with `DBOptions` and `ColumnFamilyOptions`. There,
            `db_write_buffer_size` is by default 1 GiB, or half of the JVM's limit of direct memory where that is less.
            Where its compactions run it can leave to such a file: [remote-compaction.md](remote-compaction.md).

            This page is written from the commands themselves.
            """;

    private static String render() {
        StringBuilder page = new StringBuilder(HEAD);
        for (CommandLine command : Main.commandLine().getSubcommands().values()) {
            if (command.getCommand() instanceof Configured configured) {
                page.append("\n## %s: class `%s` (`./sluice %s`)\n"
                        .formatted(configured.namespace(), configured.type(), command.getCommandName()));
                page.append("| key | flag | meaning |\n|---|---|---|\n");
                command.getCommandSpec().options().stream()
                        .filter(ConfigOptions::configurable)
                        .sorted(Comparator.comparing(ConfigOptions::key))
                        .forEach(option -> page.append(row(option)));
            }
        }
        return page.toString();
    }

    private static String row(OptionSpec option) {
        String text = String.join(" ", option.description())
                .replace("${DEFAULT-VALUE}", "default `" + defaultText(option) + "`")
                .replace("${COMPLETION-CANDIDATES}", candidates(option));
        return "| `%s` | `%s %s` | %s |\n"
                .formatted(ConfigOptions.key(option), option.longestName(), option.paramLabel(), text);
    }

    private static String defaultText(OptionSpec option) {
        Object value = option.initialValue();
        return value == null ? String.valueOf(option.defaultValue()) : value.toString();
    }

    private static String candidates(OptionSpec option) {
        Iterable<String> candidates = option.completionCandidates();
        return candidates == null ? "" : "`" + String.join("`, `", candidates) + "`";
    }

    @Test
    void shouldDocumentEveryOptionAsItIs() throws IOException {
        String page = render();
        if (Boolean.getBoolean("sluice.write.docs")) {
            Files.writeString(PAGE, page);
        }
        assertThat(Files.readString(PAGE)).isEqualTo(page);
        assertThat(page).doesNotContain("${");
    }

    @Test
    void shouldNameTheEnvironmentVariableOfAnOption() {
        for (CommandLine command : Main.commandLine().getSubcommands().values()) {
            if (command.getCommand() instanceof Configured configured) {
                configured
                        .environment()
                        .forEach((option, variable) -> assertThat(String.join(
                                        " ",
                                        command.getCommandSpec()
                                                .findOption(option)
                                                .description()))
                                .endsWith("Environment: " + variable + "."));
            }
        }
    }

    @Test
    void shouldShowAnExampleInTheHelpOfEveryCommand() {
        for (CommandLine command : Main.commandLine().getSubcommands().values()) {
            if (!List.of("version", "help").contains(command.getCommandName())) {
                assertThat(command.getUsageMessage())
                        .as(command.getCommandName())
                        .contains("Example", "./sluice " + command.getCommandName(), "--help");
            }
        }
    }
}
