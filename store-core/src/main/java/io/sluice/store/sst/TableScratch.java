// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import org.agrona.DirectBuffer;
import org.agrona.UnsafeAccess;

/**
 * What gets need of one thread, kept from one to the next, so that they allocate nothing. Holds no block between them.
 * Used by one thread.
 */
public final class TableScratch {
    private final IndexIterator index = new IndexIterator();
    private final DataBlockIterator data = new DataBlockIterator(EntryOrder.ofNames());
    private final IndexBlockIterator filterParts = new IndexBlockIterator(EntryOrder.ofNames());
    private byte[] keyCopy = new byte[64];
    private int keyOffset;

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
