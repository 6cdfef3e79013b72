// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.compaction.BottommostLevelCompaction;
import io.sluice.store.compaction.CompactRangeSettings;

/** How an explicit compaction of a range is done. A value; names and defaults are RocksDB's. */
public final class CompactRangeOptions {
    /** The defaults. */
    public static final CompactRangeOptions DEFAULT = builder().build();

    private final CompactRangeSettings settings;

    private CompactRangeOptions(Builder builder) {
        this.settings = new CompactRangeSettings(
                builder.exclusiveManualCompaction,
                builder.changeLevel,
                builder.targetLevel,
                builder.bottommostLevelCompaction,
                builder.maxSubcompactions);
    }

    /** A builder with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Whether nothing else is compacted meanwhile. */
    public boolean exclusiveManualCompaction() {
        return settings.exclusive();
    }

    /** Whether the result is moved to another level. */
    public boolean changeLevel() {
        return settings.changeLevel();
    }

    /** Which level that is, or below 0 the highest that it fits on. */
    public int targetLevel() {
        return settings.targetLevel();
    }

    /** Whether the lowest level is rewritten. */
    public BottommostLevelCompaction bottommostLevelCompaction() {
        return settings.bottommost();
    }

    /** Ranges at once, 0 for the store's option. */
    public int maxSubcompactions() {
        return settings.maxSubcompactions();
    }

    CompactRangeSettings settings() {
        return settings;
    }

    /** Builds {@link CompactRangeOptions}. */
    public static final class Builder {
        private boolean exclusiveManualCompaction;
        private boolean changeLevel;
        private int targetLevel = -1;
        private BottommostLevelCompaction bottommostLevelCompaction =
                BottommostLevelCompaction.IF_HAVE_COMPACTION_FILTER;
        private int maxSubcompactions;

        private Builder() {}

        /** {@code exclusive_manual_compaction}; false. */
        public Builder exclusiveManualCompaction(boolean value) {
            exclusiveManualCompaction = value;
            return this;
        }

        /** {@code change_level}; false. */
        public Builder changeLevel(boolean value) {
            changeLevel = value;
            return this;
        }

        /** {@code target_level}, -1 to 31; -1: the highest level that the result fits on. */
        public Builder targetLevel(int level) {
            targetLevel = Checks.inRange("target_level", level, -1, 31);
            return this;
        }

        /** {@code bottommost_level_compaction}; only with a compaction filter. */
        public Builder bottommostLevelCompaction(BottommostLevelCompaction value) {
            bottommostLevelCompaction = value;
            return this;
        }

        /** {@code max_subcompactions}, 0 to 64; 0: as the store's option says. */
        public Builder maxSubcompactions(int ranges) {
            maxSubcompactions = Checks.inRange("max_subcompactions", ranges, 0, 64);
            return this;
        }

        /** The options. */
        public CompactRangeOptions build() {
            return new CompactRangeOptions(this);
        }
    }
}
