// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.iterator.FragmentedTombstones;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.RangeTombstone;
import io.sluice.store.iterator.RangeTombstones;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The range deletions of all of a job's inputs: what they cover, and what of them goes into its outputs. Immutable, and
 * safe for concurrent use.
 *
 * <p>Of those over a key, each stripe of the snapshots keeps the newest, which hides all that the others do. At the bottom,
 * one that every reader sees is dropped: there is nothing left that it could hide.
 */
public final class JobTombstones {
    private final KeyComparator comparator;
    private final SnapshotStripes stripes;
    private final FragmentedTombstones fragmented;
    private final long count;

    /**
     * Range deletions of one input.
     *
     * @param tombstones in any order
     * @param lower the user key below which they do not count, or null
     * @param upper the user key from which on they do not count, or null
     */
    public record Input(
            List<RangeTombstone> tombstones,
            @Nullable Slice lower,
            @Nullable Slice upper) {}

    private JobTombstones(KeyComparator comparator, List<Long> snapshots, List<RangeTombstone> tombstones, long count) {
        this.comparator = comparator;
        this.stripes = new SnapshotStripes(snapshots);
        this.fragmented = FragmentedTombstones.of(comparator, tombstones);
        this.count = count;
    }

    /** The range deletions of inputs; {@code snapshots} are the job's, ascending. */
    public static JobTombstones of(KeyComparator comparator, List<Long> snapshots, List<Input> inputs) {
        List<RangeTombstone> clipped = new ArrayList<>();
        long count = 0;
        for (Input input : inputs) {
            count += input.tombstones().size();
            for (RangeTombstone tombstone : input.tombstones()) {
                clipped.add(clip(comparator, tombstone, input.lower(), input.upper()));
            }
        }
        return new JobTombstones(comparator, snapshots, clipped, count);
    }

    /** The range deletions that sealed memtables list; the lists stay the caller's, to close. */
    static JobTombstones read(KeyComparator comparator, List<Long> snapshots, List<InternalIterator> lists)
            throws IOException {
        List<RangeTombstone> tombstones = new ArrayList<>();
        for (InternalIterator list : lists) {
            tombstones.addAll(FragmentedTombstones.list(list));
        }
        return new JobTombstones(comparator, snapshots, tombstones, tombstones.size());
    }

    /** How many the inputs had. */
    public long count() {
        return count;
    }

    /** What they cover, for the job's entries. */
    public RangeTombstones covering() {
        return fragmented.orNone();
    }

    /**
     * What of them goes into an output, in the order of internal keys.
     *
     * @param lower the first user key that the output may hold, or null where none is below it
     * @param upper the first user key that the next output may hold, or null where there is none
     * @param isBottommost whether nothing older exists outside the job's inputs
     */
    public List<RangeTombstone> output(@Nullable Slice lower, @Nullable Slice upper, boolean isBottommost) {
        List<RangeTombstone> output = new ArrayList<>();
        for (int range = 0; range < fragmented.rangeCount(); range++) {
            Slice start = fragmented.start(range);
            Slice end = fragmented.end(range);
            long upTo = InternalKey.MAX_SEQUENCE;
            for (long sequence; upTo > 0 && (sequence = fragmented.newest(range, upTo)) > 0; ) {
                if (isBottommost && sequence <= stripes.earliest()) {
                    break;
                }
                RangeTombstone clipped = clip(comparator, new RangeTombstone(start, end, sequence), lower, upper);
                if (comparator.compare(clipped.start().buffer(), clipped.end().buffer()) < 0) {
                    output.add(clipped);
                }
                upTo = stripes.before(sequence); // what is between is seen by no snapshot without this one
            }
        }
        return output;
    }

    private static RangeTombstone clip(
            KeyComparator comparator, RangeTombstone tombstone, @Nullable Slice lower, @Nullable Slice upper) {
        Slice start = tombstone.start();
        Slice end = tombstone.end();
        if (lower != null && comparator.compare(start.buffer(), lower.buffer()) < 0) {
            start = lower;
        }
        if (upper != null && comparator.compare(end.buffer(), upper.buffer()) > 0) {
            end = upper;
        }
        return new RangeTombstone(start, end, tombstone.sequence());
    }
}
