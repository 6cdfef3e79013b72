// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.wire;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes headers of frames into a buffer. For each frame: {@link #begin}, then put head and data, then {@link #end}. Not
 * safe for concurrent use; allocates nothing.
 */
public final class FrameWriter {
    private final CRC32C crc = new CRC32C();

    /** Writes all of a header but the checksums. */
    public static void begin(
            UnsafeBuffer buffer,
            int offset,
            FrameType type,
            int flags,
            long id,
            int dataLength,
            long messageCredit,
            long byteCredit) {
        buffer.putInt(offset, FrameFormat.MAGIC, LITTLE_ENDIAN);
        int length = FrameFormat.HEADER_LENGTH + type.headLength() + dataLength;
        buffer.putInt(offset + FrameFormat.LENGTH_OFFSET, length, LITTLE_ENDIAN);
        buffer.putByte(offset + FrameFormat.TYPE_OFFSET, (byte) type.code());
        buffer.putByte(offset + FrameFormat.FLAGS_OFFSET, (byte) flags);
        buffer.putShort(offset + FrameFormat.RESERVED_OFFSET, (short) 0, LITTLE_ENDIAN);
        buffer.putInt(offset + FrameFormat.HEAD_CRC_OFFSET, 0, LITTLE_ENDIAN);
        buffer.putLong(offset + FrameFormat.ID_OFFSET, id, LITTLE_ENDIAN);
        buffer.putInt(offset + FrameFormat.MESSAGE_CREDIT_OFFSET, (int) messageCredit, LITTLE_ENDIAN);
        buffer.putInt(offset + FrameFormat.DATA_CRC_OFFSET, 0, LITTLE_ENDIAN);
        buffer.putLong(offset + FrameFormat.BYTE_CREDIT_OFFSET, byteCredit, LITTLE_ENDIAN);
    }

    /**
     * Writes the checksums.
     *
     * @param raw the memory of {@code buffer}, same offsets; its position and limit are changed
     * @param dataCrc CRC32C of the data, 0 where there is none
     */
    public void end(UnsafeBuffer buffer, ByteBuffer raw, int offset, FrameType type, int dataCrc) {
        buffer.putInt(offset + FrameFormat.DATA_CRC_OFFSET, dataCrc, LITTLE_ENDIAN);
        int headEnd = offset + FrameFormat.HEADER_LENGTH + type.headLength();
        int headCrc = crcOf(raw, offset, headEnd);
        buffer.putInt(offset + FrameFormat.HEAD_CRC_OFFSET, headCrc, LITTLE_ENDIAN);
    }

    /** CRC32C of a range; changes the buffer's position and limit. */
    public int crcOf(ByteBuffer raw, int from, int to) {
        if (from == to) {
            return 0;
        }
        crc.reset();
        raw.limit(to).position(from);
        crc.update(raw);
        return (int) crc.getValue();
    }
}
