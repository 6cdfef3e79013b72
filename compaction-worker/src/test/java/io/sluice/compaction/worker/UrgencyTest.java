// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("B24")
class UrgencyTest {
    private static final long MB = 1 << 20;

    private static double of(long waitedSeconds, long size, int level, int attempt) {
        return Urgency.of(TimeUnit.SECONDS.toNanos(waitedSeconds), size, level, attempt);
    }

    @Test
    void shouldLetASmallJobOvertakeALargeOneThatHasNotWaitedLong() {
        assertThat(of(2, 10 * MB, 2, 1)).isGreaterThan(of(10, 10_000 * MB, 2, 1));
    }

    @Test
    void shouldLetALargeJobThatWaitsGoBeforeNewSmallOnes() {
        assertThat(of(2_000, 10_000 * MB, 2, 1)).isGreaterThan(of(1, 10 * MB, 2, 1));
    }

    @Test
    void shouldPreferTheJobThatHasWaitedLonger() {
        assertThat(of(3, 100 * MB, 2, 1)).isGreaterThan(of(2, 100 * MB, 2, 1));
    }

    @Test
    void shouldPreferWhatComesOfLevelZeroAndWhatWasTriedBefore() {
        assertThat(of(0, 100 * MB, 0, 1)).isGreaterThan(of(0, 100 * MB, 1, 1));
        assertThat(of(0, 100 * MB, 1, 2)).isGreaterThan(of(0, 100 * MB, 1, 1));
        assertThat(of(100, 100 * MB, 1, 1)).as("a deep one that waits").isGreaterThan(of(0, 100 * MB, 0, 1));
    }
}
