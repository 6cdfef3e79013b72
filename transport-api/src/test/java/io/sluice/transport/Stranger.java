// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import io.sluice.transport.engine.Acceptor;
import io.sluice.transport.engine.Carrier;
import io.sluice.transport.engine.Link;
import io.sluice.transport.engine.LinkEvents;
import io.sluice.transport.wire.ErrorBody;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.FrameType;
import io.sluice.transport.wire.FrameWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** A program of somebody else: whatever bytes a test wants, on the streams that a transport is made of. One thread's. */
final class Stranger implements LinkEvents, AutoCloseable {
    private static final long POLL_NS = 1_000_000;

    private final Carrier carrier;
    private final Duration patience;
    private final ByteArrayOutputStream came = new ByteArrayOutputStream();
    private final ByteBuffer incoming = ByteBuffer.allocateDirect(4096);
    private @Nullable Link link;
    private @Nullable IOException failure;
    private int taken;
    private boolean connected;
    private boolean ended;

    Stranger(Carrier carrier, Duration patience) {
        this.carrier = carrier;
        this.patience = patience;
    }

    void dial(InetSocketAddress address) throws Exception {
        link = carrier.dial(address, this);
        await("a connection", () -> connected);
    }

    /** Where the next one who dials is taken. */
    InetSocketAddress listen(InetSocketAddress any) throws Exception {
        Acceptor acceptor = carrier.bind(any);
        carrier.register(acceptor, accepted -> {
            accepted.events(this);
            link = accepted;
        });
        return acceptor.address();
    }

    private void await(String what, BooleanSupplier done) throws IOException {
        long start = System.nanoTime();
        while (!done.getAsBoolean()) {
            IOException cause = failure;
            if (cause != null) {
                throw cause;
            }
            if (System.nanoTime() - start > patience.toNanos()) {
                throw new AssertionError("no " + what + " within " + patience);
            }
            carrier.poll(POLL_NS);
        }
    }

    private Link link() throws IOException {
        await("peer", () -> link != null);
        return Objects.requireNonNull(link);
    }

    void send(byte[] bytes) throws IOException {
        ByteBuffer raw = ByteBuffer.allocateDirect(bytes.length);
        raw.put(bytes).flip();
        Link to = link();
        await("room to send", () -> {
            try {
                to.write(new ByteBuffer[] {raw}, 1);
            } catch (IOException e) {
                failure = e;
            }
            return !raw.hasRemaining();
        });
    }

    /** The bytes of a frame without head. */
    static byte[] frame(FrameType type, byte[] data) {
        int length = FrameFormat.HEADER_LENGTH + data.length;
        ByteBuffer raw = ByteBuffer.allocateDirect(length);
        UnsafeBuffer buffer = new UnsafeBuffer(raw);
        FrameWriter writer = new FrameWriter();
        FrameWriter.begin(buffer, 0, type, 0, 0, data.length, 0, 0);
        buffer.putBytes(FrameFormat.HEADER_LENGTH, data);
        writer.end(buffer, raw, 0, type, writer.crcOf(raw.duplicate(), FrameFormat.HEADER_LENGTH, length));
        byte[] bytes = new byte[length];
        buffer.getBytes(0, bytes);
        return bytes;
    }

    /** The data of the next frame, which must be of a type without head. */
    byte[] receive(FrameType expected) throws IOException {
        byte[] header = receive(FrameFormat.HEADER_LENGTH);
        int length = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
        byte[] data = receive(length - header.length);
        if (header[8] != (byte) expected.code()) {
            throw new AssertionError(
                    "expected " + expected + ", got " + FrameType.ofCode(header[8]) + ": " + Arrays.toString(data));
        }
        return data;
    }

    private byte[] receive(int count) throws IOException {
        link();
        await("more bytes", () -> came.size() - taken >= count || ended);
        if (came.size() - taken < count) {
            throw new IOException("the stream ended " + (count - (came.size() - taken)) + " bytes too early");
        }
        taken += count;
        return Arrays.copyOfRange(came.toByteArray(), taken - count, taken);
    }

    /** Why it is refused, of which the peer ends the connection. */
    TransportException receiveRefusal() throws IOException {
        TransportException refusal = ErrorBody.decode(receive(FrameType.ERROR));
        link().shutdownOutput();
        await("end", () -> ended);
        return refusal;
    }

    @Override
    public void onConnected() {
        connected = true;
    }

    @Override
    public void onConnectFailed(IOException cause) {
        failure = cause;
    }

    @Override
    public void onReadable() {
        try {
            incoming.clear();
            int count = Objects.requireNonNull(link).read(incoming);
            ended |= count < 0;
            incoming.flip();
            byte[] bytes = new byte[incoming.remaining()];
            incoming.get(bytes);
            came.writeBytes(bytes);
            if (count < 0) {
                Objects.requireNonNull(link).close();
            }
        } catch (IOException e) {
            failure = e;
        }
    }

    @Override
    public void onWritable() {}

    @Override
    public void close() {
        Link open = link;
        if (open != null) {
            open.close();
        }
        carrier.close();
    }
}
