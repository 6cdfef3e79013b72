// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.cli.Main;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(240)
class CompactionBenchCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path directory;

    private int run(String... options) {
        CommandLine commandLine =
                Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err, true));
        Stream<String> base = Stream.of("bench", "compaction", "--dir", directory.toString());
        return commandLine.execute(Stream.concat(base, Stream.of(options)).toArray(String[]::new));
    }

    private JsonNode report(String... options) throws Exception {
        assertThat(run(Stream.concat(Stream.of("--json"), Stream.of(options)).toArray(String[]::new)))
                .as(err.toString())
                .isZero();
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
        return new ObjectMapper().readTree(out.toString());
    }

    @Test
    void shouldMeasureTheWayToAWorkerAndBack() throws Exception {
        JsonNode notice =
                report("--modes", "notice", "--jobs", "5", "--warm-up", "1").get("notice");
        assertThat(notice.get("jobs").asInt()).isEqualTo(5);
        for (String name : new String[] {"dispatch", "notice", "both"}) {
            assertThat(notice.get(name + "_p50_ms").asDouble()).as(name).isPositive();
            assertThat(notice.get(name + "_p99_ms").asDouble())
                    .isGreaterThanOrEqualTo(notice.get(name + "_p50_ms").asDouble());
        }
    }

    @Test
    void shouldCountWhatIsCompactedElsewhere() throws Exception {
        JsonNode offload = report("--modes", "offload", "--num", "60000").get("offload");
        assertThat(offload.get("compactions").asInt()).isGreaterThan(1);
        assertThat(offload.get("compaction_read_bytes").asLong()).isGreaterThan(6_000_000);
        assertThat(offload.get("offloaded_share").asDouble()).isEqualTo(1.0);
    }

    @Test
    void shouldCompareProcessorTimes() throws Exception {
        JsonNode cpu =
                report("--modes", "cpu", "--num", "80000", "--rounds", "1").get("cpu");
        assertThat(cpu.get("local_cpu_s").asDouble()).isPositive();
        assertThat(cpu.get("cpu_ratio").asDouble()).isPositive();
    }

    @Test
    void shouldCompareStoresOfFewAndManyFiles() throws Exception {
        JsonNode start = report(
                        "--modes", "start", "--few-files", "5", "--many-files", "40", "--jobs", "3", "--warm-up", "1")
                .get("start");
        assertThat(start.get("files_few").asInt()).isBetween(3, 8);
        assertThat(start.get("files_many").asInt()).isBetween(28, 60);
        assertThat(start.get("start_ratio").asDouble()).isPositive();
        assertThat(start.get("dispatch_ratio").asDouble()).isPositive();
    }

    @Test
    void shouldGoFasterWithMoreWorkers() throws Exception {
        JsonNode scaling = report("--modes", "scaling", "--workers", "2", "--wait", "500ms", "--jobs-per-worker", "4")
                .get("scaling");
        assertThat(scaling.get("one_jobs_per_s").asDouble()).isPositive().isLessThan(2.5);
        assertThat(scaling.get("scaling").asDouble()).isPositive();
    }

    @Test
    void shouldRefuseWhatCannotBeMeasured() {
        assertThat(run("--jobs", "0")).isEqualTo(Main.USAGE);
        assertThat(err.toString()).contains("--jobs=0 is below 1");
        assertThat(run("--modes", "speed")).isEqualTo(Main.USAGE);
        assertThat(err.toString()).contains("notice");
    }
}
