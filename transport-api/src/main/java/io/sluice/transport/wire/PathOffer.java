// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.wire;

import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a side says of its end of a way for data beside the stream: the listening side's OFFER, and the dialling side's
 * USE.
 *
 * <pre>
 *  bytes  little-endian, but for the address
 *     16  cookie; of USE 0
 *      4  IPv4 address; of USE 0
 *      2  port; of USE 0
 *      2  slabs
 *      4  bytes of a slot of the sender's receive ring
 *      4  slots in it
 *         for each slab: 8 address, 8 length, 4 key
 * </pre>
 *
 * Later versions may append; ignore what follows.
 *
 * @param address where to connect to, IPv4; null in USE
 * @param cookie {@value #COOKIE_LENGTH} random bytes, good once: the dialler's first message; zero in USE. Not copied
 * @param slotLength bytes of a slot of this side's receive ring: 512 to 1 MiB
 * @param depth how many slots it has, all of them posted: 4 to 65,536
 * @param slabs what of this side's memory the peer may address, in the order of {@link
 *     io.sluice.transport.RegionPool#slab}; empty where there is no pool
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier of wire bytes; nobody compares it
public record PathOffer(
        @Nullable InetSocketAddress address, byte[] cookie, int slotLength, int depth, List<Slab> slabs) {
    /** Bytes of a cookie. */
    public static final int COOKIE_LENGTH = 16;

    private static final int FIXED_LENGTH = COOKIE_LENGTH + 4 + 2 + 2 + 4 + 4;
    private static final int SLAB_LENGTH = 8 + 8 + 4;
    private static final int MIN_SLOT_LENGTH = 512;
    private static final int MAX_SLOT_LENGTH = 1 << 20;
    private static final int MIN_DEPTH = 4;
    private static final int MAX_DEPTH = 65_536;

    /** Most slabs that a frame has room for. */
    public static final int MAX_SLABS = (FrameFormat.MAX_CONTROL_DATA - FIXED_LENGTH) / SLAB_LENGTH;

    /**
     * A registered slab.
     *
     * @param address its first byte, as the device knows it
     * @param length bytes
     * @param key the remote key, with the right that the peer was given
     */
    public record Slab(long address, long length, int key) {}

    /** Checks what a program would have done wrong. */
    public PathOffer {
        if (cookie.length != COOKIE_LENGTH || slabs.size() > MAX_SLABS) {
            throw new IllegalArgumentException("cookie of " + cookie.length + " bytes, slabs=" + slabs.size()
                    + ", expected " + COOKIE_LENGTH + " and at most " + MAX_SLABS);
        }
        slabs = List.copyOf(slabs);
    }

    /** The bytes of the wire. */
    public byte[] encode() {
        ByteBuffer out =
                ByteBuffer.allocate(FIXED_LENGTH + slabs.size() * SLAB_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        out.put(cookie);
        InetSocketAddress to = address;
        out.put(to == null ? new byte[4] : to.getAddress().getAddress());
        out.putShort((short) (to == null ? 0 : to.getPort()));
        out.putShort((short) slabs.size()).putInt(slotLength).putInt(depth);
        for (Slab slab : slabs) {
            out.putLong(slab.address()).putLong(slab.length()).putInt(slab.key());
        }
        return out.array();
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws TransportException {@code PROTOCOL} where it is cut short or makes no sense
     */
    public static PathOffer decode(byte[] data) throws TransportException {
        if (data.length < FIXED_LENGTH) {
            throw error("of " + data.length + " bytes is too short");
        }
        ByteBuffer in = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        byte[] cookie = new byte[COOKIE_LENGTH];
        in.get(cookie);
        byte[] host = new byte[4];
        in.get(host);
        int port = Short.toUnsignedInt(in.getShort());
        int count = Short.toUnsignedInt(in.getShort());
        int slotLength = in.getInt();
        int depth = in.getInt();
        if (slotLength < MIN_SLOT_LENGTH || slotLength > MAX_SLOT_LENGTH || depth < MIN_DEPTH || depth > MAX_DEPTH) {
            throw error("has a ring of " + depth + " slots of " + slotLength + " bytes");
        }
        if (count > MAX_SLABS || count * SLAB_LENGTH > in.remaining()) {
            throw error("of " + data.length + " bytes claims " + count + " slabs");
        }
        List<Slab> slabs = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Slab slab = new Slab(in.getLong(), in.getLong(), in.getInt());
            if (slab.length() < 0) {
                throw error("has a slab of length " + slab.length());
            }
            slabs.add(slab);
        }
        return new PathOffer(port == 0 ? null : address(host, port), cookie, slotLength, depth, slabs);
    }

    private static InetSocketAddress address(byte[] host, int port) throws TransportException {
        try {
            return new InetSocketAddress(Inet4Address.getByAddress(host), port);
        } catch (UnknownHostException e) {
            throw error("has no address: " + e.getMessage());
        }
    }

    private static TransportException error(String what) {
        return new TransportException(Kind.PROTOCOL, "transport.offer.malformed", "the peer's OFFER or USE " + what);
    }

    @Override
    public String toString() {
        return "PathOffer{address=" + address + ", slotLength=" + slotLength + ", depth=" + depth + ", slabs=" + slabs
                + "}";
    }
}
