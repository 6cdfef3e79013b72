// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.wire;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads and checks headers of frames: hostile bytes end in a {@link TransportException} before anything is allocated or
 * believed. Not safe for concurrent use; allocates nothing on good frames.
 */
public final class FrameReader {
    private final CRC32C crc = new CRC32C();
    private FrameType type = FrameType.ERROR;
    private int flags;
    private int length;
    private long id;
    private int messageCredit;
    private long byteCredit;
    private int dataCrc;

    /**
     * Reads the header and head at {@code offset}.
     *
     * @param raw the memory of {@code buffer}, same offsets; its position and limit are changed
     * @param available bytes received from {@code offset} on
     * @param maxMessageLength most data of a MESSAGE
     * @return false where more bytes are needed to tell
     * @throws TransportException {@code PROTOCOL} where this is no valid frame
     */
    public boolean read(UnsafeBuffer buffer, ByteBuffer raw, int offset, int available, int maxMessageLength)
            throws TransportException {
        if (available < FrameFormat.HEADER_LENGTH) {
            checkMagicSoFar(buffer, offset, available);
            return false;
        }
        if (buffer.getInt(offset, LITTLE_ENDIAN) != FrameFormat.MAGIC) {
            checkMagicSoFar(buffer, offset, Integer.BYTES);
        }
        int code = buffer.getByte(offset + FrameFormat.TYPE_OFFSET) & 0xFF;
        FrameType found = FrameType.ofCode(code);
        if (found == null) {
            throw error("transport.frame.type", "frame of unknown type " + code);
        }
        length = buffer.getInt(offset + FrameFormat.LENGTH_OFFSET, LITTLE_ENDIAN);
        int min = FrameFormat.HEADER_LENGTH + found.headLength();
        int maxData = found == FrameType.MESSAGE ? maxMessageLength : found.maxDataLength();
        if (length < min || (long) length > (long) min + maxData) {
            throw error(
                    "transport.frame.length",
                    found + " frame of length " + length + ", expected from " + min + " to " + ((long) min + maxData));
        }
        if (available < min) {
            return false;
        }
        checkHeadCrc(buffer, raw, offset, min);
        flags = buffer.getByte(offset + FrameFormat.FLAGS_OFFSET) & 0xFF;
        int reserved = buffer.getShort(offset + FrameFormat.RESERVED_OFFSET, LITTLE_ENDIAN);
        if (reserved != 0 || (flags & ~FrameFormat.END) != 0) {
            throw error("transport.frame.reserved", found + " frame with flags " + flags + ", reserved " + reserved);
        }
        type = found;
        id = buffer.getLong(offset + FrameFormat.ID_OFFSET, LITTLE_ENDIAN);
        messageCredit = buffer.getInt(offset + FrameFormat.MESSAGE_CREDIT_OFFSET, LITTLE_ENDIAN);
        byteCredit = buffer.getLong(offset + FrameFormat.BYTE_CREDIT_OFFSET, LITTLE_ENDIAN);
        dataCrc = buffer.getInt(offset + FrameFormat.DATA_CRC_OFFSET, LITTLE_ENDIAN);
        return true;
    }

    /** Refuses what can't become a frame as early as it shows: a stranger on the port may send few bytes and wait. */
    private static void checkMagicSoFar(UnsafeBuffer buffer, int offset, int available) throws TransportException {
        for (int i = 0; i < Math.min(available, Integer.BYTES); i++) {
            byte expected = (byte) (FrameFormat.MAGIC >>> (8 * i));
            if (buffer.getByte(offset + i) != expected) {
                throw error(
                        "transport.frame.magic",
                        "byte " + i + " of a frame is " + (buffer.getByte(offset + i) & 0xFF) + ", expected " + expected
                                + ": the peer speaks another protocol, or the stream is damaged");
            }
        }
    }

    private void checkHeadCrc(UnsafeBuffer buffer, ByteBuffer raw, int offset, int headLength)
            throws TransportException {
        int stored = buffer.getInt(offset + FrameFormat.HEAD_CRC_OFFSET, LITTLE_ENDIAN);
        buffer.putInt(offset + FrameFormat.HEAD_CRC_OFFSET, 0, LITTLE_ENDIAN);
        crc.reset();
        raw.limit(offset + headLength).position(offset);
        crc.update(raw);
        buffer.putInt(offset + FrameFormat.HEAD_CRC_OFFSET, stored, LITTLE_ENDIAN);
        if ((int) crc.getValue() != stored) {
            throw error("transport.frame.crc", crcText("header", stored, (int) crc.getValue()));
        }
    }

    /**
     * Checks the data of the frame just read.
     *
     * @throws TransportException {@code PROTOCOL} where {@code found} is not what the header says
     */
    public void checkData(int found) throws TransportException {
        if (found != dataCrc) {
            throw error("transport.frame.crc", crcText(type + " data", dataCrc, found));
        }
    }

    private static String crcText(String what, int expected, int found) {
        return "CRC32C of " + what + " is " + Integer.toHexString(found) + ", expected " + Integer.toHexString(expected)
                + ": bytes were changed on the way or while they were sent";
    }

    private static TransportException error(String code, String message) {
        return new TransportException(Kind.PROTOCOL, code, message);
    }

    /** The frame's type. */
    public FrameType type() {
        return type;
    }

    /** Whether it is the last of its operation. */
    public boolean isEnd() {
        return (flags & FrameFormat.END) != 0;
    }

    /** Bytes of the whole frame. */
    public int length() {
        return length;
    }

    /** Bytes of data. */
    public int dataLength() {
        return length - FrameFormat.HEADER_LENGTH - type.headLength();
    }

    /** Bytes before the data. */
    public int dataOffset() {
        return FrameFormat.HEADER_LENGTH + type.headLength();
    }

    /** The id. */
    public long id() {
        return id;
    }

    /** Messages taken by the sender's program, modulo 2^32. */
    public int messageCredit() {
        return messageCredit;
    }

    /** Bytes of those messages. */
    public long byteCredit() {
        return byteCredit;
    }
}
