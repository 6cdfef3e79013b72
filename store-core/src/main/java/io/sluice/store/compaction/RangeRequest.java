// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.Slice;
import org.jspecify.annotations.Nullable;

/**
 * One step of a compaction that the program asked for: a level's files within a range, to another level or to their own.
 * A value.
 *
 * @param inputLevel the level
 * @param outputLevel where to, or {@link #BASE_LEVEL}
 * @param begin the least internal key, or null for no bound
 * @param end the greatest internal key, inclusive, or null for no bound
 * @param mayMove whether files may change their level as they are
 * @param filesBelow only files with lower numbers are taken: those made meanwhile are left alone; {@link Long#MAX_VALUE}
 *     for all
 * @param maxSubcompactions ranges at once
 */
public record RangeRequest(
        int inputLevel,
        int outputLevel,
        @Nullable Slice begin,
        @Nullable Slice end,
        boolean mayMove,
        long filesBelow,
        int maxSubcompactions) {
    /** Stands for the level that L0 is compacted to when the time comes. */
    public static final int BASE_LEVEL = -1;

    /** The same from another key on. */
    public RangeRequest from(Slice newBegin) {
        return new RangeRequest(inputLevel, outputLevel, newBegin, end, mayMove, filesBelow, maxSubcompactions);
    }
}
