// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * Range deletions of one source, cut at each other's bounds as RocksDB's {@code FragmentedRangeTombstoneList} does: between
 * two neighbouring bounds, all keys are under the same ones. Immutable, and safe for concurrent use.
 *
 * <p>n range deletions make up to 2n - 1 ranges, each under up to n. To list them all would take n² where they are nested,
 * so their sequence numbers stand in a segment tree over the ranges: each in the at most 2 log n nodes that make up its
 * reach. Those over a range are in the nodes from its leaf up to the root.
 *
 * <p>Invariants: {@code bounds} ascend strictly; range i reaches from bound i to below bound i + 1, and its leaf is node
 * {@code rangeCount + i}; the parent of node k is node k / 2, and the root is node 1. The sequence numbers of node k descend
 * from {@code sequences[firsts[k]]} to before {@code sequences[firsts[k + 1]]}.
 */
public final class FragmentedTombstones implements RangeTombstones {
    /** No range deletions. */
    public static final FragmentedTombstones EMPTY =
            new FragmentedTombstones(BytewiseComparator.INSTANCE, List.of(), List.of());

    private final KeyComparator comparator;
    private final List<RangeTombstone> tombstones;
    private final List<Slice> bounds;
    private final int rangeCount;
    private final int[] firsts;
    private final long[] sequences;

    private FragmentedTombstones(KeyComparator comparator, List<RangeTombstone> tombstones, List<Slice> bounds) {
        this.comparator = comparator;
        this.tombstones = tombstones;
        this.bounds = bounds;
        this.rangeCount = Math.max(0, bounds.size() - 1);
        this.firsts = new int[2 * rangeCount + 2];
        List<RangeTombstone> newestFirst = tombstones.stream()
                .sorted(Comparator.comparingLong(RangeTombstone::sequence).reversed())
                .toList();
        for (RangeTombstone tombstone : newestFirst) {
            forEachNode(tombstone, node -> firsts[node + 1]++);
        }
        for (int node = 1; node < firsts.length; node++) {
            firsts[node] = Math.addExact(firsts[node], firsts[node - 1]);
        }
        this.sequences = new long[firsts[firsts.length - 1]];
        int[] next = firsts.clone();
        for (RangeTombstone tombstone : newestFirst) {
            forEachNode(tombstone, node -> sequences[next[node]++] = tombstone.sequence());
        }
    }

    /** Cuts range deletions, in any order; those of empty ranges vanish. */
    public static FragmentedTombstones of(KeyComparator comparator, List<RangeTombstone> tombstones) {
        Comparator<Slice> order = (a, b) -> comparator.compare(a.buffer(), b.buffer());
        List<Slice> sorted = new ArrayList<>();
        List<RangeTombstone> kept = new ArrayList<>();
        for (RangeTombstone tombstone : tombstones) {
            if (order.compare(tombstone.start(), tombstone.end()) < 0) {
                kept.add(tombstone);
                sorted.add(tombstone.start());
                sorted.add(tombstone.end());
            }
        }
        if (kept.isEmpty()) {
            return EMPTY;
        }
        sorted.sort(order);
        List<Slice> bounds = new ArrayList<>();
        for (Slice bound : sorted) {
            if (bounds.isEmpty() || order.compare(bounds.get(bounds.size() - 1), bound) < 0) {
                bounds.add(bound);
            }
        }
        return new FragmentedTombstones(comparator, List.copyOf(kept), List.copyOf(bounds));
    }

    /** Reads range deletions to their end and cuts them; see {@link #list}. */
    public static FragmentedTombstones read(KeyComparator comparator, InternalIterator tombstones) throws IOException {
        return of(comparator, list(tombstones));
    }

    /** Reads range deletions to their end: keys are their starts, values their ends. */
    public static List<RangeTombstone> list(InternalIterator tombstones) throws IOException {
        List<RangeTombstone> read = new ArrayList<>();
        for (tombstones.seekToFirst(); tombstones.isValid(); tombstones.next()) {
            DirectBuffer key = tombstones.key();
            int length = key.capacity() - InternalKey.TRAILER_LENGTH;
            if (length < 0 || InternalKey.type(InternalKey.trailer(key)) != ValueType.RANGE_DELETION) {
                throw StoreException.corruption(
                        "range-deletion.key",
                        "expected the internal key of a range deletion (type 15), found " + Slice.copyOf(key));
            }
            byte[] start = new byte[length];
            key.getBytes(0, start);
            long sequence = InternalKey.sequence(InternalKey.trailer(key));
            read.add(new RangeTombstone(Slice.wrap(start), Slice.copyOf(tombstones.value()), sequence));
        }
        return read;
    }

    /** Whether there is none. */
    public boolean isEmpty() {
        return tombstones.isEmpty();
    }

    /** The range deletions as they were before they were cut, in the order given; those of empty ranges left out. */
    public List<RangeTombstone> tombstones() {
        return tombstones;
    }

    /** {@link RangeTombstones#NONE} where this is empty, so that nothing is searched. */
    public RangeTombstones orNone() {
        return isEmpty() ? RangeTombstones.NONE : this;
    }

    /** Ranges between the first and the last bound, ascending; no range deletion is over some of them, perhaps. */
    public int rangeCount() {
        return rangeCount;
    }

    /** The first user key of a range. */
    public Slice start(int range) {
        return bounds.get(range);
    }

    /** The first user key beyond a range. */
    public Slice end(int range) {
        return bounds.get(range + 1);
    }

    /** The highest sequence number, at most {@code upTo}, of a range deletion over a range; 0 where there is none. */
    public long newest(int range, long upTo) {
        long newest = 0;
        for (int node = rangeCount + range; node > 0; node /= 2) {
            int at = firstAtMost(upTo, firsts[node], firsts[node + 1]);
            if (at < firsts[node + 1]) {
                newest = Math.max(newest, sequences[at]);
            }
        }
        return newest;
    }

    @Override
    public long covering(DirectBuffer internalKey, long upTo) {
        int bound = rangeOf(internalKey);
        return bound < 0 || bound >= rangeCount ? 0 : newest(bound, upTo);
    }

    @Override
    public DirectBuffer coveredTo(DirectBuffer internalKey, long sequence) {
        return end(rangeOf(internalKey)).buffer();
    }

    @Override
    public DirectBuffer coveredFrom(DirectBuffer internalKey, long sequence) {
        return start(rangeOf(internalKey)).buffer();
    }

    private int rangeOf(DirectBuffer internalKey) {
        return lastBoundAtOrBefore(internalKey, InternalKey.userKeyLength(internalKey));
    }

    private int lastBoundAtOrBefore(DirectBuffer key, int length) {
        int low = 0;
        int high = bounds.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            DirectBuffer bound = bounds.get(middle).buffer();
            if (comparator.compare(bound, 0, bound.capacity(), key, 0, length) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low - 1;
    }

    private int firstAtMost(long upTo, int from, int to) {
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sequences[middle] > upTo) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    @FunctionalInterface
    private interface NodeAction {
        void on(int node);
    }

    /** The nodes that together make up the reach of a range deletion. */
    private void forEachNode(RangeTombstone tombstone, NodeAction action) {
        int low = rangeCount + indexOf(tombstone.start());
        int high = rangeCount + indexOf(tombstone.end());
        while (low < high) {
            if ((low & 1) == 1) {
                action.on(low++);
            }
            if ((high & 1) == 1) {
                action.on(--high);
            }
            low /= 2;
            high /= 2;
        }
    }

    private int indexOf(Slice bound) {
        return lastBoundAtOrBefore(bound.buffer(), bound.length());
    }
}
