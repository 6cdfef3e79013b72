// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.cli.Main;
import io.sluice.cli.config.ConfigDefaults;
import io.sluice.flush.placement.LoadLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** What a memnode is told of full load is what its placement weighs by. */
@Tag("A24")
class MemnodeOptionsTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    @TempDir
    private Path directory;

    private static LoadLimits limits(String... options) {
        List<String> args = new ArrayList<>(List.of("memnode"));
        args.addAll(List.of(options));
        CommandLine root = Main.commandLine();
        ConfigDefaults.install(root, args);
        root.parseArgs(args.toArray(String[]::new));
        MemnodeCommand command =
                Objects.requireNonNull(root.getSubcommands().get("memnode")).getCommand();
        return command.settings().limits();
    }

    private String config(String params) throws IOException {
        Path file = directory.resolve("cluster.yaml");
        Files.writeString(file, "Memnode:\n  m1:\n    class: Memnode\n    params: {" + params + "}\n");
        return "--config=" + file;
    }

    @Test
    void shouldHaveTheSeedsLimitsByDefault() throws IOException {
        assertThat(limits()).isEqualTo(new LoadLimits(100 * MIB, 32));
        assertThat(limits(config("memory: 1GiB"))).isEqualTo(new LoadLimits(100 * MIB, 32));
    }

    @Test
    void shouldTakeTheLimitsFromFlags() {
        assertThat(limits("--max-hdfs-io=250MiB", "--max-background-job-num=8"))
                .isEqualTo(new LoadLimits(250 * MIB, 8));
        assertThat(limits("--max-hdfs-io=3GiB")).isEqualTo(new LoadLimits(3 * GIB, 32));
    }

    @Test
    void shouldTakeTheLimitsFromAFileAndFlagsBeforeIt() throws IOException {
        String file = config("max_hdfs_io: 8GiB, max_background_job_num: 64");
        assertThat(limits(file)).isEqualTo(new LoadLimits(8 * GIB, 64));
        assertThat(limits(file, "--max-background-job-num=5")).isEqualTo(new LoadLimits(8 * GIB, 5));
    }

    @Test
    void shouldRefuseLimitsThatNothingCanBeWeighedBy() throws IOException {
        assertThatThrownBy(() -> limits("--max-hdfs-io=0"))
                .isInstanceOf(ParameterException.class)
                .hasMessageContaining("--max-hdfs-io");
        String file = config("max_background_job_num: 0");
        assertThatThrownBy(() -> limits(file))
                .isInstanceOf(ParameterException.class)
                .hasMessageContaining("max_background_job_num")
                .hasMessageContaining("cluster.yaml");
    }
}
