// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.micro;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.cli.Main;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class MicroBenchCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void shouldMeasureTimeAndGarbage() throws Exception {
        assertThat(run("--warm-up", "0", "--iterations", "1", "--millis", "20", "--forks", "0", "--json"))
                .isZero();
        JsonNode results = new ObjectMapper().readTree(out.toString()).get("results");
        assertThat(results)
                .extracting(each -> each.get("name").asText())
                .containsExactly(
                        "MemtableBenchmark.get",
                        "MemtableBenchmark.insert",
                        "StoreBenchmark.get flushed=false",
                        "StoreBenchmark.get flushed=true",
                        "StoreBenchmark.next flushed=false",
                        "StoreBenchmark.next flushed=true",
                        "StoreBenchmark.put",
                        "StoreBenchmark.putArrays",
                        "StoreBenchmark.putLogged",
                        "StoreBenchmark.seek flushed=false",
                        "StoreBenchmark.seek flushed=true");
        for (JsonNode each : results) {
            assertThat(each.get("ns_per_op").asDouble()).isPositive();
            assertThat(each.get("garbage_bytes_per_op").asDouble()).isNotNegative();
        }
    }

    @Test
    void shouldNameAFilterThatMatchesNothing() {
        assertThat(run("--filter", "NoSuchBenchmark")).isEqualTo(Main.FAILED);
        assertThat(err.toString()).contains("NoSuchBenchmark");
    }

    private int run(String... options) {
        CommandLine commandLine =
                Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err, true));
        String[] args = new String[options.length + 2];
        args[0] = "bench";
        args[1] = "micro";
        System.arraycopy(options, 0, args, 2, options.length);
        return commandLine.execute(args);
    }
}
