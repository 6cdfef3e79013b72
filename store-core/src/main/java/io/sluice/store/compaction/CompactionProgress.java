// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How far attempts at a job have come: what an executor keeps of what their {@link CompactionAttempt.Listener}s heard, and
 * hands to the next attempt, which adopts the outputs and compacts the rest. It holds for all attempts at the job, the
 * newest known place of each file among it. A value.
 *
 * @param ranges the ranges that are compacted beside each other, in order, together all keys; none before the first
 *     attempt has told them
 * @param segments what is finished of them, in any order. Those of a range begin with it and follow each other without a
 *     gap
 */
public record CompactionProgress(List<KeyRange> ranges, List<CompactionSegment> segments) {
    /** Nothing is known. */
    public static final CompactionProgress NONE = new CompactionProgress(List.of(), List.of());

    /** Makes the lists unmodifiable. */
    public CompactionProgress {
        ranges = List.copyOf(ranges);
        segments = List.copyOf(segments);
    }

    /** The same with the ranges that an attempt told; where it told others than before, the segments are forgotten. */
    public CompactionProgress withRanges(List<KeyRange> told) {
        return new CompactionProgress(told, told.equals(ranges) ? segments : List.of());
    }

    /** The same with one segment more, or with what is known anew of it, such as the place of an adopted file. */
    public CompactionProgress with(CompactionSegment segment) {
        List<CompactionSegment> changed = new ArrayList<>(segments);
        changed.removeIf(known -> known.range().equals(segment.range()));
        changed.add(segment);
        return new CompactionProgress(ranges, changed);
    }

    /** Bytes of the finished outputs. */
    public long outputSize() {
        long size = 0;
        for (CompactionSegment segment : segments) {
            CompactionResult.Output output = segment.output();
            size += output == null ? 0 : output.file().size();
        }
        return size;
    }

    /**
     * The segments of each range, in order.
     *
     * @throws StoreException {@code INVALID_ARGUMENT} {@code compaction.progress} where the ranges are not all keys, or
     *     segments don't begin with a range or don't follow each other: it may have come from elsewhere
     */
    List<List<CompactionSegment>> byRange(KeyComparator comparator) throws StoreException {
        checkRanges(comparator);
        Map<@Nullable Slice, CompactionSegment> byStart = new HashMap<>();
        for (CompactionSegment segment : segments) {
            byStart.put(segment.range().start(), segment);
        }
        List<List<CompactionSegment>> byRange = new ArrayList<>();
        int placed = 0;
        for (KeyRange range : ranges) {
            List<CompactionSegment> found = new ArrayList<>();
            Slice start = range.start();
            boolean goesOn = true;
            while (goesOn) {
                CompactionSegment next = byStart.get(start);
                if (next == null) {
                    break;
                }
                Slice end = next.range().end();
                goesOn = !Objects.equals(end, range.end());
                if (goesOn && !isInside(comparator, end, start, range.end())) {
                    throw invalid("segment " + next.range() + " is empty, or reaches out of the range " + range);
                }
                found.add(next);
                start = end;
            }
            placed += found.size();
            byRange.add(found);
        }
        if (placed != segments.size()) {
            throw invalid((segments.size() - placed) + " of " + segments.size()
                    + " segments neither begin with a range nor follow another");
        }
        return byRange;
    }

    /** Whether the ranges are all keys, one behind the other. */
    private void checkRanges(KeyComparator comparator) throws StoreException {
        Slice border = null;
        for (int i = 0; i < ranges.size(); i++) {
            KeyRange range = ranges.get(i);
            Slice end = range.end();
            boolean isLast = i == ranges.size() - 1;
            if (!Objects.equals(range.start(), border)
                    || isLast != (end == null)
                    || (end != null && !isInside(comparator, end, border, null))) {
                throw invalid("the " + ranges.size() + " ranges are not all keys, one behind the other: see " + range);
            }
            border = end;
        }
    }

    /** Whether a key is above one and below another, null for no bound. */
    private static boolean isInside(
            KeyComparator comparator, @Nullable Slice key, @Nullable Slice above, @Nullable Slice below) {
        return key != null
                && (above == null || comparator.compare(above.buffer(), key.buffer()) < 0)
                && (below == null || comparator.compare(key.buffer(), below.buffer()) < 0);
    }

    private static StoreException invalid(String what) {
        return StoreException.invalid("compaction.progress", what + ": begin the job anew, with no progress");
    }
}
