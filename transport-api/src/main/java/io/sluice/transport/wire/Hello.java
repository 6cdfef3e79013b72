// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.wire;

import io.sluice.transport.PeerIdentity;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * What each side says of itself: the data of HELLO and, with {@code minVersion = maxVersion =} the chosen one, of
 * CHALLENGE. This layout stays the same in every version; later ones may append.
 *
 * <pre>
 *  bytes  little-endian
 *      2  lowest version spoken
 *      2  highest version spoken
 *      4  features, a bit each; none is defined, unknown ones are ignored
 *      4  longest message taken
 *      4  messages taken before the program polls them
 *      8  bytes of such messages
 *      4  one-sided operations served at a time
 *      8  epoch: the sender's number for this connection
 *     32  nonce
 *      2  bytes of the role, then the role in UTF-8
 *      2  bytes of the name, then the name
 *      2  bytes of the cluster id, then the cluster id
 * </pre>
 *
 * @param nonce not copied
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier of wire bytes; nobody compares it
public record Hello(
        int minVersion,
        int maxVersion,
        int features,
        int maxMessageLength,
        int messageWindow,
        long byteWindow,
        int maxOperations,
        long epoch,
        byte[] nonce,
        String role,
        String name,
        String clusterId) {
    /** Bytes of a nonce. */
    public static final int NONCE_LENGTH = 32;

    private static final int FIXED_LENGTH = 2 + 2 + 4 + 4 + 4 + 8 + 4 + 8 + NONCE_LENGTH + 3 * 2;
    private static final int MAX_TEXT = 512;

    /** The bytes of the wire. */
    public byte[] encode() {
        byte[] roleBytes = role.getBytes(StandardCharsets.UTF_8);
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        byte[] clusterBytes = clusterId.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(FIXED_LENGTH + roleBytes.length + nameBytes.length + clusterBytes.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        out.putShort((short) minVersion).putShort((short) maxVersion).putInt(features);
        out.putInt(maxMessageLength).putInt(messageWindow).putLong(byteWindow).putInt(maxOperations);
        out.putLong(epoch).put(nonce);
        out.putShort((short) roleBytes.length).put(roleBytes);
        out.putShort((short) nameBytes.length).put(nameBytes);
        out.putShort((short) clusterBytes.length).put(clusterBytes);
        return out.array();
    }

    /**
     * Reads what {@link #encode} wrote, and ignores what later versions append.
     *
     * @throws TransportException {@code PROTOCOL} where it is cut short or a limit makes no sense
     */
    public static Hello decode(byte[] data) throws TransportException {
        ByteBuffer in = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        Hello hello;
        try {
            int min = Short.toUnsignedInt(in.getShort());
            int max = Short.toUnsignedInt(in.getShort());
            int features = in.getInt();
            int maxMessage = in.getInt();
            int window = in.getInt();
            long bytes = in.getLong();
            int operations = in.getInt();
            long epoch = in.getLong();
            byte[] nonce = new byte[NONCE_LENGTH];
            in.get(nonce);
            hello = new Hello(
                    min,
                    max,
                    features,
                    maxMessage,
                    window,
                    bytes,
                    operations,
                    epoch,
                    nonce,
                    text(in),
                    text(in),
                    text(in));
        } catch (BufferUnderflowException e) {
            throw error("of " + data.length + " bytes ends too early");
        }
        if (hello.maxMessageLength < TransportContext.MIN_MESSAGE_LIMIT
                || hello.maxMessageLength > Integer.MAX_VALUE / 2
                || hello.messageWindow < 1
                || hello.byteWindow < FrameFormat.creditBytes(hello.maxMessageLength)
                || hello.maxOperations < 1) {
            throw error("has impossible limits: " + hello);
        }
        return hello;
    }

    private static String text(ByteBuffer in) throws TransportException {
        int length = Short.toUnsignedInt(in.getShort());
        if (length > MAX_TEXT) {
            throw error("has a text of " + length + " bytes, at most " + MAX_TEXT);
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (text.isEmpty() || !text.codePoints().allMatch(PeerIdentity::isPrintable)) {
            throw error("has an empty text, or one with control characters"); // it goes to logs before it is proven
        }
        return text;
    }

    private static TransportException error(String what) {
        return new TransportException(Kind.PROTOCOL, "transport.hello.malformed", "the peer's HELLO " + what);
    }

    @Override
    public String toString() {
        return "Hello{versions=" + minVersion + ".." + maxVersion + ", role=" + role + ", name=" + name
                + ", clusterId=" + clusterId + ", maxMessageLength=" + maxMessageLength + ", messageWindow="
                + messageWindow + ", byteWindow=" + byteWindow + ", maxOperations=" + maxOperations + "}";
    }
}
