// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.cli.command.CommandFailure;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class PerftestTest {
    @Test
    void shouldDoubleHalfRoundTrips() throws Exception {
        Measurement read = Perftest.latency(List.of(
                " local address: LID 0000 QPN 0x0011 PSN 0x2c1eb2",
                "Conflicting CPU frequency values detected: 2250.000000 != 3392.000000",
                "#, usec",
                "0, 30.50",
                "1, 31.50",
                "2, 40",
                " #bytes #iterations    t_min[usec]    t_max[usec]  t_typical[usec]    t_avg[usec]",
                " 64      3          30.50          40.00        31.50  34.00"));
        assertThat(read.operations()).isEqualTo(3);
        assertThat(read.percentileUs(50)).isCloseTo(63, Offset.offset(0.1));
        assertThat(read.percentileUs(100)).isCloseTo(80, Offset.offset(0.1));
        assertThat(read.seconds()).isCloseTo(204e-6, Offset.offset(1e-9));
    }

    @Test
    void shouldCountItsBandwidthInOurBlocks() throws Exception {
        Load load = new Load();
        load.mode = Mode.BLOCK;
        Measurement read = Perftest.bandwidth(
                List.of(
                        " #bytes     #iterations    BW peak[MiB/sec]    BW average[MiB/sec]   MsgRate[Mpps]",
                        " 1048576    200              97.71              96.00                   0.000096"),
                load);
        assertThat(TableReport.megabytesPerSecond(read, load)).isCloseTo(96 * 1.048576, Offset.offset(0.01));
        assertThat(read.operationsPerSecond()).isCloseTo(1.5, Offset.offset(0.001));
    }

    @Test
    void shouldFailOnWhatItDoesNotKnow() {
        assertThatThrownBy(() -> Perftest.latency(List.of("Couldn't connect to 10.9.0.1:18515")))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("Couldn't connect");
        assertThatThrownBy(() -> Perftest.bandwidth(List.of("failed"), new Load()))
                .isInstanceOf(CommandFailure.class);
    }
}
