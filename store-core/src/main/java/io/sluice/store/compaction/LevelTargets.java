// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.manifest.Version;
import java.util.Arrays;

/**
 * How large each level of a version may be, and which level L0 is compacted to: {@code
 * VersionStorageInfo::CalculateBaseBytes} in db/version_set.cc. A value.
 *
 * <p>With {@code level_compaction_dynamic_level_bytes} the last level is taken as it is, and the targets above it follow
 * from its size, down to {@code max_bytes_for_level_base}; levels that this leaves no room for stay empty, and what is on
 * them is drained. Without it the targets follow from {@code max_bytes_for_level_base} downward.
 */
public final class LevelTargets {
    private static final int NONE = -1;

    private final long[] maxBytes;
    private int baseLevel = 1;
    private int lowestUnnecessaryLevel = NONE;

    private LevelTargets(int levels) {
        this.maxBytes = new long[levels];
    }

    /** The targets for a version. */
    public static LevelTargets of(Version version, CompactionSettings settings) {
        LevelTargets targets = new LevelTargets(levels(version, settings));
        if (settings.levelCompactionDynamicLevelBytes()) {
            targets.computeDynamic(version, settings);
        } else {
            targets.computeStatic(settings);
        }
        return targets;
    }

    /** Levels of a version: those of the options, and those that have files. */
    static int levels(Version version, CompactionSettings settings) {
        int levels = settings.numLevels();
        for (int level = levels; level < version.levelCount(); level++) {
            levels = version.files(level).isEmpty() ? levels : level + 1;
        }
        return levels;
    }

    /** Levels, L0 among them. */
    public int levelCount() {
        return maxBytes.length;
    }

    /** The level that L0 is compacted to. */
    public int baseLevel() {
        return baseLevel;
    }

    /** Bytes that a level below L0 may have; {@link Long#MAX_VALUE} where nothing is compacted from it. */
    public long maxBytes(int level) {
        return maxBytes[level];
    }

    /** Whether a level is to be drained. */
    boolean isUnnecessary(int level) {
        return level <= lowestUnnecessaryLevel;
    }

    /** The lowest level to be drained, -1 for none. */
    int lowestUnnecessaryLevel() {
        return lowestUnnecessaryLevel;
    }

    private void computeStatic(CompactionSettings settings) {
        for (int level = 0; level < maxBytes.length; level++) {
            maxBytes[level] = level < 2
                    ? settings.maxBytesForLevelBase()
                    : CompactionSettings.saturatedMultiply(maxBytes[level - 1], settings.maxBytesForLevelMultiplier());
        }
    }

    private void computeDynamic(Version version, CompactionSettings settings) {
        Arrays.fill(maxBytes, Long.MAX_VALUE);
        int last = maxBytes.length - 1;
        int firstNonEmpty = NONE;
        long largest = 0;
        for (int level = 1; level <= last && level < version.levelCount(); level++) {
            long size = version.size(level);
            firstNonEmpty = size > 0 && firstNonEmpty == NONE ? level : firstNonEmpty;
            largest = Math.max(largest, size);
        }
        if (firstNonEmpty == NONE) {
            baseLevel = last;
            return;
        }
        long baseBytesMax = settings.maxBytesForLevelBase();
        long baseBytesMin = (long) (baseBytesMax / settings.maxBytesForLevelMultiplier());
        long size = largest;
        for (int level = last - 1; level >= firstNonEmpty; level--) {
            size = (long) (size / settings.maxBytesForLevelMultiplier());
            if (lowestUnnecessaryLevel == NONE && size <= baseBytesMin) {
                lowestUnnecessaryLevel = level;
            }
        }
        fillFrom(firstNonEmpty, size, baseBytesMin, baseBytesMax, settings.maxBytesForLevelMultiplier());
    }

    private void fillFrom(int firstNonEmpty, long firstSize, long baseBytesMin, long baseBytesMax, double multiplier) {
        baseLevel = firstNonEmpty;
        long size = firstSize;
        if (size <= baseBytesMin) {
            size = baseBytesMin + 1;
        } else {
            while (baseLevel > 1 && size > baseBytesMax) {
                baseLevel--;
                size = (long) (size / multiplier);
            }
            size = Math.max(1, Math.min(size, baseBytesMax));
        }
        for (int level = baseLevel; level < maxBytes.length; level++) {
            // Below max_bytes_for_level_base the scores would favour the levels, and L0 fill up.
            maxBytes[level] = Math.max(size, baseBytesMax);
            size = CompactionSettings.saturatedMultiply(size, multiplier);
        }
    }
}
