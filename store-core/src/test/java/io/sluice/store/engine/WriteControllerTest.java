// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.compaction.CompactionPriority;
import io.sluice.store.compaction.CompactionSettings;
import io.sluice.store.sst.TableOptions;
import io.sluice.store.write.WriteRate;
import org.junit.jupiter.api.Test;

/** The stall rules, with RocksDB's numbers (db/column_family.cc, db/column_family_test.cc). */
class WriteControllerTest {
    private final WriteRate rate = new WriteRate(1 << 20, 0);
    private final WriteController controller = new WriteController(rate, () -> 0);
    private WritePressure pressure = WritePressure.NONE;
    private long pending;

    @Test
    void shouldBeginWithTheRateThatWasSet() {
        update(WritePressure.PENDING_BYTES_DELAY, 200, false);
        assertThat(rate.bytesPerSecond()).isEqualTo(1 << 20);
    }

    @Test
    void shouldSlowDownWhileTheDebtGrowsAndSpeedUpWhileItShrinks() {
        update(WritePressure.PENDING_BYTES_DELAY, 200, false);
        update(WritePressure.PENDING_BYTES_DELAY, 300, false);
        assertThat(rate.bytesPerSecond()).isEqualTo(scaled(0.8));
        update(WritePressure.PENDING_BYTES_DELAY, 300, false);
        assertThat(rate.bytesPerSecond()).isEqualTo(scaled(0.8, 0.8));
        update(WritePressure.PENDING_BYTES_DELAY, 250, false);
        assertThat(rate.bytesPerSecond()).isBetween(scaled(0.79), scaled(0.8));
    }

    @Test
    void shouldSlowDownMoreNearTheStop() {
        update(WritePressure.LEVEL0_DELAY, 200, false);
        update(WritePressure.LEVEL0_DELAY, 200, true);
        assertThat(rate.bytesPerSecond()).isEqualTo(scaled(0.6));
        update(WritePressure.LEVEL0_STOP, 200, false);
        update(WritePressure.LEVEL0_DELAY, 200, false);
        assertThat(rate.bytesPerSecond()).as("first slow again, so it stays").isEqualTo(scaled(0.6));
    }

    @Test
    void shouldNeverFallBelowTheLeastRateNorRiseAboveTheOneThatWasSet() {
        for (int i = 0; i < 100; i++) {
            update(WritePressure.PENDING_BYTES_DELAY, 200 + i, true);
        }
        assertThat(rate.bytesPerSecond()).isEqualTo(16 << 10);
        for (int i = 0; i < 100; i++) {
            update(WritePressure.PENDING_BYTES_DELAY, 300 - i, false);
        }
        assertThat(rate.bytesPerSecond()).isEqualTo(1 << 20);
    }

    @Test
    void shouldRewardTheEndOfADelay() {
        update(WritePressure.LEVEL0_DELAY, 200, false);
        update(WritePressure.LEVEL0_DELAY, 200, true);
        update(WritePressure.NONE, 100, false);
        assertThat(rate.bytesPerSecond()).isEqualTo(scaled(0.6, 1.4));
    }

    @Test
    void shouldForgetTheTurnsOfADelayThatIsOver() {
        update(WritePressure.LEVEL0_DELAY, 200, false);
        assertThat(rate.reserve(10 << 20, 0)).isZero();
        assertThat(rate.reserve(1, 0)).isEqualTo(10_000_000_000L);
        update(WritePressure.NONE, 100, false);
        update(WritePressure.LEVEL0_DELAY, 200, false);
        assertThat(rate.reserve(1, 0)).isZero();
    }

    @Test
    void shouldStopAndSlowByFilesAndBytes() {
        ColumnFamilySettings settings = settings(false);
        assertThat(WritePressure.of(0, 19, 99, settings)).isEqualTo(WritePressure.NONE);
        assertThat(WritePressure.of(0, 20, 0, settings)).isEqualTo(WritePressure.LEVEL0_DELAY);
        assertThat(WritePressure.of(0, 36, 0, settings)).isEqualTo(WritePressure.LEVEL0_STOP);
        assertThat(WritePressure.of(0, 0, 100, settings)).isEqualTo(WritePressure.PENDING_BYTES_DELAY);
        assertThat(WritePressure.of(0, 0, 1000, settings)).isEqualTo(WritePressure.PENDING_BYTES_STOP);
        assertThat(WritePressure.of(3, 20, 0, settings)).isEqualTo(WritePressure.MEMTABLES_DELAY);
        assertThat(WritePressure.of(4, 36, 1000, settings)).isEqualTo(WritePressure.MEMTABLES_STOP);
    }

    @Test
    void shouldStallForMemtablesOnlyWhereNothingIsCompacted() {
        assertThat(WritePressure.of(0, 100, 10_000, settings(true))).isEqualTo(WritePressure.NONE);
        assertThat(WritePressure.of(4, 0, 0, settings(true))).isEqualTo(WritePressure.MEMTABLES_STOP);
    }

    private static long scaled(double... factors) {
        long scaled = 1 << 20;
        for (double factor : factors) {
            scaled = (long) (scaled * factor);
        }
        return scaled;
    }

    private void update(WritePressure now, long bytes, boolean nearStop) {
        controller.update(pressure, now, new WriteController.Debt(nearStop, pending, bytes, true));
        pressure = now;
        pending = bytes;
    }

    private static ColumnFamilySettings settings(boolean disabled) {
        CompactionSettings compaction = new CompactionSettings(
                7,
                4,
                20,
                36,
                1000,
                10,
                true,
                1000,
                1,
                0,
                100,
                1000,
                disabled,
                CompactionPriority.MIN_OVERLAPPING_RATIO);
        return new ColumnFamilySettings(
                1 << 20, 4, 1, 0, 0, false, false, compaction, null, BlockCacheSettings.DEFAULT, TableOptions.DEFAULT);
    }
}
