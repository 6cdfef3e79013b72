// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

/** Walks the records of a {@link Batch}, which must not change meanwhile. A flyweight; used by one thread. */
public final class BatchCursor extends BatchEntry {
    private int position;
    private int limit;

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
