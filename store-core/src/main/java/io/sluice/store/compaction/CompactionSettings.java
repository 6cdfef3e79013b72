// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The options of a column family's compactions, by RocksDB's names and with its defaults. A value.
 *
 * @param numLevels levels, L0 among them; 7
 * @param level0FileNumCompactionTrigger files of L0 from which on it is compacted; 4
 * @param level0SlowdownWritesTrigger files of L0 from which on writes are slowed; 20
 * @param level0StopWritesTrigger files of L0 from which on writes stop; 36
 * @param maxBytesForLevelBase bytes of the first level below L0; 256 MiB
 * @param maxBytesForLevelMultiplier how much larger each further level is; 10
 * @param levelCompactionDynamicLevelBytes whether the targets follow the size of the last level; true
 * @param targetFileSizeBase bytes of a file on the first level below L0; 64 MiB
 * @param targetFileSizeMultiplier how much larger the files of each further level are; 1
 * @param maxCompactionBytes bytes that a compaction takes in at most, roughly; 25 files
 * @param softPendingCompactionBytesLimit bytes waiting for compaction from which on writes are slowed, 0 for never;
 *     64 GiB
 * @param hardPendingCompactionBytesLimit bytes waiting for compaction from which on writes stop, 0 for never; 256 GiB
 * @param disableAutoCompactions whether only the program starts compactions; false
 * @param compactionPriority which file of a level goes first
 */
public record CompactionSettings(
        int numLevels,
        int level0FileNumCompactionTrigger,
        int level0SlowdownWritesTrigger,
        int level0StopWritesTrigger,
        long maxBytesForLevelBase,
        double maxBytesForLevelMultiplier,
        boolean levelCompactionDynamicLevelBytes,
        long targetFileSizeBase,
        int targetFileSizeMultiplier,
        long maxCompactionBytes,
        long softPendingCompactionBytesLimit,
        long hardPendingCompactionBytesLimit,
        boolean disableAutoCompactions,
        CompactionPriority compactionPriority) {
    /** The defaults. */
    public static final CompactionSettings DEFAULT = new CompactionSettings(
            7,
            4,
            20,
            36,
            256L << 20,
            10,
            true,
            64L << 20,
            1,
            0,
            64L << 30,
            256L << 30,
            false,
            CompactionPriority.MIN_OVERLAPPING_RATIO);

    private static final Logger LOGGER = LoggerFactory.getLogger(CompactionSettings.class);
    /** Files of {@code target_file_size_base} in {@code max_compaction_bytes}, where that is not set. */
    private static final int FILES_PER_COMPACTION = 25;

    /** Brings contradicting options into line as RocksDB does ({@code SanitizeCfOptions} in db/column_family.cc). */
    public CompactionSettings {
        if (numLevels < 2) {
            LOGGER.info("num_levels={} is raised to 2: leveled compaction needs a level below L0", numLevels);
            numLevels = 2;
        }
        level0FileNumCompactionTrigger = Math.max(1, level0FileNumCompactionTrigger);
        level0SlowdownWritesTrigger = Math.max(level0SlowdownWritesTrigger, level0FileNumCompactionTrigger);
        level0StopWritesTrigger = Math.max(level0StopWritesTrigger, level0SlowdownWritesTrigger);
        maxCompactionBytes = maxCompactionBytes == 0
                ? saturatedMultiply(targetFileSizeBase, FILES_PER_COMPACTION)
                : maxCompactionBytes;
        if (softPendingCompactionBytesLimit == 0
                || (hardPendingCompactionBytesLimit > 0
                        && softPendingCompactionBytesLimit > hardPendingCompactionBytesLimit)) {
            softPendingCompactionBytesLimit = hardPendingCompactionBytesLimit;
        }
    }

    /** The size at which a file of a level is cut: {@code MaxFileSizeForLevel} in options/cf_options.cc. */
    public long targetFileSize(int level, int baseLevel) {
        boolean countsFromBase = levelCompactionDynamicLevelBytes && level >= baseLevel;
        int steps = countsFromBase ? level - baseLevel : level;
        long size = targetFileSizeBase;
        for (int i = 1; i < steps; i++) {
            size = saturatedMultiply(size, targetFileSizeMultiplier);
        }
        return size;
    }

    /** A product that stays at {@link Long#MAX_VALUE} where it would be above. */
    static long saturatedMultiply(long value, double factor) {
        return (long) Math.min((double) Long.MAX_VALUE, value * factor);
    }
}
