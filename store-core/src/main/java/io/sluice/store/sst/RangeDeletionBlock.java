// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.FragmentedTombstones;
import io.sluice.store.iterator.RangeTombstone;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The block of a table's range deletions, {@code rocksdb.range_del}: a data block of internal keys (a range's start) and
 * user keys (its end), each a restart point, never compressed.
 */
final class RangeDeletionBlock {
    private RangeDeletionBlock() {}

    /** The block of range deletions in the order of their internal keys. */
    static BlockBuilder build(List<RangeTombstone> tombstones) {
        BlockBuilder block = new BlockBuilder(1, 256);
        for (RangeTombstone tombstone : tombstones) {
            long trailer = InternalKey.trailer(tombstone.sequence(), ValueType.RANGE_DELETION);
            byte[] key = InternalKey.encode(tombstone.start().buffer(), trailer);
            block.add(key, key.length, 0, tombstone.end().buffer());
        }
        block.finish();
        return block;
    }

    /**
     * The range deletions in a block.
     *
     * @param file names the table in errors
     * @param offset of the block in it
     * @throws StoreException {@code CORRUPTION}
     */
    static FragmentedTombstones read(String file, long offset, DirectBuffer contents, KeyComparator comparator)
            throws StoreException {
        DataBlockIterator iterator = new DataBlockIterator(EntryOrder.ofInternalKeys(comparator));
        iterator.reset(file, offset, contents);
        List<RangeTombstone> tombstones = new ArrayList<>();
        for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
            DirectBuffer key = iterator.key();
            long trailer = InternalKey.trailer(key);
            if (InternalKey.type(trailer) != ValueType.RANGE_DELETION) {
                throw StoreException.corruption(
                        "sst.range-deletion.type",
                        BlockPlace.of(file, offset) + ": expected a range deletion (type 15), found the internal key "
                                + Slice.copyOf(key));
            }
            DirectBuffer start = new UnsafeBuffer(key, 0, InternalKey.userKeyLength(key));
            tombstones.add(new RangeTombstone(
                    Slice.copyOf(start), Slice.copyOf(iterator.value()), InternalKey.sequence(trailer)));
        }
        return FragmentedTombstones.of(comparator, tombstones);
    }
}
