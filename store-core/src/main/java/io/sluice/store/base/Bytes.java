// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/** Unsigned lexicographic order and equality of byte ranges, eight bytes at a time. */
public final class Bytes {
    private Bytes() {}

    /**
     * Compares two ranges byte by byte as unsigned numbers; a proper prefix is the smaller.
     *
     * @return negative, zero or positive
     */
    public static int compare(DirectBuffer a, int aOffset, int aLength, DirectBuffer b, int bOffset, int bLength) {
        int common = Math.min(aLength, bLength);
        int words = common & -8;
        for (int i = 0; i < words; i += 8) {
            long x = a.getLong(aOffset + i, ByteOrder.BIG_ENDIAN);
            long y = b.getLong(bOffset + i, ByteOrder.BIG_ENDIAN);
            if (x != y) {
                return Long.compareUnsigned(x, y);
            }
        }
        for (int i = words; i < common; i++) {
            int x = a.getByte(aOffset + i) & 0xff;
            int y = b.getByte(bOffset + i) & 0xff;
            if (x != y) {
                return x - y;
            }
        }
        return aLength - bLength;
    }

    /** Compares two whole buffers; see {@link #compare(DirectBuffer, int, int, DirectBuffer, int, int)}. */
    public static int compare(DirectBuffer a, DirectBuffer b) {
        return compare(a, 0, a.capacity(), b, 0, b.capacity());
    }

    /** A copy of a whole buffer. */
    public static byte[] copy(DirectBuffer source) {
        byte[] copy = new byte[source.capacity()];
        source.getBytes(0, copy);
        return copy;
    }
}
