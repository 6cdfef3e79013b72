// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.write.Batch;
import java.nio.ByteBuffer;

/**
 * Writes, of one or more column families, that become visible together or not at all. Later entries of a key
 * win. Used by one thread at a time; may be written several times, and reused after {@link #clear()}.
 */
public final class WriteBatch {
    private final Batch batch = new Batch();

    /** An empty batch. */
    public WriteBatch() {}

    /** Sets a key of a column family. */
    public WriteBatch put(ColumnFamilyHandle columnFamily, byte[] key, byte[] value) {
        batch.put(columnFamily.id(), key, value);
        return this;
    }

    /** Sets a key of the default column family. */
    public WriteBatch put(byte[] key, byte[] value) {
        batch.put(0, key, value);
        return this;
    }

    /** Sets a key; takes the bytes between position and limit of each buffer, and moves the positions there. */
    public WriteBatch put(ColumnFamilyHandle columnFamily, ByteBuffer key, ByteBuffer value) {
        batch.put(columnFamily.id(), key, value);
        return this;
    }

    /** Removes a key of a column family. */
    public WriteBatch delete(ColumnFamilyHandle columnFamily, byte[] key) {
        batch.delete(columnFamily.id(), key);
        return this;
    }

    /** Removes a key of the default column family. */
    public WriteBatch delete(byte[] key) {
        batch.delete(0, key);
        return this;
    }

    /** Removes a key; takes the bytes between position and limit, and moves the position there. */
    public WriteBatch delete(ColumnFamilyHandle columnFamily, ByteBuffer key) {
        batch.delete(columnFamily.id(), key);
        return this;
    }

    /** Removes a key of a column family that was put exactly once since it was last removed; see {@link Store}. */
    public WriteBatch singleDelete(ColumnFamilyHandle columnFamily, byte[] key) {
        batch.singleDelete(columnFamily.id(), key);
        return this;
    }

    /** Removes a key of the default column family that was put exactly once since it was last removed. */
    public WriteBatch singleDelete(byte[] key) {
        batch.singleDelete(0, key);
        return this;
    }

    /** Merges an operand into a key of a column family, which has a merge operator. */
    public WriteBatch merge(ColumnFamilyHandle columnFamily, byte[] key, byte[] operand) {
        batch.merge(columnFamily.id(), key, operand);
        return this;
    }

    /** Merges an operand into a key of the default column family, which has a merge operator. */
    public WriteBatch merge(byte[] key, byte[] operand) {
        batch.merge(0, key, operand);
        return this;
    }

    /** Removes all keys of a column family from {@code begin} to below {@code end}. */
    public WriteBatch deleteRange(ColumnFamilyHandle columnFamily, byte[] begin, byte[] end) {
        batch.deleteRange(columnFamily.id(), begin, end);
        return this;
    }

    /** Removes all keys of the default column family from {@code begin} to below {@code end}. */
    public WriteBatch deleteRange(byte[] begin, byte[] end) {
        batch.deleteRange(0, begin, end);
        return this;
    }

    /** Entries in it. */
    public int count() {
        return batch.count();
    }

    /** Bytes of its encoding. */
    public int dataSize() {
        return batch.length();
    }

    /** Forgets all entries. */
    public void clear() {
        batch.clear();
    }

    Batch batch() {
        return batch;
    }
}
