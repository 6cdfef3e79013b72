// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.demo;

import static io.sluice.cli.SluiceProcess.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.cli.SluiceProcess;
import io.sluice.testkit.process.TestProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo as a stranger runs it, and what it leaves. */
class DemoTest {
    private static final Duration DEMO_LIMIT = Duration.ofMinutes(4);

    @TempDir
    private Path directory;

    private TestProcess demo(String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of("demo", "--json"));
        command.addAll(List.of(args));
        return SluiceProcess.of(command.toArray(String[]::new))
                .environment("JAVA_TOOL_OPTIONS", SluiceProcess.QUICK_START + " -Djava.io.tmpdir=" + directory)
                .start();
    }

    private static JsonNode report(TestProcess demo) throws Exception {
        assertThat(demo.awaitExit(DEMO_LIMIT)).as(demo.toString()).isZero();
        assertThat(demo.out().lines()).hasSize(1);
        return new ObjectMapper().readTree(demo.out());
    }

    private List<Path> leftovers() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith("sluice-demo"))
                    .toList();
        }
    }

    @Test
    void shouldShipAndFlushOverTls() throws Exception {
        try (TestProcess demo = demo("--num=10000", "--write-buffer-size=64KiB", "--tls")) {
            JsonNode report = report(demo);
            assertThat(report.get("verified").asLong()).isEqualTo(10_000);
            assertThat(report.get("remote_flushes").asLong()).isPositive();
            assertThat(demo.descendants()).isEmpty();
        }
    }

    @Test
    @Tag("A1")
    @Tag("A8")
    void shouldWriteWithTenThreadsIntoTenColumnFamiliesAndReadEverythingBack() throws Exception {
        try (TestProcess demo = demo("--num=40000", "--write-buffer-size=256KiB")) {
            JsonNode report = report(demo);
            assertThat(report.get("writes").asLong()).isEqualTo(40_000);
            assertThat(report.get("verified").asLong()).isEqualTo(40_000);
            assertThat(report.get("missing").asLong()).isZero();
            assertThat(report.get("wrong").asLong()).isZero();
            assertThat(report.get("remote_flushes").asLong()).isPositive();
            assertThat(report.get("bytes_shipped").asLong()).isPositive();
            assertThat(report.get("flush_triggers").get("write_buffer_full").asLong())
                    .isPositive();
            assertThat(report.get("flush_triggers").get("manual_flush").asLong())
                    .isPositive();
            assertThat(report.get("workers").fieldNames()).toIterable().contains("worker-1", "worker-2");
            assertThat(report.get("storage").asText()).startsWith("file:///");
            for (String name : List.of("put_p50_us", "put_p99_us", "put_p999_us", "get_p50_us")) {
                assertThat(report.get(name).asDouble()).as(name).isPositive();
            }
            long jobs = 0;
            for (JsonNode count : report.get("workers")) {
                jobs += count.asLong();
            }
            assertThat(jobs).isEqualTo(report.get("remote_flushes").asLong());
            assertThat(demo.descendants()).isEmpty();
        }
        assertThat(leftovers()).isEmpty();
    }

    /** What the guest with a device does instead is SoftRoceFlushTest's, and a run of this command there. */
    @Test
    void shouldEndWithTheReasonWhereRdmaIsWantedAndThereIsNoDevice() throws Exception {
        Assumptions.assumeFalse(Files.exists(Path.of("/sys/class/infiniband")), "this machine may have a device");
        try (TestProcess demo = demo("--transport=rdma")) {
            assertThat(demo.awaitExit(LIMIT)).isEqualTo(1);
            assertThat(demo.err()).contains("sluice: no RDMA here: ").doesNotContain("Exception");
            assertThat(demo.out()).isEmpty();
        }
        assertThat(leftovers()).isEmpty();
    }

    @Test
    @Tag("T2")
    void shouldGoByTcpWhereRdmaIsPreferredAndThereIsNoDeviceAndReportWhy() throws Exception {
        Assumptions.assumeFalse(Files.exists(Path.of("/sys/class/infiniband")), "this machine may have a device");
        try (TestProcess demo = demo("--num=20000", "--write-buffer-size=256KiB", "--transport=prefer", "--keep")) {
            JsonNode report = report(demo);
            assertThat(report.get("verified").asLong()).isEqualTo(20_000);
            assertThat(report.get("transports").get("memnode-1").asText()).startsWith("tcp (no RDMA here: ");
            assertThat(report.get("shipped_by").fieldNames()).toIterable().containsExactly("tcp");
            assertThat(report.get("read_by").fieldNames()).toIterable().containsExactly("tcp");
            assertTraced(report);
        }
    }

    /** Each remote flush of the report stands in the trace, with its steps in order. */
    private void assertTraced(JsonNode report) throws IOException {
        List<String> lines = Files.readAllLines(leftovers().get(0).resolve("flushes.jsonl"));
        long installed = 0;
        for (String line : lines) {
            JsonNode flush = new ObjectMapper().readTree(line);
            if (flush.get("installed").asBoolean() && flush.get("local_reason").isNull()) {
                installed++;
                assertThat(flush.get("builder").asText()).as(line).startsWith("worker-");
                assertThat(flush.get("memnode").asText()).isEqualTo("memnode-1");
                assertThat(flush.get("shipped_by").asText()).isEqualTo("tcp");
                assertThat(flush.get("no_rdma_reason").asText()).startsWith("no RDMA here: ");
                assertThat(flush.get("read_by").asText()).isEqualTo("tcp");
                assertThat(flush.get("bytes_shipped").asLong()).isPositive();
                assertThat(List.of(
                                0L,
                                flush.get("placed_ns").asLong(),
                                flush.get("shipped_ns").asLong(),
                                flush.get("built_ns").asLong(),
                                flush.get("settled_ns").asLong()))
                        .as(line)
                        .isSorted();
            }
        }
        assertThat(installed).isEqualTo(report.get("remote_flushes").asLong()).isPositive();
    }

    @Test
    void shouldGoOnWhenAWorkerAndThenTheMemnodeAreKilled() throws Exception {
        try (TestProcess demo =
                demo("--num=5000000", "--value-size=2KiB", "--duration=6s", "--write-buffer-size=2MiB")) {
            ProcessHandle worker = child(demo, "worker-1");
            ProcessHandle memnode = child(demo, "memnode");
            demo.awaitErr("writing [1-9]", LIMIT);
            worker.destroyForcibly();
            await().atMost(LIMIT).ignoreExceptions().until(this::hasWorkersTable);
            memnode.destroyForcibly();
            JsonNode report = report(demo);
            assertThat(report.get("writes").asLong()).isPositive();
            assertThat(report.get("verified").asLong())
                    .isEqualTo(report.get("writes").asLong());
            assertThat(report.get("local_reasons").fieldNames())
                    .toIterable()
                    .containsAnyOf("memnode_lost", "no_memnode");
        }
    }

    private static ProcessHandle child(TestProcess demo, String name) throws InterruptedException {
        long pid =
                Long.parseLong(demo.awaitErr(name + " is process (\\d+)", LIMIT).group(1));
        return ProcessHandle.of(pid).orElseThrow();
    }

    /** Whether a worker's SST is in place: its properties name who built it. */
    private boolean hasWorkersTable() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(path -> path.toString().matches(".*/db/\\d+\\.sst"))
                    .toList()) {
                if (Files.readString(file, StandardCharsets.ISO_8859_1).contains("worker-")) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void shouldLeaveNothingRunningWhenKilled() throws Exception {
        List<ProcessHandle> children;
        try (TestProcess demo = demo("--num=100000000", "--duration=5m")) {
            demo.awaitErr("writing [1-9]", LIMIT);
            children = demo.descendants();
            assertThat(children).hasSize(4);
            demo.kill();
            await().atMost(LIMIT).untilAsserted(() -> assertThat(children).noneMatch(ProcessHandle::isAlive));
        }
    }

    @Test
    void shouldLeaveNothingBehindWhenStopped() throws Exception {
        try (TestProcess demo = demo("--num=100000000", "--duration=5m")) {
            demo.awaitErr("writing [1-9]", LIMIT);
            List<ProcessHandle> children = demo.descendants();
            demo.terminate();
            demo.awaitExit(LIMIT);
            assertThat(children).noneMatch(ProcessHandle::isAlive);
        }
        assertThat(leftovers()).isEmpty();
    }
}
