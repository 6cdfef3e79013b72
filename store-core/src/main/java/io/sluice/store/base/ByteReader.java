// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;

/**
 * A cursor over bytes that may be hostile: every read is checked against the limit, and ends in a {@code CORRUPTION}
 * error that names what was being read and where. Numbers are little-endian; varints are LEB128 as in RocksDB's {@code
 * util/coding.h}. Used by one thread.
 */
public final class ByteReader {
    private final String what;
    private final DirectBuffer buffer;
    private final int start;
    private final int limit;
    private int position;

    /** A cursor over a whole buffer; {@code what} names the source in errors, such as a file and block. */
    public ByteReader(String what, DirectBuffer buffer) {
        this(what, buffer, 0, buffer.capacity());
    }

    /** A cursor over {@code length} bytes from {@code offset}. */
    public ByteReader(String what, DirectBuffer buffer, int offset, int length) {
        this.what = what;
        this.buffer = buffer;
        this.start = offset;
        this.limit = offset + length;
        this.position = offset;
    }

    /** Bytes not read yet. */
    public int remaining() {
        return limit - position;
    }

    /** The buffer's offset that is read next. */
    public int position() {
        return position;
    }

    /** Reads one byte. */
    public byte readByte() throws StoreException {
        need(1);
        return buffer.getByte(position++);
    }

    /** Reads a 32-bit number. */
    public int readFixed32() throws StoreException {
        need(4);
        int value = buffer.getInt(position, ByteOrder.LITTLE_ENDIAN);
        position += 4;
        return value;
    }

    /** Reads a 64-bit number. */
    public long readFixed64() throws StoreException {
        need(8);
        long value = buffer.getLong(position, ByteOrder.LITTLE_ENDIAN);
        position += 8;
        return value;
    }

    /** Reads a varint of at most 32 bits, as an unsigned number. */
    public int readVarint32() throws StoreException {
        long value = readVarint64();
        if (value >>> 32 != 0) {
            throw error("varint32 is above 32 bits: " + Long.toUnsignedString(value));
        }
        return (int) value;
    }

    /** Reads a varint of at most 64 bits. */
    public long readVarint64() throws StoreException {
        long value = 0;
        for (int shift = 0; shift <= 63; shift += 7) {
            byte b = readByte();
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw error("varint64 is longer than 10 bytes");
    }

    /** Reads a varint32 that is a length of what follows: checked to be within the remaining bytes. */
    public int readLength() throws StoreException {
        int length = readVarint32();
        if (length < 0 || length > remaining()) {
            throw error("length=" + Integer.toUnsignedString(length) + " is beyond remaining=" + remaining());
        }
        return length;
    }

    /** Reads a varint32 length and that many bytes. */
    public byte[] readLengthPrefixed() throws StoreException {
        return readBytes(readLength());
    }

    /** Reads a varint32 length and that many bytes of UTF-8. */
    public String readString() throws StoreException {
        return new String(readLengthPrefixed(), StandardCharsets.UTF_8);
    }

    /** Reads {@code length} bytes. */
    public byte[] readBytes(int length) throws StoreException {
        need(length);
        byte[] bytes = new byte[length];
        buffer.getBytes(position, bytes);
        position += length;
        return bytes;
    }

    /** Passes over {@code length} bytes. */
    public void skip(int length) throws StoreException {
        need(length);
        position += length;
    }

    /** A {@code CORRUPTION} error about the bytes here. */
    public StoreException error(String problem) {
        return StoreException.corruption(
                "coding.malformed", what + ": at offset " + (position - start) + ": " + problem);
    }

    private void need(int length) throws StoreException {
        if (length < 0 || length > limit - position) {
            throw error("needs " + length + " more bytes, found " + (limit - position));
        }
    }
}
