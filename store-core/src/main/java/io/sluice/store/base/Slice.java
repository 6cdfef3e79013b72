// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** An immutable run of bytes with the equality of its contents: a key that outlives the buffer it was read from. */
public final class Slice {
    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    private final UnsafeBuffer bytes;

    private Slice(byte[] owned) {
        this.bytes = new UnsafeBuffer(owned);
    }

    /** A slice that takes the array as its own: the caller must not change it afterwards. */
    public static Slice wrap(byte[] owned) {
        return new Slice(owned);
    }

    /** A slice with a copy of a whole buffer. */
    public static Slice copyOf(DirectBuffer source) {
        return new Slice(Bytes.copy(source));
    }

    /** A slice of a string's UTF-8. */
    public static Slice utf8(String source) {
        return new Slice(source.getBytes(StandardCharsets.UTF_8));
    }

    /** The bytes, as a view whose capacity is the length. Not to be written to. */
    public DirectBuffer buffer() {
        return bytes;
    }

    /** Bytes in it. */
    public int length() {
        return bytes.capacity();
    }

    /** A copy. */
    public byte[] toByteArray() {
        return bytes.byteArray().clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Slice s && bytes.equals(s.bytes);
    }

    @Override
    public int hashCode() {
        return bytes.hashCode();
    }

    /** Upper-case hex, as RocksDB's tools print keys. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(2 * length());
        for (int i = 0; i < length(); i++) {
            int b = bytes.getByte(i);
            text.append(HEX[b >> 4 & 0xf]).append(HEX[b & 0xf]);
        }
        return text.toString();
    }
}
