// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.compaction.CompactionPriority;
import io.sluice.store.compaction.CompactionSettings;

/** The options of compactions while a {@link ColumnFamilyOptions.Builder}, which tells of each, collects them. */
final class CompactionOptionValues implements Cloneable {
    private static final int MAX_FILES = 1_000_000;
    private static final long MAX_BYTES = 1L << 50;

    private int numLevels;
    private int level0FileNumCompactionTrigger;
    private int level0SlowdownWritesTrigger;
    private int level0StopWritesTrigger;
    private long maxBytesForLevelBase;
    private double maxBytesForLevelMultiplier;
    private boolean levelCompactionDynamicLevelBytes;
    private long targetFileSizeBase;
    private int targetFileSizeMultiplier;
    private long maxCompactionBytes;
    private long softPendingCompactionBytesLimit;
    private long hardPendingCompactionBytesLimit;
    private boolean disableAutoCompactions;
    private CompactionPriority compactionPriority;

    CompactionOptionValues(CompactionSettings from) {
        numLevels = from.numLevels();
        level0FileNumCompactionTrigger = from.level0FileNumCompactionTrigger();
        level0SlowdownWritesTrigger = from.level0SlowdownWritesTrigger();
        level0StopWritesTrigger = from.level0StopWritesTrigger();
        maxBytesForLevelBase = from.maxBytesForLevelBase();
        maxBytesForLevelMultiplier = from.maxBytesForLevelMultiplier();
        levelCompactionDynamicLevelBytes = from.levelCompactionDynamicLevelBytes();
        targetFileSizeBase = from.targetFileSizeBase();
        targetFileSizeMultiplier = from.targetFileSizeMultiplier();
        maxCompactionBytes = from.maxCompactionBytes();
        softPendingCompactionBytesLimit = from.softPendingCompactionBytesLimit();
        hardPendingCompactionBytesLimit = from.hardPendingCompactionBytesLimit();
        disableAutoCompactions = from.disableAutoCompactions();
        compactionPriority = from.compactionPriority();
    }

    /** As they were set: {@link #build} brings them into line with each other. */
    CompactionOptionValues copy() {
        try {
            return (CompactionOptionValues) clone();
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }

    CompactionSettings build() {
        return new CompactionSettings(
                numLevels,
                level0FileNumCompactionTrigger,
                level0SlowdownWritesTrigger,
                level0StopWritesTrigger,
                maxBytesForLevelBase,
                maxBytesForLevelMultiplier,
                levelCompactionDynamicLevelBytes,
                targetFileSizeBase,
                targetFileSizeMultiplier,
                maxCompactionBytes,
                softPendingCompactionBytesLimit,
                hardPendingCompactionBytesLimit,
                disableAutoCompactions,
                compactionPriority);
    }

    void numLevels(int levels) {
        numLevels = Checks.inRange("num_levels", levels, 1, 32);
    }

    void level0FileNumCompactionTrigger(int files) {
        level0FileNumCompactionTrigger = Checks.inRange("level0_file_num_compaction_trigger", files, 1, MAX_FILES);
    }

    void level0SlowdownWritesTrigger(int files) {
        level0SlowdownWritesTrigger = Checks.inRange("level0_slowdown_writes_trigger", files, 1, MAX_FILES);
    }

    void level0StopWritesTrigger(int files) {
        level0StopWritesTrigger = Checks.inRange("level0_stop_writes_trigger", files, 1, MAX_FILES);
    }

    void maxBytesForLevelBase(long bytes) {
        maxBytesForLevelBase = Checks.inRange("max_bytes_for_level_base", bytes, 1 << 10, MAX_BYTES);
    }

    void maxBytesForLevelMultiplier(double factor) {
        if (!(factor > 1 && factor <= 1000)) {
            throw new IllegalArgumentException(
                    "max_bytes_for_level_multiplier=" + factor + " is not above 1 and at most 1000");
        }
        maxBytesForLevelMultiplier = factor;
    }

    void levelCompactionDynamicLevelBytes(boolean value) {
        levelCompactionDynamicLevelBytes = value;
    }

    void targetFileSizeBase(long bytes) {
        targetFileSizeBase = Checks.inRange("target_file_size_base", bytes, 1 << 10, MAX_BYTES);
    }

    void targetFileSizeMultiplier(int factor) {
        targetFileSizeMultiplier = Checks.inRange("target_file_size_multiplier", factor, 1, 1000);
    }

    void maxCompactionBytes(long bytes) {
        maxCompactionBytes = Checks.inRange("max_compaction_bytes", bytes, 0, MAX_BYTES);
    }

    void softPendingCompactionBytesLimit(long bytes) {
        softPendingCompactionBytesLimit = Checks.inRange("soft_pending_compaction_bytes_limit", bytes, 0, MAX_BYTES);
    }

    void hardPendingCompactionBytesLimit(long bytes) {
        hardPendingCompactionBytesLimit = Checks.inRange("hard_pending_compaction_bytes_limit", bytes, 0, MAX_BYTES);
    }

    void disableAutoCompactions(boolean value) {
        disableAutoCompactions = value;
    }

    void compactionPriority(CompactionPriority priority) {
        compactionPriority = priority;
    }
}
