// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.InternalKeyOrder;
import io.sluice.store.iterator.RangeTombstone;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The internal keys between which a table's entries lie, range deletions among them: what the manifest says of it. A range
 * deletion reaches from its start to a sentinel at its end, the key that stands before all entries of that user key.
 *
 * @param smallest the first
 * @param largest the last, or the sentinel
 */
public record TableBounds(Slice smallest, Slice largest) {
    private static final long SENTINEL = InternalKey.trailer(InternalKey.MAX_SEQUENCE, ValueType.RANGE_DELETION);

    /** The bounds of a table as its own blocks tell them, or null where it is empty. */
    public static @Nullable TableBounds of(TableReader table, KeyComparator comparator) throws IOException {
        Slice first = null;
        Slice last = null;
        try (InternalIterator entries = table.iterator()) {
            entries.seekToFirst();
            first = entries.isValid() ? Slice.copyOf(entries.key()) : null;
            entries.seekToLast();
            last = entries.isValid() ? Slice.copyOf(entries.key()) : null;
        }
        return of(comparator, first, last, table.rangeTombstones().tombstones());
    }

    /** The bounds of entries from {@code first} to {@code last} and of range deletions; null where there are none. */
    static @Nullable TableBounds of(
            KeyComparator comparator, @Nullable Slice first, @Nullable Slice last, List<RangeTombstone> tombstones) {
        InternalKeyOrder order = new InternalKeyOrder(comparator);
        Slice smallest = first;
        Slice largest = last;
        for (RangeTombstone tombstone : tombstones) {
            Slice start = key(tombstone.start(), InternalKey.trailer(tombstone.sequence(), ValueType.RANGE_DELETION));
            Slice end = key(tombstone.end(), SENTINEL);
            if (smallest == null || order.compare(start.buffer(), smallest.buffer()) < 0) {
                smallest = start;
            }
            if (largest == null || order.compare(end.buffer(), largest.buffer()) > 0) {
                largest = end;
            }
        }
        return smallest == null || largest == null ? null : new TableBounds(smallest, largest);
    }

    /** Whether a largest key is the end of a range deletion, so that no entry of its user key is in the table. */
    public static boolean isSentinel(Slice largest) {
        return largest.length() >= InternalKey.TRAILER_LENGTH && InternalKey.trailer(largest.buffer()) == SENTINEL;
    }

    private static Slice key(Slice userKey, long trailer) {
        return Slice.wrap(InternalKey.encode(userKey.buffer(), trailer));
    }
}
