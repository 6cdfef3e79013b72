// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;

/**
 * CRC32C over Agrona buffers, by the JDK's intrinsic, and RocksDB's masking of stored values ({@code util/crc32c.h}): a
 * CRC of data that holds CRCs is weak, so those that stand in files are rotated and offset.
 */
public final class Crc32c {
    private static final int MASK_DELTA = 0xa282ead8;

    private Crc32c() {}

    /** Adds a range of a buffer to {@code crc}. */
    public static void update(CRC32C crc, DirectBuffer buffer, int offset, int length) {
        byte[] array = buffer.byteArray();
        if (array != null) {
            crc.update(array, buffer.wrapAdjustment() + offset, length);
            return;
        }
        ByteBuffer direct = buffer.byteBuffer();
        if (direct == null) {
            throw new IllegalArgumentException("the buffer wraps neither an array nor a ByteBuffer");
        }
        int from = buffer.wrapAdjustment() + offset;
        crc.update(direct.duplicate().limit(from + length).position(from));
    }

    /** The CRC32C of a range, unmasked. */
    public static int of(DirectBuffer buffer, int offset, int length) {
        CRC32C crc = new CRC32C();
        update(crc, buffer, offset, length);
        return (int) crc.getValue();
    }

    /** The form in which a CRC stands in a file. */
    public static int mask(int crc) {
        return Integer.rotateRight(crc, 15) + MASK_DELTA;
    }

    /** The CRC of its stored form. */
    public static int unmask(int masked) {
        return Integer.rotateLeft(masked - MASK_DELTA, 15);
    }
}
