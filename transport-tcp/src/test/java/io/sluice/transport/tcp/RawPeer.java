// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportException;
import io.sluice.transport.wire.Challenge;
import io.sluice.transport.wire.ErrorBody;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.FrameType;
import io.sluice.transport.wire.FrameWriter;
import io.sluice.transport.wire.Hello;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/** A peer that proves itself and then sends whatever frames a test wants. */
final class RawPeer implements AutoCloseable {
    static final int EPOCH = 77;

    private final Socket socket;
    private final DataInputStream in;

    /** A frame that came. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares it
    record Frame(FrameType type, long id, byte[] data) {}

    RawPeer(InetSocketAddress address, byte[] secret) throws IOException {
        this(address, secret, 0);
    }

    RawPeer(InetSocketAddress address, byte[] secret, int features) throws IOException {
        this(new Socket(address.getAddress(), address.getPort()), secret, features);
    }

    /** @param connected closed with it */
    RawPeer(Socket connected, byte[] secret, int features) throws IOException {
        socket = connected;
        socket.setSoTimeout(10_000);
        in = new DataInputStream(socket.getInputStream());
        byte[] hello = hello(features);
        send(FrameType.HELLO, 0, 0, new byte[0], hello);
        byte[] challenge = receive().data();
        send(FrameType.PROOF, 0, 0, new byte[0], new Challenge(secret).diallerProof(hello, challenge));
        Frame welcome = receive();
        if (welcome.type() != FrameType.WELCOME) {
            throw new IOException("expected WELCOME, got " + welcome.type());
        }
    }

    private static byte[] hello(int features) {
        Hello hello =
                new Hello(1, 1, features, 1 << 20, 1024, 8 << 20, 64, EPOCH, new byte[32], "worker", "raw", "sluice");
        return hello.encode();
    }

    void send(FrameType type, int flags, long id, byte[] head, byte[] data) throws IOException {
        socket.getOutputStream().write(frame(type, flags, id, 0, 0, head, data));
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    static byte[] frame(FrameType type, int flags, long id, long taken, long takenBytes, byte[] head, byte[] data) {
        int length = FrameFormat.HEADER_LENGTH + type.headLength() + data.length;
        ByteBuffer raw = ByteBuffer.allocateDirect(length);
        UnsafeBuffer buffer = new UnsafeBuffer(raw, 0, length);
        FrameWriter writer = new FrameWriter();
        FrameWriter.begin(buffer, 0, type, flags, id, data.length, taken, takenBytes);
        buffer.putBytes(FrameFormat.HEADER_LENGTH, head);
        int dataStart = length - data.length;
        buffer.putBytes(dataStart, data);
        writer.end(buffer, raw.duplicate(), 0, type, writer.crcOf(raw.duplicate(), dataStart, length));
        byte[] bytes = new byte[length];
        buffer.getBytes(0, bytes);
        return bytes;
    }

    /** The head of WRITE. */
    static byte[] head(RemoteRegion region, long offset) {
        ByteBuffer head = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN);
        head.putLong(region.regionId()).putLong(region.epoch());
        head.putLong(region.keyHigh()).putLong(region.keyLow()).putLong(offset);
        return head.array();
    }

    /** The head of READ. */
    static byte[] head(RemoteRegion region, long offset, long length) {
        return ByteBuffer.wrap(Arrays.copyOf(head(region, offset), 48))
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(40, length)
                .array();
    }

    /** The next frame but heartbeats and credits. */
    Frame receive() throws IOException {
        while (true) {
            byte[] header = new byte[FrameFormat.HEADER_LENGTH];
            in.readFully(header);
            ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
            FrameType type = FrameType.ofCode(header[8]);
            if (type == null) {
                throw new IOException("unknown type " + header[8]);
            }
            byte[] rest = new byte[fields.getInt(4) - header.length];
            in.readFully(rest);
            if (type != FrameType.HEARTBEAT && type != FrameType.CREDIT) {
                return new Frame(type, fields.getLong(16), Arrays.copyOfRange(rest, type.headLength(), rest.length));
            }
        }
    }

    /** What it was told as the reason of the end; other frames before are dropped. */
    TransportException receiveError() throws IOException {
        Frame frame;
        do {
            frame = receive();
        } while (frame.type() != FrameType.ERROR);
        return ErrorBody.decode(frame.data());
    }

    InputStream in() {
        return in;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
