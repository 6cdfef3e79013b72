// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The range deletions of a file, as far as the file's bounds reach. RocksDB writes them whole into each file that a
 * compaction makes, and only the part within the file's bounds counts: beyond, an entry may have been given a sequence
 * number of 0 since, which they would hide. Immutable, and safe for concurrent use.
 */
public final class TruncatedTombstones implements RangeTombstones {
    private final RangeTombstones tombstones;
    private final InternalKeyOrder order;
    private final DirectBuffer smallest;
    private final DirectBuffer largest;
    private final DirectBuffer smallestUserKey;
    private final DirectBuffer largestUserKey;

    /** Those of {@code tombstones} over entries from {@code smallest} to {@code largest}, both internal keys. */
    public TruncatedTombstones(RangeTombstones tombstones, KeyComparator comparator, Slice smallest, Slice largest) {
        this.tombstones = tombstones;
        this.order = new InternalKeyOrder(comparator);
        this.smallest = smallest.buffer();
        this.largest = largest.buffer();
        this.smallestUserKey = userKey(this.smallest);
        this.largestUserKey = userKey(this.largest);
    }

    @Override
    public long covering(DirectBuffer internalKey, long upTo) {
        return order.compare(internalKey, smallest) < 0 || order.compare(internalKey, largest) > 0
                ? 0
                : tombstones.covering(internalKey, upTo);
    }

    @Override
    public @Nullable DirectBuffer coveredTo(DirectBuffer internalKey, long sequence) {
        DirectBuffer end = tombstones.coveredTo(internalKey, sequence);
        return end != null && order.compareUserKey(largest, end) < 0 ? largestUserKey : end;
    }

    @Override
    public @Nullable DirectBuffer coveredFrom(DirectBuffer internalKey, long sequence) {
        DirectBuffer start = tombstones.coveredFrom(internalKey, sequence);
        return start != null && order.compareUserKey(smallest, start) > 0 ? smallestUserKey : start;
    }

    private static DirectBuffer userKey(DirectBuffer internalKey) {
        return new UnsafeBuffer(internalKey, 0, InternalKey.userKeyLength(internalKey));
    }
}
