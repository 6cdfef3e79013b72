// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import io.sluice.transport.TransportException.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Which bytes of a remote region are a block, and their CRC32C: {@value #ENCODED_LENGTH} bytes that travel in a message, from
 * whoever made the block to whoever will use it. One-sided operations over RDMA carry no checksum of the transport's own,
 * since no program takes part in them at the other end; this one goes beside them, end to end, however many memories the
 * block passes through.
 *
 * <pre>
 *  offset  bytes  little-endian
 *       0      8  offset in the remote region
 *       8      4  length in bytes
 *      12      4  CRC32C of them
 * </pre>
 *
 * @param offset where the block starts in the remote region, not negative
 * @param length its bytes, not negative
 * @param crc32c of them, unmasked
 */
public record BlockDigest(long offset, int length, int crc32c) {
    /** Bytes of an encoded digest. */
    public static final int ENCODED_LENGTH = 16;

    private static final int LENGTH_OFFSET = 8;
    private static final int CRC_OFFSET = 12;

    /** Checks the range. */
    public BlockDigest {
        if (offset < 0 || length < 0) {
            throw new IllegalArgumentException("offset=" + offset + " length=" + length + ", expected at least 0");
        }
    }

    /**
     * Reads the bytes, at some 100 µs a MiB on the calling thread.
     *
     * @param start of the block in {@code local}
     * @param offset where it lies, or will, in the remote region
     * @throws IllegalArgumentException where the block is out of the region's bounds
     * @throws IllegalStateException where {@code local} was released
     */
    public static BlockDigest of(Region local, int start, int length, long offset) {
        return new BlockDigest(offset, length, crcOf(local, start, length));
    }

    private static int crcOf(Region local, int start, int length) {
        if (start < 0 || length < 0 || start > local.length() - length) {
            throw new IllegalArgumentException("start=" + start + " length=" + length + " is beyond " + local);
        }
        RegionMemory memory = local.retainMemory();
        try {
            CRC32C crc = new CRC32C();
            ByteBuffer bytes = memory.slab().duplicate();
            bytes.position(memory.offset() + start).limit(memory.offset() + start + length);
            crc.update(bytes);
            return (int) crc.getValue();
        } finally {
            memory.release();
        }
    }

    /**
     * Compares it with a copy of the block; as slow as {@link #of}.
     *
     * @param start of the copy in {@code local}
     * @throws TransportException {@code PROTOCOL} with {@code transport.block.crc} where the bytes are others, {@code
     *     transport.block.digest} where the copy would be out of the region's bounds
     */
    public void check(Region local, long start) throws TransportException {
        checkRoom(start, local.length());
        int found = crcOf(local, (int) start, length);
        if (found != crc32c) {
            throw new TransportException(
                    Kind.PROTOCOL,
                    "transport.block.crc",
                    "CRC32C of a block of " + length + " bytes at offset=" + offset + " is "
                            + Integer.toHexString(found) + ", expected " + Integer.toHexString(crc32c)
                            + ": bytes were changed on the way, or while they were sent");
        }
    }

    /** Whoever made the digest may have said anything. */
    void checkRoom(long start, long capacity) throws TransportException {
        if (start < 0 || start > capacity - length) {
            throw new TransportException(
                    Kind.PROTOCOL,
                    "transport.block.digest",
                    "a block of " + length + " bytes at " + start + " is beyond a region of " + capacity);
        }
    }

    /** Writes {@value #ENCODED_LENGTH} bytes. */
    public void encode(MutableDirectBuffer buffer, int at) {
        buffer.putLong(at, offset, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(at + LENGTH_OFFSET, length, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(at + CRC_OFFSET, crc32c, ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws TransportException {@code PROTOCOL} where there are too few bytes or they describe no block
     */
    public static BlockDigest decode(DirectBuffer buffer, int at) throws TransportException {
        if (at < 0 || (long) at + ENCODED_LENGTH > buffer.capacity()) {
            throw malformed("offset=" + at + " length=" + ENCODED_LENGTH + " is beyond " + buffer.capacity());
        }
        long offset = buffer.getLong(at, ByteOrder.LITTLE_ENDIAN);
        int length = buffer.getInt(at + LENGTH_OFFSET, ByteOrder.LITTLE_ENDIAN);
        if (offset < 0 || length < 0) {
            throw malformed("offset=" + offset + " length=" + length);
        }
        return new BlockDigest(offset, length, buffer.getInt(at + CRC_OFFSET, ByteOrder.LITTLE_ENDIAN));
    }

    private static TransportException malformed(String found) {
        return new TransportException(Kind.PROTOCOL, "transport.block.digest", "not a block's digest: " + found);
    }
}
