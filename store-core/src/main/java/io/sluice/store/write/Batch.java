// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

import io.sluice.store.base.ByteWriter;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Writes in order, encoded as {@link BatchFormat} says. Used by one thread at a time. */
public final class Batch {
    private final ByteWriter bytes = new ByteWriter(256);
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private int count;
    private long dataLength;

    /** An empty batch. */
    public Batch() {}

    /** Adds a put. */
    public void put(int columnFamily, byte[] key, byte[] value) {
        header(BatchFormat.VALUE, BatchFormat.CF_VALUE, columnFamily, key.length + (long) value.length);
        bytes.putLengthPrefixed(key).putLengthPrefixed(value);
    }

    /** Adds a put of the bytes between position and limit of each buffer, and moves the positions to the limits. */
    public void put(int columnFamily, ByteBuffer key, ByteBuffer value) {
        header(BatchFormat.VALUE, BatchFormat.CF_VALUE, columnFamily, key.remaining() + (long) value.remaining());
        add(key);
        add(value);
    }

    /** Adds a deletion. */
    public void delete(int columnFamily, byte[] key) {
        header(BatchFormat.DELETION, BatchFormat.CF_DELETION, columnFamily, key.length);
        bytes.putLengthPrefixed(key);
    }

    /** Adds a deletion of the bytes between position and limit, and moves the position to the limit. */
    public void delete(int columnFamily, ByteBuffer key) {
        header(BatchFormat.DELETION, BatchFormat.CF_DELETION, columnFamily, key.remaining());
        add(key);
    }

    /** Adds a single deletion. */
    public void singleDelete(int columnFamily, byte[] key) {
        header(BatchFormat.SINGLE_DELETION, BatchFormat.CF_SINGLE_DELETION, columnFamily, key.length);
        bytes.putLengthPrefixed(key);
    }

    /** Adds a merge. */
    public void merge(int columnFamily, byte[] key, byte[] operand) {
        header(BatchFormat.MERGE, BatchFormat.CF_MERGE, columnFamily, key.length + (long) operand.length);
        bytes.putLengthPrefixed(key).putLengthPrefixed(operand);
    }

    /** Adds a deletion of all keys from {@code begin} to below {@code end}. */
    public void deleteRange(int columnFamily, byte[] begin, byte[] end) {
        header(
                BatchFormat.RANGE_DELETION,
                BatchFormat.CF_RANGE_DELETION,
                columnFamily,
                begin.length + (long) end.length);
        bytes.putLengthPrefixed(begin).putLengthPrefixed(end);
    }

    /** Entries in it. */
    public int count() {
        return count;
    }

    /** Bytes of keys and values. */
    public long dataLength() {
        return dataLength;
    }

    /** Bytes of the encoding. */
    public int length() {
        return bytes.length();
    }

    /** The encoding, valid up to {@link #length()} and until the next change. */
    public DirectBuffer buffer() {
        return bytes.buffer();
    }

    /** Forgets all entries, and keeps the memory. */
    public void clear() {
        bytes.reset();
        count = 0;
        dataLength = 0;
    }

    private void header(byte tag, byte columnFamilyTag, int columnFamily, long length) {
        if (bytes.length() + length > Integer.MAX_VALUE - 64) {
            throw new IllegalArgumentException(
                    "the batch would be above 2 GiB: it has " + bytes.length() + " bytes, the entry " + length);
        }
        if (columnFamily == 0) {
            bytes.putByte(tag);
        } else {
            bytes.putByte(columnFamilyTag).putVarint32(columnFamily);
        }
        count++;
        dataLength += length;
    }

    private void add(ByteBuffer source) {
        int length = source.remaining();
        view.wrap(source, source.position(), length);
        bytes.putVarint32(length).putBytes(view, 0, length);
        source.position(source.limit());
    }
}
