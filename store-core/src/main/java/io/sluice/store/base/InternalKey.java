// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A user key followed by its trailer: a little-endian 64-bit {@code sequence << 8 | type}.
 *
 * <pre>
 *  +----------------------+------------------------------------------+
 *  | user key (n bytes)   | type (1) | sequence number (7, little e.) |
 *  +----------------------+------------------------------------------+
 * </pre>
 *
 * Internal keys order by user key ascending, then by trailer descending: the newest version of a key comes first.
 * Source of the format: RocksDB, {@code db/dbformat.h}.
 */
public final class InternalKey {
    /** Bytes of the trailer. */
    public static final int TRAILER_LENGTH = 8;
    /** The largest sequence number: 56 bits. */
    public static final long MAX_SEQUENCE = (1L << 56) - 1;

    private InternalKey() {}

    /** The trailer of a sequence number and a {@link ValueType}. */
    public static long trailer(long sequence, byte type) {
        return sequence << 8 | (type & 0xff);
    }

    /** The sequence number in a trailer. */
    public static long sequence(long trailer) {
        return trailer >>> 8;
    }

    /** The {@link ValueType} in a trailer. */
    public static byte type(long trailer) {
        return (byte) trailer;
    }

    /** The trailer of an internal key of at least {@link #TRAILER_LENGTH} bytes that fills {@code key}. */
    public static long trailer(DirectBuffer key) {
        return key.getLong(key.capacity() - TRAILER_LENGTH, ByteOrder.LITTLE_ENDIAN);
    }

    /** The length of the user key in an internal key that fills {@code key}. */
    public static int userKeyLength(DirectBuffer key) {
        return key.capacity() - TRAILER_LENGTH;
    }

    /** Writes a trailer at {@code offset}. */
    public static void putTrailer(MutableDirectBuffer target, int offset, long trailer) {
        target.putLong(offset, trailer, ByteOrder.LITTLE_ENDIAN);
    }

    /** An internal key as an array of its own. */
    public static byte[] encode(DirectBuffer userKey, long trailer) {
        byte[] key = new byte[userKey.capacity() + TRAILER_LENGTH];
        userKey.getBytes(0, key, 0, userKey.capacity());
        for (int i = 0; i < TRAILER_LENGTH; i++) {
            key[userKey.capacity() + i] = (byte) (trailer >>> (8 * i));
        }
        return key;
    }
}
