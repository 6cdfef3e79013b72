// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.cli.Main;
import io.sluice.cli.process.Child;
import io.sluice.cli.process.JavaCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DbBenchCommandTest {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    /** The line of the system that Sluice replaces. */
    private static final String SEED_LINE =
            "--db=DIR --num=1000000 --key_size=50 --value_size=100 --benchmarks=readwhilewriting --disable_wal=1"
                    + " --max_bytes_for_level_base=4194304 --num_levels=1 --target_file_size_base=4194304"
                    + " --write_buffer_size=4194304 --level0_file_num_compaction_trigger=10"
                    + " --level0_slowdown_writes_trigger=10 --level0_stop_writes_trigger=10 --use_remote_flush=1"
                    + " --memnode_ip=127.0.0.1 --memnode_port=9091 --local_ip=127.0.0.1 --heartbeat_local_port=10089";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path directory;

    private int run(String... arguments) {
        return Main.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(Stream.concat(Stream.of("bench", "db"), Stream.of(arguments))
                        .toArray(String[]::new));
    }

    private List<String> lines() {
        return out.toString().lines().toList();
    }

    private List<Figure> figures() {
        return lines().stream()
                .map(DbBenchProcess::parse)
                .filter(Objects::nonNull)
                .toList();
    }

    private JsonNode lastLine() throws IOException {
        return new ObjectMapper().readTree(lines().get(lines().size() - 1));
    }

    private String db() {
        return "--db=" + directory.resolve("db");
    }

    @Test
    void shouldReportEachBenchmarkAsDbBenchDoes() throws IOException {
        String all = "fillseq,readrandom,readseq,readreverse,seekrandom,overwrite,deleterandom,compact,fillrandom,"
                + "readwhilewriting,stats";
        assertThat(run(db(), "--num=2000", "--threads=2", "--disable_wal", "--json", "--benchmarks=" + all))
                .as(err.toString())
                .isZero();
        assertThat(figures())
                .extracting(Figure::benchmark)
                .containsExactly(all.replace(",stats", "").split(","));
        assertThat(figures()).allMatch(figure -> figure.operationsPerSecond() > 0);
        assertThat(out.toString())
                .contains("Keys:       16 bytes each", "Microseconds per write:", "Percentiles: P50: ", " P99.99: ");
        JsonNode results = lastLine().get("results");
        assertThat(results.get(0).get("operations").asLong()).isEqualTo(4000);
        assertThat(results.get(1).get("message").asText()).isEqualTo("(4000 of 4000 found)");
        assertThat(results.get(2).get("operations").asLong()).isEqualTo(4000);
        assertThat(results.get(3).get("operations").asLong()).isEqualTo(4000);
        assertThat(results.get(4).get("message").asText()).isEqualTo("(4000 of 4000 found)");
        assertThat(results.get(4).get("latency_us").get("p99.9").asDouble()).isPositive();
        assertThat(results.get(7).get("operations").asLong()).isEqualTo(1);
        assertThat(results.get(9).get("operations").asLong()).isEqualTo(4000);
    }

    @Test
    void shouldGoOnWithAStoreOnlyWhereToldAndLeaveOtherFiles() throws IOException {
        Files.createDirectory(directory.resolve("db"));
        Files.writeString(directory.resolve("db/notes.txt"), "mine");
        assertThat(run(db(), "--num=500", "--disable_wal=1", "--benchmarks=fillseq"))
                .isZero();
        assertThat(run(db(), "--num=500", "--use_existing_db=1", "--benchmarks=readrandom"))
                .as(err.toString())
                .isZero();
        assertThat(lines()).anyMatch(line -> line.endsWith("(500 of 500 found)"));
        assertThat(run(db(), "--num=500", "--histogram=0", "--benchmarks=readrandom"))
                .isZero();
        assertThat(lines()).anyMatch(line -> line.endsWith("(0 of 500 found)"));
        assertThat(directory.resolve("db/notes.txt")).hasContent("mine");
    }

    @Test
    void shouldTellRatiosToRocksDb() throws IOException {
        assumeTrue(Files.isExecutable(DbBenchProcess.PROGRAM), "needs Debian's rocksdb-tools");
        assertThat(run(
                        db(),
                        "--num=2000",
                        "--disable_wal=1",
                        "--benchmarks=fillrandom,readrandom,readseq,seekrandom,readrandom",
                        "--vs=rocksdb,rocksdbjni",
                        "--rounds=2"))
                .as(err.toString())
                .isZero();
        JsonNode json = lastLine();
        for (JsonNode ratios : List.of(
                json.get("ratios"),
                json.get("ratios_by_reference").get("rocksdb"),
                json.get("ratios_by_reference").get("rocksdbjni"))) {
            assertThat(ratios.fieldNames())
                    .toIterable()
                    .containsExactly("fillrandom", "readrandom", "readseq", "seekrandom", "readrandom#2");
            assertThat(ratios).allMatch(ratio -> ratio.asDouble() > 0);
        }
        assertThat(json.get("ratios")).isEqualTo(json.get("ratios_by_reference").get("rocksdb"));
        assertThat(json.get("ops_per_sec").get("sluice").get("readseq")).hasSize(2);
        assertThat(lines()).contains("round 2/2: rocksdb", "round 2/2: sluice");
        try (Stream<Path> left = Files.list(directory.resolve("db"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    @Tag("A39")
    void shouldRunTheLineOfTheSystemThatItReplaces() throws Exception {
        System.setProperty("sluice.home", System.getProperty("sluice.root"));
        try (Running memnode = start("memnode", "memnode", "--listen", "127.0.0.1:0", "--memory", "64MiB")) {
            String address = memnode.child().awaitReady(LIMIT);
            try (Running worker = start("worker", "worker", "--name", "w1", "--memnodes", address)) {
                worker.child().awaitReady(LIMIT);
                String line = SEED_LINE
                        .replace("--db=DIR", db())
                        .replace("--num=1000000", "--num=100000")
                        .replace("9091", address.substring(address.lastIndexOf(':') + 1))
                        .replace("10089", Integer.toString(freePort()));
                assertThat(run((line + " --json").split(" ")))
                        .as(err.toString())
                        .isZero();
            }
        }
        assertThat(figures()).extracting(Figure::benchmark).containsExactly("readwhilewriting");
        assertThat(lastLine().get("results").get(0).get("operations").asLong()).isEqualTo(100_000);
        JsonNode flushes = lastLine().get("flushes_by_builder");
        assertThat(flushes.get("w1")).as(flushes.toString()).isNotNull();
    }

    @Test
    void shouldSayWhatIsWrongWithTheFlags() throws IOException {
        assertThat(run("--benchmarks=fillsequential")).isEqualTo(2);
        assertThat(err.toString()).contains("no benchmark \"fillsequential\"", "fillseq,fillrandom");
        assertThat(run("--num=0")).isEqualTo(2);
        assertThat(run("--key_size=7")).isEqualTo(2);
        assertThat(err.toString()).contains("--num=0 is below 1", "--key_size=7 is below 8");
        assertThat(run("--disable_wal=maybe")).isEqualTo(2);
        assertThat(err.toString()).contains("expected 1 or 0");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void shouldReadTheLinesOfDbBench() {
        Figure figure = DbBenchProcess.parse(
                "readrandom   :      11.359 micros/op 88029 ops/sec 0.227 seconds 20000 operations;    6.2 MB/s (12728 of"
                        + " 20000 found)");
        assertThat(figure).isEqualTo(new Figure("readrandom", 88029));
        assertThat(DbBenchProcess.parse("compact      :  127000.000 micros/op 7 ops/sec 0.127 seconds 1 operations;"))
                .isEqualTo(new Figure("compact", 1 / 0.127));
        assertThat(DbBenchProcess.parse("Entries:    20000")).isNull();
    }

    private record Running(Child child) implements AutoCloseable {
        @Override
        public void close() throws Exception {
            child.stop(Duration.ofSeconds(20));
        }
    }

    private Running start(String name, String... command) throws IOException {
        List<String> all =
                Stream.concat(Stream.of(command), Stream.of("--with-parent")).toList();
        return new Running(
                Child.start(name, JavaCommand.sluice("128m", "", all), directory.resolve(name + ".log"), line -> {}));
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }
}
