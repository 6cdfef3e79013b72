// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.agrona.concurrent.IdleStrategy;

/** The side that asks, with nothing but a socket: messages of one length, without headers or checksums. */
final class NioClient implements Client {
    private static final int BUFFER_LENGTH = 256 * 1024;
    private static final double NS_PER_SECOND = 1e9;

    private final Load load;
    private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER_LENGTH);
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_LENGTH);
    private final IdleStrategy idle;

    NioClient(Load load) {
        this.load = load;
        this.idle = load.idle.mode().newStrategy();
    }

    @Override
    public Measurement run(InetSocketAddress server) throws IOException {
        Phases phases = new Phases(load, Garbage::ofThisThread);
        try (SocketChannel channel = SocketChannel.open(server)) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(load.idle == Idle.BLOCKING && load.mode != Mode.RATE);
            switch (load.mode) {
                case PINGPONG -> pingPong(channel, phases);
                case RATE -> rate(channel, phases);
                case STREAM -> stream(channel, phases);
                case BLOCK, SHIP -> throw new IllegalArgumentException("bare NIO writes to nobody's memory");
            }
            channel.shutdownOutput().configureBlocking(true);
            int left;
            do { // what is on its way: a socket closed over unread bytes is reset
                left = channel.read(in.clear());
            } while (left >= 0);
        }
        return phases.result();
    }

    private void pingPong(SocketChannel channel, Phases phases) throws IOException {
        long sequence = 0;
        long nowNs = System.nanoTime();
        phases.start(nowNs);
        long sentNs;
        do {
            out.clear().limit(load.size()).putLong(0, ++sequence);
            sentNs = System.nanoTime();
            write(channel);
            in.clear().limit(load.size());
            while (in.hasRemaining()) {
                if (channel.read(in) <= 0) {
                    idle.idle();
                }
            }
            nowNs = System.nanoTime();
            if (in.getLong(0) != sequence) {
                throw new IllegalStateException("not the echo of message " + sequence);
            }
        } while (phases.record(nowNs - sentNs, nowNs));
    }

    private void write(SocketChannel channel) throws IOException {
        while (out.hasRemaining()) {
            channel.write(out);
        }
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
    private void stream(SocketChannel channel, Phases phases) throws IOException {
        int messages = out.capacity() / load.size();
        phases.start(System.nanoTime());
        do {
            out.clear().limit(messages * load.size());
            write(channel);
        } while (phases.count(messages, System.nanoTime()));
    }

    @Override
    public void close() {
        // Its buffers go with the process.
    }
}
