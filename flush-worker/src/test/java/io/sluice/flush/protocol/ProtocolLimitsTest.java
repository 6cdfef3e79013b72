// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProtocolLimitsTest {
    @Test
    void shouldHoldAPeersDeadlineWithinBounds() {
        assertThat(ProtocolLimits.deadline(Long.MAX_VALUE)).isEqualTo(Duration.ofHours(1));
        assertThat(ProtocolLimits.deadline(60_000)).isEqualTo(Duration.ofMinutes(1));
        assertThat(ProtocolLimits.deadline(0)).isEqualTo(Duration.ofMillis(1));
        assertThat(ProtocolLimits.deadline(Long.MIN_VALUE)).isEqualTo(Duration.ofMillis(1));
    }
}
