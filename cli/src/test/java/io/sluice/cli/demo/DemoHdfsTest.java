// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.cli.SluiceProcess;
import io.sluice.testkit.process.TestProcess;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The demo on an HDFS that it starts itself. */
class DemoHdfsTest {
    private static final Duration DEMO_LIMIT = Duration.ofMinutes(6);

    /** At the end each column family is flushed when no other flush is under way; a busy machine may miss one. */
    private static final int SURELY_REMOTE = 5;

    @Test
    @Tag("A22")
    void shouldHaveWorkersWriteItsFilesToHdfs() throws Exception {
        try (TestProcess demo = SluiceProcess.of(
                        "demo", "--hdfs", "--json", "--num=30000", "--write-buffer-size=512KiB")
                .start()) {
            assertThat(demo.awaitExit(DEMO_LIMIT)).as(demo.toString()).isZero();
            JsonNode report = new ObjectMapper().readTree(demo.out());
            assertThat(report.get("storage").asText()).startsWith("hdfs://");
            assertThat(report.get("verified").asLong()).isEqualTo(30_000);
            assertThat(report.get("remote_flushes").asLong()).isGreaterThanOrEqualTo(SURELY_REMOTE);
        }
    }
}
