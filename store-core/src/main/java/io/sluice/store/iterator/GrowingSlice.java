// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A copy of some bytes that is taken again and again into the same memory. Used by one thread. */
public final class GrowingSlice {
    private byte[] bytes = new byte[64];
    private final UnsafeBuffer view = new UnsafeBuffer(bytes, 0, 0);

    /** An empty copy. */
    public GrowingSlice() {}

    /** Takes a copy of a range. */
    public void set(DirectBuffer source, int offset, int length) {
        if (length > bytes.length) {
            bytes = new byte[Math.max(length, (int) Math.min(Integer.MAX_VALUE - 8, 2L * bytes.length))];
        }
        source.getBytes(offset, bytes, 0, length);
        view.wrap(bytes, 0, length);
    }

    /** Takes a copy of an array. */
    public void set(byte[] source) {
        if (source.length > bytes.length) {
            bytes = new byte[source.length];
        }
        System.arraycopy(source, 0, bytes, 0, source.length);
        view.wrap(bytes, 0, source.length);
    }

    /** Takes a copy of a user key, with a trailer behind it. */
    public void setInternalKey(DirectBuffer userKey, long trailer) {
        int length = userKey.capacity();
        if (length + Long.BYTES > bytes.length) {
            bytes = new byte[length + Long.BYTES];
        }
        userKey.getBytes(0, bytes, 0, length);
        view.wrap(bytes, 0, length + Long.BYTES);
        view.putLong(length, trailer, ByteOrder.LITTLE_ENDIAN);
    }

    /** Changes the trailer of the internal key that was copied here. */
    public void setTrailer(long trailer) {
        view.putLong(view.capacity() - Long.BYTES, trailer, ByteOrder.LITTLE_ENDIAN);
    }

    /** The copy, valid until the next is taken; its capacity is its length. */
    public DirectBuffer view() {
        return view;
    }
}
