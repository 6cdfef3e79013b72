// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;

/**
 * A growing run of bytes on the heap, the counterpart of {@link ByteReader}. Used by one thread; {@link #reset()} makes
 * it ready for the next use without giving up its memory.
 */
public final class ByteWriter {
    private final ExpandableArrayBuffer buffer;
    private int length;

    /** An empty writer. */
    public ByteWriter() {
        this(128);
    }

    /** An empty writer with room for {@code initialCapacity} bytes. */
    public ByteWriter(int initialCapacity) {
        this.buffer = new ExpandableArrayBuffer(initialCapacity);
    }

    /** The bytes, valid up to {@link #length()} and until the next write. */
    public DirectBuffer buffer() {
        return buffer;
    }

    /** Bytes written. */
    public int length() {
        return length;
    }

    /** Forgets what was written. */
    public void reset() {
        length = 0;
    }

    /** Cuts what was written down to {@code newLength}. */
    public void truncate(int newLength) {
        if (newLength < 0 || newLength > length) {
            throw new IllegalArgumentException("newLength=" + newLength + " is beyond length=" + length);
        }
        length = newLength;
    }

    /** Writes one byte. */
    public ByteWriter putByte(int value) {
        buffer.putByte(length, (byte) value);
        length += 1;
        return this;
    }

    /** Writes a 32-bit number, little-endian. */
    public ByteWriter putFixed32(int value) {
        buffer.putInt(length, value, ByteOrder.LITTLE_ENDIAN);
        length += 4;
        return this;
    }

    /** Writes a 64-bit number, little-endian. */
    public ByteWriter putFixed64(long value) {
        buffer.putLong(length, value, ByteOrder.LITTLE_ENDIAN);
        length += 8;
        return this;
    }

    /** Writes an unsigned 32-bit number as a varint. */
    public ByteWriter putVarint32(int value) {
        return putVarint64(value & 0xffffffffL);
    }

    /** Writes an unsigned 64-bit number as a varint. */
    public ByteWriter putVarint64(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            putByte((int) (rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        return putByte((int) rest);
    }

    /** Writes bytes. */
    public ByteWriter putBytes(DirectBuffer source, int offset, int count) {
        buffer.putBytes(length, source, offset, count);
        length += count;
        return this;
    }

    /** Writes bytes. */
    public ByteWriter putBytes(byte[] source) {
        buffer.putBytes(length, source);
        length += source.length;
        return this;
    }

    /** Writes a varint32 length, then the bytes. */
    public ByteWriter putLengthPrefixed(byte[] source) {
        return putVarint32(source.length).putBytes(source);
    }

    /** Writes a varint32 length, then the string as UTF-8. */
    public ByteWriter putString(String source) {
        return putLengthPrefixed(source.getBytes(StandardCharsets.UTF_8));
    }

    /** A copy of what was written. */
    public byte[] toByteArray() {
        byte[] copy = new byte[length];
        buffer.getBytes(0, copy);
        return copy;
    }
}
