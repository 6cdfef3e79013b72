// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.config.ByteSize;
import io.sluice.config.TimeSpan;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

class ConfigFileTest {
    @TempDir
    private Path directory;

    private enum Colour {
        RED,
        BLUE
    }

    @Command(name = "root")
    static final class Root {}

    @Command(name = "thing")
    static final class Thing implements Runnable, ConfigDefaults.Configured {
        @Spec
        private CommandSpec spec;

        @Option(names = "--name", defaultValue = "unnamed")
        private String name;

        @Option(names = "--memory-limit", defaultValue = "1MiB")
        private ByteSize memory;

        @Option(names = "--peers", split = ",")
        private List<HostPort> peers = List.of();

        @Option(names = "--wait", defaultValue = "1s")
        private TimeSpan wait;

        @Option(names = "--colour")
        private Colour colour = Colour.RED;

        @Option(names = "--count", defaultValue = "3")
        private int count;

        @Option(names = "--fast", defaultValue = "false", arity = "0..1", fallbackValue = "true")
        private boolean fast;

        @Override
        public String namespace() {
            return "Thing";
        }

        @Override
        public String type() {
            return "SmallThing";
        }

        @Override
        public Map<String, String> environment() {
            return Map.of("--count", "THING_COUNT", "--fast", "THING_FAST", "--wait", "THING_WAIT");
        }

        @Override
        public void run() {
            if (count > 5) {
                throw ConfigDefaults.error(spec, "--count", "expected up to 5, found " + count);
            }
        }
    }

    private final StringWriter err = new StringWriter();
    private final Thing thing = new Thing();

    private final Map<String, String> environment = new HashMap<>();

    private int run(String... args) {
        CommandLine root = new CommandLine(new Root()).addSubcommand(thing);
        Converters.register(root);
        root.setErr(new PrintWriter(err)).setCaseInsensitiveEnumValuesAllowed(true);
        ConfigDefaults.addOption(root);
        ConfigDefaults.install(root, Arrays.asList(args), environment);
        return root.execute(args);
    }

    private String file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text).toString();
    }

    @Test
    void shouldGiveEachOptionTheValueOfItsKey() throws IOException {
        String file = file("a.yaml", """
                Thing:
                  t1:
                    class: SmallThing
                    params:
                      memory_limit: 2GiB
                      peers: ["a:1", "[::1]:2"]
                      wait: 500ms
                      colour: blue
                      count: 4
                      fast: true
                """);
        assertThat(run("thing", "--config", file)).as(err.toString()).isZero();
        assertThat(thing.memory.bytes()).isEqualTo(2L << 30);
        assertThat(thing.peers).containsExactly(new HostPort("a", 1), new HostPort("::1", 2));
        assertThat(thing.wait.duration()).isEqualTo(Duration.ofMillis(500));
        assertThat(thing.colour).isEqualTo(Colour.BLUE);
        assertThat(thing.count).isEqualTo(4);
        assertThat(thing.fast).isTrue();
        assertThat(thing.name).isEqualTo("t1");
    }

    @Test
    void shouldReadJsonAndLetFlagsGoBefore() throws IOException {
        String file = file(
                "a.json",
                "{\"Thing\": {\"x\": {\"class\": \"SmallThing\", \"params\": {\"count\": 2, \"wait\": \"2m\"}},"
                        + " \"y\": {\"class\": \"SmallThing\"}}}");
        assertThat(run("thing", "--config=" + file, "--name", "x", "--count", "5"))
                .as(err.toString())
                .isZero();
        assertThat(thing.count).isEqualTo(5);
        assertThat(thing.wait.duration()).isEqualTo(Duration.ofMinutes(2));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{Thing: {t: {class: SmallThing, params: {memori: 1}}}}|Thing.t.params.memori: unknown key; expected one"
                        + " of [colour, count, fast, memory_limit, peers, wait]",
                "{Thing: {t: {class: SmallThing, params: {memory_limit: true}}}}|Thing.t.params.memory_limit: expected a"
                        + " size such as 67108864, 512KiB, 64MiB or 2GiB, found the boolean true",
                "{Thing: {t: {class: SmallThing, params: {count: x}}}}|Thing.t.params.count: expected a whole number up"
                        + " to 2147483647, found the text 'x'",
                "{Thing: {t: {class: SmallThing, params: {count: 99999999999}}}}|Thing.t.params.count: expected a whole",
                "{Thing: {t: {class: SmallThing, params: {count: 1.5}}}}|Thing.t.params.count: expected a whole",
                "{Thing: {t: {class: SmallThing, params: {count: null}}}}|found null",
                "{Thing: {t: {class: SmallThing, params: {colour: green}}}}|Thing.t.params.colour: expected one of"
                        + " [RED, BLUE], found 'green'",
                "{Thing: {t: {class: SmallThing, params: {peers: [nobody]}}}}|Thing.t.params.peers[0]: expected HOST:PORT",
                "{Thing: {t: {class: SmallThing, params: {peers: {a: b}}}}}|Thing.t.params.peers: expected HOST:PORT",
                "{Thing: {t: {class: SmallThing, params: {wait: 5}}}}|Thing.t.params.wait: expected a time such as",
                "{Thing: {t: {class: SmallThing, params: {wait: '5 years'}}}}|Thing.t.params.wait: expected a time",
                "{Thing: {t: {class: SmallThing, params: {fast: 'yes'}}}}|Thing.t.params.fast: expected true or false",
                "{Thing: {t: {class: SmallThing, params: {count: 6}}}}|Thing.t.params.count: expected up to 5, found 6",
                "{Thing: {t: {class: SmallThing, params: [1]}}}|Thing.t.params: expected an object (key: value), found a"
                        + " list",
                "{Thing: {t: {class: SmallThing, parms: {}}}}|Thing.t.parms: unknown key; expected one of [class,"
                        + " params]",
                "{Thing: {t: {class: BigThing}}}|Thing.t.class: expected one of [SmallThing], found 'BigThing'",
                "{Thing: {t: {params: {}}}}|Thing.t.class: expected the name of a class, found nothing",
                "{Thing: {t: {class: SmallThing}, u: {class: SmallThing}}}|Thing: has 2 objects [t, u]: choose one by its"
                        + " name (on the command line: --name)",
                "{Thing: {}}|Thing: missing: expected an object",
                "{Thin: {}}|Thin: unknown key; expected one of [CompactionExecutorFactory, Thing]",
                "[]|expected an object (key: value), found a list",
                "{Thing: {t: {class: A, class: B}}}|line 1, column",
                "{Thing: {t: |line 2"
            })
    void shouldNameFilePathAndWhatIsAllowed(String text, String message) throws IOException {
        String file = file("bad.yaml", text + "\n");
        assertThat(run("thing", "--config", file)).isEqualTo(2);
        assertThat(err.toString()).contains(file + ": ").contains(message);
    }

    @Test
    void shouldSayThatAFileCannotBeReadOrIsTooLong() throws IOException {
        assertThat(run("thing", "--config", directory + "/none.yaml")).isEqualTo(2);
        assertThat(err.toString()).contains("none.yaml: can't be read");
        String longFile = file("long.yaml", "# " + "x".repeat(1 << 20));
        assertThat(run("thing", "--config", longFile)).isEqualTo(2);
        assertThat(err.toString()).contains("has at most 1048576 bytes");
    }

    @Test
    void shouldNameTheFlagWhereTheValueCameFromIt() throws IOException {
        String file = file("a.yaml", "{Thing: {t: {class: SmallThing, params: {count: 6}}}}");
        assertThat(run("thing", "--config", file, "--count", "7")).isEqualTo(2);
        assertThat(err.toString())
                .contains("--count: expected up to 5, found 7")
                .doesNotContain("a.yaml");
    }

    @Test
    void shouldNotExpandAliasesWithoutBound() throws IOException {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++) {
            String alias = "*a" + (i - 1);
            bomb.append(
                    "a%d: &a%d [%s]\n".formatted(i, i, String.join(", ", java.util.Collections.nCopies(10, alias))));
        }
        assertThat(run("thing", "--config", file("bomb.yaml", bomb.toString()))).isEqualTo(2);
        assertThat(err.toString()).contains("bomb.yaml");
    }

    @Test
    void shouldTakeWhatNeitherFlagNorFileGivesFromTheEnvironment() throws IOException {
        environment.putAll(Map.of("THING_COUNT", "4", "THING_FAST", "1", "THING_WAIT", "5s"));
        String file = file("a.yaml", "{Thing: {t: {class: SmallThing, params: {count: 2}}}}");
        assertThat(run("thing", "--config", file, "--wait", "1s"))
                .as(err.toString())
                .isZero();
        assertThat(thing.count).isEqualTo(2);
        assertThat(thing.fast).isTrue();
        assertThat(thing.wait.duration()).isEqualTo(Duration.ofSeconds(1));
        environment.put("THING_FAST", "off");
        assertThat(run("thing")).as(err.toString()).isZero();
        assertThat(thing.count).isEqualTo(4);
        assertThat(thing.fast).isFalse();
        assertThat(thing.name).isEqualTo("unnamed");
        environment.put("THING_COUNT", "");
        assertThat(run("thing")).as(err.toString()).isZero();
        assertThat(thing.count).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({
        "THING_COUNT,many,expected a whole number up to 2147483647; found 'many'",
        "THING_COUNT,6,expected up to 5; found 6",
        "THING_FAST,2,expected 1 or 0 (or true or false); found '2'",
        "THING_WAIT,soon,expected a time such as"
    })
    void shouldNameTheEnvironmentVariableOfAWrongValue(String variable, String value, String message) {
        environment.put(variable, value);
        assertThat(run("thing")).isEqualTo(2);
        assertThat(err.toString()).contains("environment variable " + variable + ": " + message.replace(';', ','));
    }
}
