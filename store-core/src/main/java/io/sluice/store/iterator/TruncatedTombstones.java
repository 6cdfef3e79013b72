// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import org.agrona.DirectBuffer;

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

    /** Those of {@code tombstones} over entries from {@code smallest} to {@code largest}, both internal keys. */
    public TruncatedTombstones(RangeTombstones tombstones, KeyComparator comparator, Slice smallest, Slice largest) {
        this.tombstones = tombstones;
        this.order = new InternalKeyOrder(comparator);
        this.smallest = smallest.buffer();
        this.largest = largest.buffer();
    }

    @Override
    public long covering(DirectBuffer internalKey, long upTo) {
        return order.compare(internalKey, smallest) < 0 || order.compare(internalKey, largest) > 0
                ? 0
                : tombstones.covering(internalKey, upTo);
    }
}
