// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import java.nio.ByteOrder;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Describes memory that a peer exposed to one connection: {@value #ENCODED_LENGTH} bytes that travel in a message. It is
 * good for that connection only, and only until the owner revokes it. The key is a secret between the two.
 *
 * <pre>
 *  offset  bytes  little-endian
 *       0      8  region id, unique for the connection
 *       8      8  epoch: the owner's number of this connection
 *      16      8  length in bytes
 *      24      4  access: bit 0 read, bit 1 write
 *      28      4  zero
 *      32     16  key
 * </pre>
 */
public final class RemoteRegion {
    /** Bytes of an encoded descriptor. */
    public static final int ENCODED_LENGTH = 48;

    private static final int EPOCH_OFFSET = 8;
    private static final int LENGTH_OFFSET = 16;
    private static final int ACCESS_OFFSET = 24;
    private static final int RESERVED_OFFSET = 28;
    private static final int KEY_OFFSET = 32;

    private final long regionId;
    private final long epoch;
    private final long length;
    private final Access access;
    private final long keyHigh;
    private final long keyLow;

    /**
     * Describes a region; for transports.
     *
     * @throws IllegalArgumentException where {@code length} is below 1
     */
    public RemoteRegion(long regionId, long epoch, long length, Access access, long keyHigh, long keyLow) {
        if (length < 1) {
            throw new IllegalArgumentException("length=" + length + ", expected at least 1");
        }
        this.regionId = regionId;
        this.epoch = epoch;
        this.length = length;
        this.access = access;
        this.keyHigh = keyHigh;
        this.keyLow = keyLow;
    }

    /** Its number on the connection. */
    public long regionId() {
        return regionId;
    }

    /** The owner's number of the connection it is exposed to. */
    public long epoch() {
        return epoch;
    }

    /** Bytes. */
    public long length() {
        return length;
    }

    /** What may be done with it. */
    public Access access() {
        return access;
    }

    /** First half of the key; for transports. */
    public long keyHigh() {
        return keyHigh;
    }

    /** Second half of the key; for transports. */
    public long keyLow() {
        return keyLow;
    }

    /** Writes {@value #ENCODED_LENGTH} bytes. */
    public void encode(MutableDirectBuffer buffer, int offset) {
        buffer.putLong(offset, regionId, ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(offset + EPOCH_OFFSET, epoch, ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(offset + LENGTH_OFFSET, length, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(offset + ACCESS_OFFSET, access.bits(), ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(offset + RESERVED_OFFSET, 0, ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(offset + KEY_OFFSET, keyHigh, ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(offset + KEY_OFFSET + Long.BYTES, keyLow, ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws TransportException {@code PROTOCOL} where there are too few bytes or they describe no region
     */
    public static RemoteRegion decode(DirectBuffer buffer, int offset) throws TransportException {
        if (offset < 0 || (long) offset + ENCODED_LENGTH > buffer.capacity()) {
            throw malformed("offset=" + offset + " length=" + ENCODED_LENGTH + " is beyond " + buffer.capacity());
        }
        long length = buffer.getLong(offset + LENGTH_OFFSET, ByteOrder.LITTLE_ENDIAN);
        int bits = buffer.getInt(offset + ACCESS_OFFSET, ByteOrder.LITTLE_ENDIAN);
        int reserved = buffer.getInt(offset + RESERVED_OFFSET, ByteOrder.LITTLE_ENDIAN);
        if (length < 1 || bits < 1 || bits > 3 || reserved != 0) {
            throw malformed("length=" + length + " access=" + bits + " reserved=" + reserved);
        }
        return new RemoteRegion(
                buffer.getLong(offset, ByteOrder.LITTLE_ENDIAN),
                buffer.getLong(offset + EPOCH_OFFSET, ByteOrder.LITTLE_ENDIAN),
                length,
                Access.ofBits(bits),
                buffer.getLong(offset + KEY_OFFSET, ByteOrder.LITTLE_ENDIAN),
                buffer.getLong(offset + KEY_OFFSET + Long.BYTES, ByteOrder.LITTLE_ENDIAN));
    }

    private static TransportException malformed(String found) {
        return new TransportException(
                TransportException.Kind.PROTOCOL,
                "transport.region.descriptor",
                "not a remote region's descriptor: " + found);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RemoteRegion that
                && regionId == that.regionId
                && epoch == that.epoch
                && length == that.length
                && access == that.access
                && keyHigh == that.keyHigh
                && keyLow == that.keyLow;
    }

    @Override
    public int hashCode() {
        return Objects.hash(regionId, epoch);
    }

    @Override
    public String toString() {
        return "RemoteRegion{id=" + regionId + ", epoch=" + epoch + ", length=" + length + ", access=" + access
                + ", key=<redacted>}";
    }
}
