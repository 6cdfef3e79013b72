// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.cli.Main;
import io.sluice.testkit.process.TestProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class FlushBenchCommandTest {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path directory;

    @Test
    void shouldCompareWithRocksdbInOneInterleavedRun() throws Exception {
        assumeTrue(Files.isExecutable(DbBench.PROGRAM), "needs Debian's rocksdb-tools");
        assertThat(run(
                        "--num",
                        "2000",
                        "--writers",
                        "1,2",
                        "--rounds",
                        "2",
                        "--flush",
                        "local",
                        "--vs",
                        "rocksdb,rocksdbjni",
                        "--json"))
                .as(err.toString())
                .isZero();
        JsonNode report = new ObjectMapper().readTree(out.toString());
        assertThat(report.get("load").get("num").asInt()).isEqualTo(2000);
        assertThat(report.get("cold").get("puts_per_second").asLong()).isPositive();
        JsonNode results = report.get("results");
        assertThat(results).hasSize(6);
        assertThat(results)
                .extracting(each -> each.get("case").asText() + " " + each.get("writers"))
                .containsExactly("db_bench 1", "rocksdbjni 1", "local 1", "db_bench 2", "rocksdbjni 2", "local 2");
        for (JsonNode each : results) {
            assertThat(each.get("rounds")).hasSize(2);
            assertThat(each.get("puts_per_second").get("median").asLong()).isPositive();
        }
        JsonNode local = results.get(2);
        assertThat(local.get("ratio_to_db_bench").get("median").asDouble()).isPositive();
        assertThat(local.get("rounds").get(0).get("entries_verified").asLong()).isBetween(1100L, 1400L);
        assertThat(local.get("rounds")
                        .get(0)
                        .get("flushes_by_builder")
                        .get("local")
                        .asInt())
                .isGreaterThan(1);
        assertThat(err.toString()).contains("round 2/2: local, 2 writers");
        assertLeftNothing();
    }

    @Test
    void shouldFlushOnWorkersToADirectoryAndToHdfs() throws Exception {
        System.setProperty("sluice.home", System.getProperty("sluice.root"));
        assertThat(run(
                        "--num",
                        "20000",
                        "--writers",
                        "2",
                        "--rounds",
                        "1",
                        "--flush",
                        "remote,remote-hdfs",
                        "--vs",
                        "none",
                        "--no-warm-up",
                        "--json"))
                .as(err.toString())
                .isZero();
        JsonNode results = new ObjectMapper().readTree(out.toString()).get("results");
        assertThat(results).extracting(each -> each.get("case").asText()).containsExactly("remote", "remote-hdfs");
        for (JsonNode each : results) {
            JsonNode round = each.get("rounds").get(0);
            assertThat(round.get("entries_verified").asLong()).isBetween(11_000L, 14_000L);
            assertThat(round.get("flushes_by_builder").fieldNames())
                    .toIterable()
                    .anyMatch(builder -> builder.startsWith("worker-"));
        }
        assertLeftNothing();
    }

    @Test
    void shouldPrintATableForPeople() throws Exception {
        assertThat(run("--num", "2000", "--rounds", "1", "--column-families", "3", "--vs", "none", "--no-warm-up"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString())
                .contains("3 column families")
                .contains("| 1 | local | ")
                .contains("| 10 | local | ")
                .doesNotContain("Cold");
        assertLeftNothing();
    }

    @Test
    void shouldLeaveNothingBehindWhenStopped() throws Exception {
        try (TestProcess bench = TestProcess.java(
                        Main.class.getName(),
                        "-Xmx256m",
                        "-XX:MaxDirectMemorySize=1t",
                        "-Dsluice.home=" + System.getProperty("sluice.root"))
                .args("bench", "flush", "--num=100000000", "--flush=remote", "--vs=none", "--no-warm-up")
                .args("--write-buffer-size=1MiB", "--db-write-buffer-size=64MiB", "--dir=" + directory)
                .start()) {
            await().atMost(LIMIT).ignoreExceptions().until(this::hasTables);
            List<ProcessHandle> roles = bench.descendants();
            assertThat(roles).hasSize(3);
            bench.terminate();
            assertThat(bench.awaitExit(LIMIT)).isNotZero();
            assertThat(roles).noneMatch(ProcessHandle::isAlive);
        }
        assertLeftNothing();
    }

    @Test
    void shouldRefuseWhatCannotBeMeasured() {
        assertThat(run("--key-size", "7")).isEqualTo(Main.USAGE);
        assertThat(err.toString()).contains("--key-size=7 is below 8");
        assertThat(run("--rounds", "0")).isEqualTo(Main.USAGE);
        assertThat(run("--num", "2000", "--writers", "2001")).isEqualTo(Main.USAGE);
        assertThat(run("--flush", "elsewhere")).isEqualTo(Main.USAGE);
        assertThat(err.toString()).contains("elsewhere").contains("local");
        assertThat(run("--vs", "leveldb")).isEqualTo(Main.USAGE);
    }

    private int run(String... options) {
        CommandLine commandLine =
                Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err, true));
        Stream<String> base = Stream.of(
                "bench",
                "flush",
                "--write-buffer-size",
                "64KiB",
                "--db-write-buffer-size",
                "64MiB",
                "--dir",
                directory.toString());
        return commandLine.execute(Stream.concat(base, Stream.of(options)).toArray(String[]::new));
    }

    private boolean hasTables() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.anyMatch(file -> file.toString().endsWith(".sst"));
        }
    }

    private void assertLeftNothing() throws Exception {
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
    }
}
