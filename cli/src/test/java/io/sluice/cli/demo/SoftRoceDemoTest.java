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
import org.junit.jupiter.api.Timeout;

/** The demo over a device: a process for each role. */
@Tag("soft-roce")
@Tag("A40")
@Timeout(400)
class SoftRoceDemoTest {
    private static final int RECORDS = 4000;

    @Test
    void shouldShipAndReadByRdmaAndStopEveryRole() throws Exception {
        try (TestProcess demo = SluiceProcess.of(
                        "demo", "--json", "--transport=rdma", "--num=" + RECORDS, "--write-buffer-size=64KiB")
                .start()) {
            assertThat(demo.awaitExit(Duration.ofMinutes(6)))
                    .as(demo.toString())
                    .isZero();
            JsonNode report = new ObjectMapper().readTree(demo.out());
            assertThat(report.get("verified").asLong()).isEqualTo(RECORDS);
            assertThat(report.get("remote_flushes").asLong()).isPositive();
            assertThat(report.get("transports").get("memnode-1").asText()).isEqualTo("rdma");
            assertThat(report.get("shipped_by").fieldNames()).toIterable().containsExactly("rdma");
            assertThat(report.get("shipped_by").get("rdma").asLong())
                    .isEqualTo(report.get("bytes_shipped").asLong());
            assertThat(report.get("read_by").fieldNames()).toIterable().containsExactly("rdma");
            assertThat(demo.err()).doesNotContain("did not stop within");
            assertThat(demo.descendants()).isEmpty();
        }
    }
}
