// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** The side that asks, with nothing but a socket: messages of one length, without headers or checksums. */
final class NioClient implements Client {
    private static final int BUFFER_LENGTH = 256 * 1024;
    private static final double NS_PER_SECOND = 1e9;

    private final Load load;
    private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER_LENGTH);
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_LENGTH);
    private final boolean selecting;

    NioClient(Load load, boolean selecting) {
        this.load = load;
        this.selecting = selecting;
    }

    @Override
    public Measurement run(InetSocketAddress server) throws IOException {
        Phases phases = new Phases(load, Garbage::ofThisThread);
        boolean blocking = load.idle == Idle.BLOCKING && load.mode != Mode.RATE;
        try (NioSocket socket = new NioSocket(SocketChannel.open(server), load, blocking, selecting)) {
            switch (load.mode) {
                case PINGPONG -> pingPong(socket, phases);
                case RATE -> rate(socket.channel, phases);
                case STREAM -> stream(socket, phases);
                case BLOCK, SHIP -> throw new IllegalArgumentException("bare NIO writes to nobody's memory");
            }
            socket.finish(in);
        }
        return phases.result();
    }

    private void pingPong(NioSocket socket, Phases phases) throws IOException {
        long sequence = 0;
        long nowNs = System.nanoTime();
        phases.start(nowNs);
        long sentNs;
        do {
            out.clear().limit(load.size()).putLong(0, ++sequence);
            sentNs = System.nanoTime();
            socket.write(out);
            in.clear().limit(load.size());
            while (in.hasRemaining()) {
                if (socket.read(in) < 0) {
                    throw new IllegalStateException("the other side has ended");
                }
            }
            nowNs = System.nanoTime();
            if (in.getLong(0) != sequence) {
                throw new IllegalStateException("not the echo of message " + sequence);
            }
        } while (phases.record(nowNs - sentNs, nowNs));
    }

    private void rate(SocketChannel channel, Phases phases) throws IOException {
        double intervalNs = NS_PER_SECOND / load.rate;
        long startNs = System.nanoTime();
        phases.start(startNs);
        long sent = 0;
        long intendedNs = startNs;
        out.limit(0);
        in.clear().limit(load.size());
        while (true) {
            if (!out.hasRemaining() && System.nanoTime() - intendedNs >= 0) {
                out.clear().limit(load.size()).putLong(0, intendedNs);
                intendedNs = startNs + (long) (++sent * intervalNs);
            }
            if (out.hasRemaining()) {
                channel.write(out);
            }
            if (channel.read(in) > 0 && !in.hasRemaining()) {
                long echoedNs = in.getLong(0);
                if (!phases.record(System.nanoTime() - echoedNs, echoedNs)) {
                    return;
                }
                in.clear().limit(load.size());
            }
        }
    }

    /** As many messages as fit the buffer at a time. */
    private void stream(NioSocket socket, Phases phases) throws IOException {
        int messages = out.capacity() / load.size();
        phases.start(System.nanoTime());
        do {
            out.clear().limit(messages * load.size());
            socket.write(out);
        } while (phases.count(messages, System.nanoTime()));
    }

    @Override
    public void close() {
        // Its buffers go with the process.
    }
}
