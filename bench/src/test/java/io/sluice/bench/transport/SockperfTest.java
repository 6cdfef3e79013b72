// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.cli.command.CommandFailure;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SockperfTest {
    @Test
    void shouldReadWholeRoundTrips() throws Exception {
        Measurement read = Sockperf.latency(List.of(
                "sockperf: Summary: Round trip is 348.671 usec",
                "packet, txTime(sec), rxTime(sec), rtt(usec)",
                "0, 2.478063908, 2.482183621, 60.5",
                "1, 2.482183722, 2.486174385, 61.5",
                "2, 2.486175166, 2.487289799, 80"));
        assertThat(read.operations()).isEqualTo(3);
        assertThat(read.percentileUs(50)).isCloseTo(61.5, Offset.offset(0.1));
        assertThat(read.percentileUs(100)).isCloseTo(80, Offset.offset(0.1));
        assertThat(read.seconds()).isCloseTo(202e-6, Offset.offset(1e-9));
    }

    @Test
    void shouldFailOnWhatItDoesNotKnow() {
        assertThatThrownBy(() -> Sockperf.latency(List.of("packet, txTime(sec), rxTime(sec), rtt(usec)")))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("no times");
    }
}
