// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.engine.Acceptor;
import io.sluice.transport.engine.Carrier;
import io.sluice.transport.engine.Link;
import io.sluice.transport.engine.LinkEvents;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sockets on one selector. */
final class TcpCarrier implements Carrier {
    private static final Logger LOG = LoggerFactory.getLogger(TcpCarrier.class);
    private static final int BACKLOG = 256;
    /** So few that a burst of strangers is looked at, and thrown out, before it fills the negotiation's limit. */
    private static final int ACCEPTS_PER_PASS = 16;
    /** How long a port rests after accepting failed, usually for want of descriptors. */
    private static final long ACCEPT_PAUSE_NS = 100_000_000;

    private final Selector selector;
    private final LongSupplier nanoClock;
    private final Consumer<SelectionKey> dispatcher = this::dispatch;
    private @Nullable SelectionKey pausedPort;
    private long resumeAtNs;

    TcpCarrier(LongSupplier nanoClock) throws TransportException {
        this.nanoClock = nanoClock;
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new TransportException(
                    Kind.RESOURCES,
                    "transport.tcp.selector",
                    "can't open a selector: " + e.getMessage() + ": check the limit of open files (ulimit -n)",
                    e);
        }
    }

    private record Port(ServerSocketChannel channel, InetSocketAddress address) implements Acceptor {
        @Override
        public void close() {
            closeQuietly(channel);
        }
    }

    @Override
    public String name() {
        return "tcp";
    }

    @Override
    public Acceptor bind(InetSocketAddress address) throws TransportException {
        ServerSocketChannel channel = null;
        try {
            channel = ServerSocketChannel.open();
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.configureBlocking(false);
            if (address.isUnresolved()) {
                throw new IOException("unknown host");
            }
            channel.bind(address, BACKLOG);
            return new Port(channel, (InetSocketAddress) channel.getLocalAddress());
        } catch (IOException e) {
            if (channel != null) {
                closeQuietly(channel);
            }
            throw new TransportException(
                    Kind.RESOURCES,
                    "transport.tcp.bind",
                    "can't listen on " + address + ": " + e.getMessage() + ": is the port taken, the address local?",
                    e);
        }
    }

    @Override
    public void register(Acceptor acceptor, Consumer<Link> accepted) throws IOException {
        ((Port) acceptor).channel().register(selector, SelectionKey.OP_ACCEPT, accepted);
    }

    @Override
    public Link dial(InetSocketAddress address, LinkEvents events) throws IOException {
        if (address.isUnresolved()) {
            throw new IOException("unknown host " + address.getHostString());
        }
        SocketChannel channel = SocketChannel.open();
        try {
            prepare(channel);
            boolean connected = channel.connect(address);
            // A connection made at once is writable at once: told by the next poll, as the others are.
            int interest = connected ? SelectionKey.OP_WRITE : SelectionKey.OP_CONNECT;
            TcpLink link = new TcpLink(channel, channel.register(selector, interest), address, true);
            link.events(events);
            return link;
        } catch (IOException | RuntimeException e) {
            closeQuietly(channel);
            throw e;
        }
    }

    private static void prepare(SocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    }

    @Override
    public int poll(long timeoutNs) throws IOException {
        long waitNs = timeoutNs;
        SelectionKey paused = pausedPort;
        if (paused != null) {
            long left = resumeAtNs - nanoClock.getAsLong();
            if (left <= 0) {
                pausedPort = null;
                if (paused.isValid()) {
                    paused.interestOps(SelectionKey.OP_ACCEPT);
                }
            } else {
                waitNs = Math.min(waitNs, left);
            }
        }
        if (waitNs <= 0) {
            return selector.selectNow(dispatcher);
        }
        // Rounded up, or the last fraction of a millisecond before a deadline would be spent spinning.
        long waitMs = waitNs == Long.MAX_VALUE ? 0 : TimeUnit.NANOSECONDS.toMillis(waitNs) + 1;
        return selector.select(dispatcher, waitMs);
    }

    private void dispatch(SelectionKey key) {
        if (!key.isValid()) {
            return;
        }
        if (key.attachment() instanceof TcpLink link) {
            link.dispatch();
        } else {
            accept(key);
        }
    }

    @SuppressWarnings("unchecked") // register() attached it
    private void accept(SelectionKey key) {
        Consumer<Link> accepted = (Consumer<Link>) key.attachment();
        try {
            SocketChannel channel;
            for (int i = 0; i < ACCEPTS_PER_PASS; i++) {
                channel = key.isValid() ? ((ServerSocketChannel) key.channel()).accept() : null;
                if (channel == null) {
                    return;
                }
                accepted.accept(open(channel));
            }
        } catch (IOException e) {
            if (key.isValid() && key.channel().isOpen()) {
                LOG.warn("accepting failed, resting: check the limit of open files (ulimit -n)", e);
                key.interestOps(0);
                pausedPort = key;
                resumeAtNs = nanoClock.getAsLong() + ACCEPT_PAUSE_NS;
            }
        }
    }

    private TcpLink open(SocketChannel channel) throws IOException {
        try {
            prepare(channel);
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            return new TcpLink(channel, key, (InetSocketAddress) channel.getRemoteAddress(), false);
        } catch (IOException | RuntimeException e) {
            closeQuietly(channel);
            throw e;
        }
    }

    @Override
    public void wakeup() {
        selector.wakeup();
    }

    @Override
    public void close() {
        for (SelectionKey key : selector.keys()) {
            closeQuietly(key.channel());
        }
        closeQuietly(selector);
    }

    static void closeQuietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            LOG.debug("close failed", e);
        }
    }
}
