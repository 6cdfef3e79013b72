// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.engine.Link;
import io.sluice.transport.engine.LinkEvents;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One socket; the agent's. */
final class TcpLink implements Link {
    private final SocketChannel channel;
    private final SelectionKey key;
    private final InetSocketAddress remote;
    private final List<TcpLink> connected;
    private boolean connecting;
    private int interest;
    private boolean moved;
    private @Nullable LinkEvents events;

    /** Adds itself, while it is connected and open, to {@code connected}. */
    TcpLink(
            SocketChannel channel,
            SelectionKey key,
            InetSocketAddress remote,
            boolean connecting,
            List<TcpLink> connected) {
        this.connected = connected;
        this.channel = channel;
        this.key = key;
        this.remote = remote;
        this.connecting = connecting;
        this.interest = SelectionKey.OP_READ;
        key.attach(this);
        if (!connecting) {
            connected.add(this);
        }
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

    /** Tries what the selector could tell of, without asking it; whether anything moved. */
    boolean tryIo() {
        LinkEvents told = Objects.requireNonNull(events);
        moved = false;
        told.onReadable();
        if ((interest & SelectionKey.OP_WRITE) != 0 && key.isValid()) {
            told.onWritable();
        }
        return moved;
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
        connected.add(this);
        key.interestOps(interest);
        told.onConnected();
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        int count = channel.read(target);
        moved |= count != 0;
        return count;
    }

    @Override
    public long read(ByteBuffer[] targets, int count) throws IOException {
        long taken = channel.read(targets, 0, count);
        moved |= taken != 0;
        return taken;
    }

    @Override
    public long write(ByteBuffer[] sources, int count) throws IOException {
        long sent = count == 1 ? channel.write(sources[0]) : channel.write(sources, 0, count);
        moved |= sent != 0;
        return sent;
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
        connected.remove(this);
        TcpCarrier.closeQuietly(channel);
    }
}
