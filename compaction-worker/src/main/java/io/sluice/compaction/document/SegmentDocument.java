// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.base.Slice;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.compaction.CompactionSegment;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A range of keys that an attempt has done with: {@link CompactionSegment}.
 *
 * @param range the user keys
 * @param output the file with what is left of it, absent where nothing is
 * @param inputEntries entries read for it, at least 0
 * @param statistics named counters
 * @param filterReport what the compaction filter found in it; empty for nothing
 */
public record SegmentDocument(
        RangeDocument range,
        @MayBeAbsent @Nullable OutputDocument output,
        long inputEntries,
        Map<String, Long> statistics,
        Slice filterReport) {
    /** Checks the ranges. */
    public SegmentDocument {
        Check.atLeast("input_entries", inputEntries, 0);
        statistics = Check.statistics(statistics);
    }

    /** The document of a segment. */
    public static SegmentDocument of(CompactionSegment segment) {
        CompactionResult.Output output = segment.output();
        return new SegmentDocument(
                RangeDocument.of(segment.range()),
                output == null ? null : OutputDocument.of(output),
                segment.inputEntries(),
                segment.statistics(),
                segment.filterReport());
    }

    /** The segment, of a job. */
    @SuppressWarnings("NullAway") // it overlooks the annotation of a nested type that it has from a class file
    public CompactionSegment segment(JobName job) {
        return new CompactionSegment(
                range.range(), output == null ? null : output.output(job), inputEntries, statistics, filterReport);
    }
}
