// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

/**
 * How an explicit compaction of a range is done; see the public {@code CompactRangeOptions}. A value.
 *
 * @param exclusive whether nothing else may be compacted meanwhile
 * @param changeLevel whether the result is moved to another level
 * @param targetLevel which, or below 0 the highest that it fits on
 * @param bottommost whether the lowest level is rewritten
 * @param maxSubcompactions ranges at once, 0 for the store's option
 */
public record CompactRangeSettings(
        boolean exclusive,
        boolean changeLevel,
        int targetLevel,
        BottommostLevelCompaction bottommost,
        int maxSubcompactions) {}
