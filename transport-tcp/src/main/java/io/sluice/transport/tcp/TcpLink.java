// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.engine.Link;
import io.sluice.transport.engine.LinkEvents;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One socket; the agent's. */
final class TcpLink implements Link {
    private final SocketChannel channel;
    private final SelectionKey key;
    private final InetSocketAddress remote;
    private boolean connecting;
    private int interest;
    private @Nullable LinkEvents events;

    TcpLink(SocketChannel channel, SelectionKey key, InetSocketAddress remote, boolean connecting) {
        this.channel = channel;
        this.key = key;
        this.remote = remote;
        this.connecting = connecting;
        this.interest = SelectionKey.OP_READ;
        key.attach(this);
    }

    @Override
    public void events(LinkEvents told) {
        events = told;
    }

    /** The selector found it ready. */
    void dispatch() {
        LinkEvents told = Objects.requireNonNull(events);
        if (connecting) {
            finishConnect(told);
            return;
        }
        int ready = key.readyOps();
        if ((ready & SelectionKey.OP_READ) != 0) {
            told.onReadable();
        }
        if ((ready & SelectionKey.OP_WRITE) != 0 && key.isValid()) {
            told.onWritable();
        }
    }

    private void finishConnect(LinkEvents told) {
        try {
            if (!channel.finishConnect()) {
                return;
            }
        } catch (IOException e) {
            told.onConnectFailed(e);
            return;
        }
        connecting = false;
        key.interestOps(interest);
        told.onConnected();
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return channel.read(target);
    }

    @Override
    public long write(ByteBuffer[] sources, int count) throws IOException {
        return count == 1 ? channel.write(sources[0]) : channel.write(sources, 0, count);
    }

    @Override
    public void wantWrite(boolean wanted) {
        int next = wanted ? interest | SelectionKey.OP_WRITE : interest & ~SelectionKey.OP_WRITE;
        if (next != interest && key.isValid()) {
            interest = next;
            key.interestOps(next);
        }
    }

    @Override
    public void shutdownOutput() {
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            TcpCarrier.closeQuietly(channel);
        }
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return remote;
    }

    @Override
    public void close() {
        TcpCarrier.closeQuietly(channel);
    }
}
