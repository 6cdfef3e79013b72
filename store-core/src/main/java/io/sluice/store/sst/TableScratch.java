// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.cache.OffHeapBlock;
import org.agrona.DirectBuffer;
import org.agrona.UnsafeAccess;
import org.jspecify.annotations.Nullable;

/**
 * What gets need of one thread, kept from one to the next, so that they allocate nothing. Holds no block between them,
 * unless told to. Used by one thread.
 */
public final class TableScratch {
    private final IndexIterator index = new IndexIterator();
    private final DataBlockIterator data = new DataBlockIterator(EntryOrder.ofNames());
    private final IndexBlockIterator filterParts = new IndexBlockIterator(EntryOrder.ofNames());
    private byte[] keyCopy = new byte[64];
    private int keyOffset;
    private boolean keeps;
    private @Nullable OffHeapBlock kept;
    private @Nullable TableBlocks keptTable;
    private long keptOffset;

    /** From now on, until {@link #dropBlock}, the data block of the last get is kept for the next one. */
    public void keepBlock() {
        keeps = true;
    }

    /** Lets go of the block that is kept, and keeps none any more. */
    public void dropBlock() {
        keeps = false;
        releaseKept();
    }

    /** The block that is kept, if it is this one, with its reference; else null. */
    @Nullable
    OffHeapBlock takeKept(TableBlocks table, long offset) {
        OffHeapBlock block = kept;
        if (block == null || keptTable != table || keptOffset != offset) {
            return null;
        }
        kept = null;
        return block;
    }

    /** Gives a data block back, or keeps it. */
    void giveBack(TableBlocks table, long offset, OffHeapBlock block) {
        if (!keeps) {
            block.release();
            return;
        }
        releaseKept();
        kept = block;
        keptTable = table;
        keptOffset = offset;
    }

    private void releaseKept() {
        OffHeapBlock block = kept;
        kept = null;
        keptTable = null;
        if (block != null) {
            block.release();
        }
    }

    IndexIterator index() {
        return index;
    }

    DataBlockIterator data() {
        return data;
    }

    IndexBlockIterator filterParts() {
        return filterParts;
    }

    /** An array with the first bytes of a key, from {@link #filterKeyOffset()} on: filters hash arrays. */
    byte[] filterKey(DirectBuffer key, int length) {
        byte[] array = key.byteArray();
        if (array != null) {
            keyOffset = Math.toIntExact(key.addressOffset() - UnsafeAccess.ARRAY_BYTE_BASE_OFFSET);
            return array;
        }
        keyCopy = Buffers.ensure(keyCopy, length);
        key.getBytes(0, keyCopy, 0, length);
        keyOffset = 0;
        return keyCopy;
    }

    int filterKeyOffset() {
        return keyOffset;
    }
}
