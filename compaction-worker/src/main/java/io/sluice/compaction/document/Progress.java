// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.compaction.CompactionCounts;
import io.sluice.store.compaction.CompactionSegment;
import io.sluice.store.compaction.KeyRange;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far an attempt is: a worker's answer to a probe or a wait.
 *
 * @param version {@link #VERSION}
 * @param token of the attempt
 * @param state of the attempt
 * @param inputEntries entries read, at least 0; only grows, as do the next three
 * @param bytesRead from storage
 * @param bytesWritten to storage
 * @param outputs finished or adopted
 * @param ranges the ranges that are compacted beside each other; none before the attempt has chosen them
 * @param seen segments that the asker knows already: those below are not told again
 * @param segments what was finished since, in the order in which it was
 * @param error why it ended, where it {@linkplain State#FAILED failed} or was {@linkplain State#HANDED_BACK handed back}
 * @param result what it made, where it {@linkplain State#FINISHED finished}
 */
public record Progress(
        int version,
        String token,
        State state,
        long inputEntries,
        long bytesRead,
        long bytesWritten,
        int outputs,
        List<RangeDocument> ranges,
        int seen,
        List<SegmentDocument> segments,
        @MayBeAbsent @Nullable ErrorDocument error,
        @MayBeAbsent @Nullable ResultDocument result)
        implements Document {
    /** Of an attempt on a worker. */
    public enum State {
        /** It waits for its turn. */
        WAITING,
        /** It is compacted. */
        RUNNING,
        /** It ended with a result. */
        FINISHED,
        /** It ended with an error. */
        FAILED,
        /** The worker leaves before the end: through no fault of the job, which goes on elsewhere. */
        HANDED_BACK;

        /** Whether nothing more will change. */
        public boolean hasEnded() {
            return this == FINISHED || this == FAILED || this == HANDED_BACK;
        }
    }

    /** Checks the ranges, and that error and result go with the state. */
    public Progress {
        ranges = List.copyOf(ranges);
        segments = List.copyOf(segments);
        Check.version(version);
        Check.token(token);
        Check.atLeast("input_entries", inputEntries, 0);
        Check.atLeast("bytes_read", bytesRead, 0);
        Check.atLeast("bytes_written", bytesWritten, 0);
        Check.atLeast("outputs", outputs, 0);
        Check.atLeast("seen", seen, 0);
        if ((result != null) != (state == State.FINISHED)
                || (error != null) != (state == State.FAILED || state == State.HANDED_BACK)) {
            throw new IllegalArgumentException("state " + state + (error == null ? " without" : " with")
                    + " an error and" + (result == null ? " without" : " with") + " a result");
        }
    }

    /**
     * This release's document.
     *
     * @param seen how many of {@code segments}, all that the attempt has, are left out
     */
    public static Progress of(
            String token,
            State state,
            CompactionCounts counts,
            List<KeyRange> ranges,
            int seen,
            List<CompactionSegment> segments,
            @Nullable ErrorDocument error,
            @Nullable ResultDocument result) {
        int from = Math.min(seen, segments.size());
        return new Progress(
                VERSION,
                token,
                state,
                counts.inputEntries(),
                counts.bytesRead(),
                counts.bytesWritten(),
                counts.outputs(),
                ranges.stream().map(RangeDocument::of).toList(),
                from,
                segments.subList(from, segments.size()).stream()
                        .map(SegmentDocument::of)
                        .toList(),
                error,
                result);
    }

    /** The ranges that are compacted beside each other. */
    public List<KeyRange> keyRanges() {
        return ranges.stream().map(RangeDocument::range).toList();
    }

    /** The counters. */
    public CompactionCounts counts() {
        return new CompactionCounts(inputEntries, bytesRead, bytesWritten, outputs);
    }
}
