// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a log's first record says of the log before, so that recovery finds out where a crash took that one's end: a log may
 * reach the disk sooner than the end of the one before. It stands in a batch without entries, as a {@code LogData} record,
 * which every version of RocksDB passes over.
 *
 * <pre>
 *   tag LogData (1) | length (varint32, 1 byte) | "sluice.log.1" | number (u64 LE) | length (u64 LE)
 * </pre>
 *
 * @param number the number of the log before
 * @param length its bytes when it got its last record
 */
public record LogMarker(long number, long length) {
    private static final byte[] MAGIC = "sluice.log.1".getBytes(StandardCharsets.US_ASCII);
    private static final int BLOB_LENGTH = MAGIC.length + 2 * Long.BYTES;
    /** Bytes of the encoding. */
    public static final int LENGTH = 2 + BLOB_LENGTH;

    /** Writes it as a record of a batch. */
    public void encode(MutableDirectBuffer target, int offset) {
        target.putByte(offset, (byte) LoggedBatchFormat.LOG_DATA);
        target.putByte(offset + 1, (byte) BLOB_LENGTH);
        target.putBytes(offset + 2, MAGIC);
        target.putLong(offset + 2 + MAGIC.length, number, LITTLE_ENDIAN);
        target.putLong(offset + 2 + MAGIC.length + Long.BYTES, length, LITTLE_ENDIAN);
    }

    /** The marker in a blob, or {@code other} where the blob is something else, which a user may put into a log. */
    static @Nullable LogMarker decode(DirectBuffer source, int offset, int length, @Nullable LogMarker other) {
        if (length != BLOB_LENGTH) {
            return other;
        }
        byte[] magic = new byte[MAGIC.length];
        source.getBytes(offset, magic);
        if (!Arrays.equals(magic, MAGIC)) {
            return other;
        }
        int at = offset + MAGIC.length;
        return new LogMarker(source.getLong(at, LITTLE_ENDIAN), source.getLong(at + Long.BYTES, LITTLE_ENDIAN));
    }
}
