// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.cli.Main;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class TransportBenchCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path directory;

    private int run(String... options) {
        CommandLine commandLine =
                Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err, true));
        List<String> args = new ArrayList<>(
                List.of("bench", "transport", "--warm-up-millis=20", "--millis=50", "--warm-up-runs=1"));
        args.addAll(List.of(options));
        if (args.stream().noneMatch(option -> option.startsWith("--cores"))) {
            args.add("--cores=any");
        }
        return commandLine.execute(args.toArray(String[]::new));
    }

    private JsonNode report(String... options) throws Exception {
        List<String> args = new ArrayList<>(List.of("--rounds=2", "--json"));
        args.addAll(List.of(options));
        assertThat(run(args.toArray(String[]::new))).as(err.toString()).isZero();
        return new ObjectMapper().readTree(out.toString());
    }

    @ParameterizedTest
    @CsvSource({"pingpong, 64", "block, 1MiB"})
    void shouldMeasureWhatTlsCosts(String mode, String size) throws Exception {
        JsonNode report = report("--transport=tls", "--vs=tcp", "--mode=" + mode, "--size=" + size);
        assertThat(report.get("transport").asText()).isEqualTo("tls");
        assertThat(report.get("results")).hasSize(2);
        for (JsonNode each : report.get("results")) {
            assertThat(each.get("rounds").get(0).get("operations").asLong()).isPositive();
        }
        assertThat(report.get("results").get(0).has("ratio_to_tcp")).isTrue();
    }

    @ParameterizedTest
    @Tag("T11")
    @CsvSource({
        "pingpong, blocking, caller",
        "rate, backoff, thread",
    })
    void shouldMeasureLatencyBesideBareSockets(String mode, String idle, String driver) throws Exception {
        JsonNode report = report(
                "--mode=" + mode,
                "--idle=" + idle,
                "--driver=" + driver,
                "--vs=nio",
                "--rate=2000",
                "--out=" + directory);
        assertThat(report.get("mode").asText()).isEqualTo(mode);
        assertThat(report.get("results")).hasSize(2);
        for (JsonNode each : report.get("results")) {
            assertThat(each.get("rounds")).hasSize(2);
            assertThat(each.get("p50_us").get("median").asDouble()).isPositive();
            assertThat(each.get("p99_us").get("min").asDouble())
                    .isGreaterThanOrEqualTo(each.get("p50_us").get("min").asDouble());
            assertThat(each.get("rounds").get(0).get("operations").asLong()).isPositive();
        }
        assertThat(report.get("results")
                        .get(0)
                        .get("ratio_to_nio")
                        .get("p50_us")
                        .get("median")
                        .asDouble())
                .isPositive();
        assertThat(directory.resolve("sluice.hgrm")).content().contains("Percentile", "#[Mean");
        assertThat(directory.resolve("nio.hgrm")).isNotEmptyFile();
        assertThat(directory.resolve("latency.svg"))
                .content()
                .startsWith("<svg")
                .contains(">nio</text>", "99.9 %");
    }

    @ParameterizedTest
    @ValueSource(strings = {"blocking", "busy-spin"})
    void shouldMeasureRoundTripsBesideSocketsWithASelector(String idle) throws Exception {
        JsonNode report = report("--idle=" + idle, "--vs=selector");
        assertThat(report.get("results").get(1).get("case").asText()).isEqualTo("selector");
        assertThat(report.get("results")
                        .get(0)
                        .get("ratio_to_selector")
                        .get("p50_us")
                        .get("median")
                        .asDouble())
                .isPositive();
    }

    @Test
    @Tag("T11")
    void shouldMeasureAStreamOfMessages() throws Exception {
        JsonNode report = report("--mode=stream", "--size=1KiB", "--vs=nio");
        for (JsonNode each : report.get("results")) {
            assertThat(each.get("megabytes_per_second").get("median").asDouble())
                    .isPositive();
        }
    }

    @Test
    @Tag("T11")
    void shouldMeasureBlocksBesideTheCopyLoop() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/cc")), "needs a C compiler");
        JsonNode report = report("--mode=block", "--size=3MiB", "--chunk=1MiB", "--vs=c");
        assertThat(report.get("size").asInt()).isEqualTo(3 << 20);
        JsonNode ours = report.get("results").get(0);
        assertThat(ours.get("ratio_to_c")
                        .get("operations_per_second")
                        .get("median")
                        .asDouble())
                .isPositive();
        assertThat(report.get("results").get(1).get("case").asText()).isEqualTo("c");
    }

    @Test
    void shouldMeasureShippingBesideBlocks() throws Exception {
        JsonNode report = report("--mode=ship", "--size=2500KiB", "--chunk=1MiB", "--driver=thread", "--vs=block");
        assertThat(report.get("results")
                        .get(0)
                        .get("ratio_to_block")
                        .get("operations_per_second")
                        .get("median")
                        .asDouble())
                .isPositive();
    }

    @Test
    void shouldPrintATableForPeople() {
        assertThat(run("--rounds=1")).as(err.toString()).isZero();
        assertThat(out.toString())
                .contains("pingpong over tcp, 64 bytes")
                .contains("| sluice | ")
                .contains("Garbage");
        assertThat(err.toString()).contains("round 1/1: sluice");
    }

    @Test
    void shouldRefuseWhatCannotBeMeasured() {
        assertThat(run("--size=15")).isEqualTo(Main.USAGE);
        assertThat(err.toString()).contains("--size=15, expected from 16");
        assertThat(run("--mode=block", "--vs=nio")).isEqualTo(Main.USAGE);
        assertThat(err.toString()).contains("--vs nio can't do --mode block");
        assertThat(run("--vs=c")).isEqualTo(Main.USAGE);
        assertThat(run("--rounds=0")).isEqualTo(Main.USAGE);
        assertThat(run("--warm-up-runs=-1")).isEqualTo(Main.USAGE);
        assertThat(run("--vs=sockperf", "--idle=busy-spin")).isEqualTo(Main.FAILED);
        assertThat(err.toString()).contains("its sides block");
        assertThat(run("--cores=0,999")).isEqualTo(Main.FAILED);
        assertThat(err.toString()).contains("--cores any");
    }

    @Test
    void shouldTellWhyASideEnded() {
        assertThat(run("--rounds=1", "--host=192.0.2.1")).isEqualTo(Main.FAILED);
        assertThat(err.toString()).contains("sluice-server ended").contains("192.0.2.1");
    }
}
