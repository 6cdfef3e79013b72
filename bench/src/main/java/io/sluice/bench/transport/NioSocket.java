// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

/** A bare socket and how it is waited for: in the read itself, or by a selector, as a program with two sockets must. */
final class NioSocket implements AutoCloseable {
    final SocketChannel channel;
    private final boolean blocking;
    private final IdleStrategy idle;
    private final @Nullable Selector selector;

    NioSocket(SocketChannel channel, Load load, boolean blocking, boolean selecting) throws IOException {
        this.channel = channel;
        this.blocking = blocking;
        this.idle = load.idle.mode().newStrategy();
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(blocking && !selecting);
        if (selecting) {
            selector = Selector.open();
            channel.register(selector, SelectionKey.OP_READ);
        } else {
            selector = null;
        }
    }

    /** What is there; waits in the blocking mode, idles in the others where there is nothing. Negative at the end. */
    int read(ByteBuffer to) throws IOException {
        int count = isReadable() ? channel.read(to) : 0;
        if (count == 0) {
            idle.idle();
        }
        return count;
    }

    private boolean isReadable() throws IOException {
        if (selector == null) {
            return true;
        }
        return (blocking ? selector.select(NioSocket::passOver) : selector.selectNow(NioSocket::passOver)) > 0;
    }

    /** There is one socket: which it is needs no telling. */
    private static void passOver(SelectionKey key) {}

    void write(ByteBuffer from) throws IOException {
        while (from.hasRemaining()) {
            channel.write(from);
        }
    }

    /** Says that no more is sent, and takes what is on its way: a socket closed over unread bytes is reset. */
    void finish(ByteBuffer scratch) throws IOException {
        channel.shutdownOutput();
        int left;
        do {
            left = read(scratch.clear());
        } while (left >= 0);
    }

    @Override
    public void close() throws IOException {
        try (SocketChannel closed = channel) {
            if (selector != null) {
                selector.close();
            }
        }
    }
}
