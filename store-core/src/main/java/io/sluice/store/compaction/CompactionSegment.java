// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.Slice;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A range of a job's keys that an attempt has done with, and the file with what is left of it. Its file is synced and
 * complete, so a later attempt can adopt it and go on behind the range. A value.
 *
 * @param range the user keys
 * @param output the file, as {@link CompactionResult} tells of it; null where nothing is left of the range, which is so
 *     only of the last of one of the job's ranges
 * @param inputEntries entries read for it, without range deletions
 * @param statistics named counters, which are summed up over a result's segments
 * @param filterReport what the filter found in it; empty for nothing
 */
public record CompactionSegment(
        KeyRange range,
        CompactionResult.@Nullable Output output,
        long inputEntries,
        Map<String, Long> statistics,
        Slice filterReport) {
    /** Makes the map unmodifiable. */
    public CompactionSegment {
        statistics = Map.copyOf(statistics);
    }
}
