// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Walks the records of a {@link Batch}, which must not change meanwhile. A flyweight; used by one thread. */
public final class BatchCursor {
    private DirectBuffer buffer = new UnsafeBuffer(0, 0);
    private int position;
    private int limit;
    private int columnFamily;
    private byte type;
    private int keyOffset;
    private int keyLength;
    private int valueOffset;
    private int valueLength;

    /** Stands before the first record of {@code batch}. */
    public void wrap(Batch batch) {
        buffer = batch.buffer();
        position = 0;
        limit = batch.length();
    }

    /** Moves to the next record; false where there is none. */
    public boolean next() {
        if (position == limit) {
            return false;
        }
        byte tag = buffer.getByte(position++);
        columnFamily = BatchFormat.namesColumnFamily(tag) ? readVarint() : 0;
        type = BatchFormat.type(tag);
        keyLength = readVarint();
        keyOffset = position;
        position += keyLength;
        valueLength = BatchFormat.hasValue(type) ? readVarint() : 0;
        valueOffset = position;
        position += valueLength;
        return true;
    }

    /** The bytes that the offsets point into. */
    public DirectBuffer buffer() {
        return buffer;
    }

    /** The id of the record's column family. */
    public int columnFamily() {
        return columnFamily;
    }

    /** Its {@link io.sluice.store.base.ValueType}. */
    public byte type() {
        return type;
    }

    /** Where its key begins. */
    public int keyOffset() {
        return keyOffset;
    }

    /** Bytes of its key. */
    public int keyLength() {
        return keyLength;
    }

    /** Where its value begins. */
    public int valueOffset() {
        return valueOffset;
    }

    /** Bytes of its value; 0 for a deletion. */
    public int valueLength() {
        return valueLength;
    }

    private int readVarint() {
        int value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = buffer.getByte(position++);
            value |= (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }
}
