// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.compaction.CompactionSettings;
import io.sluice.store.compaction.LevelScores;
import io.sluice.store.compaction.LevelTargets;
import io.sluice.store.manifest.Version;

/**
 * How far compaction is behind with a version: what the stall rules look at. A value.
 *
 * @param level0Files files on L0
 * @param pendingBytes bytes that compactions have to rewrite until every level is within its target
 * @param wantsMoreThreads whether it is so far behind that several compactions should run at once
 */
record LevelDebt(int level0Files, long pendingBytes, boolean wantsMoreThreads) {
    static LevelDebt of(Version version, CompactionSettings settings) {
        long pending = LevelScores.pendingBytes(version, LevelTargets.of(version, settings), settings);
        int files = version.files(0).size();
        return new LevelDebt(files, pending, isBehind(version, files, pending, settings));
    }

    /** Whether it is about to stop writes, by RocksDB's measure. */
    boolean isNearStop(WritePressure pressure, CompactionSettings settings) {
        return switch (pressure) {
            case LEVEL0_DELAY -> level0Files >= settings.level0StopWritesTrigger() - 2;
            case PENDING_BYTES_DELAY -> {
                long soft = settings.softPendingCompactionBytesLimit();
                long hard = settings.hardPendingCompactionBytesLimit();
                yield hard > 0 && pendingBytes - soft > (hard - soft) / 4 * 3;
            }
            default -> false;
        };
    }

    /** {@code RecalculateWriteStallConditions} in db/column_family.cc: when to raise the compaction pressure. */
    private static boolean isBehind(Version version, int files, long pending, CompactionSettings settings) {
        long trigger = settings.level0FileNumCompactionTrigger();
        long quarterToSlowdown = trigger + (settings.level0SlowdownWritesTrigger() - trigger) / 4;
        long soft = settings.softPendingCompactionBytesLimit();
        if (files >= Math.min(2 * trigger, quarterToSlowdown) || soft == 0) {
            return true;
        }
        long last = 0;
        for (int level = version.levelCount() - 1; level > 0 && last == 0; level--) {
            last = version.size(level);
        }
        return pending >= (last == 0 ? soft / 4 : Math.min(Math.max(1, last / 8), soft / 4));
    }
}
