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
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
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

    /** With so few sockets it is quicker to try each than to ask the selector and then try those that it names. */
    private static final int MAX_TRIED = 4;
    /** One look in so many goes through the selector all the same: it tells of connections, made and wanted. */
    private static final int SELECT_EACH = 32;

    private final Selector selector;
    private final LongSupplier nanoClock;
    private final boolean loopbackOnly;
    private final Consumer<SelectionKey> dispatcher = this::dispatch;
    private final List<TcpLink> connected = new ArrayList<>();
    private int looks;
    private final List<SelectionKey> pausedPorts = new ArrayList<>();
    /** Of all paused ports. */
    private long resumeAtNs;

    /** With {@code loopbackOnly}, refuses every address that is not this machine's loopback. */
    TcpCarrier(LongSupplier nanoClock, boolean loopbackOnly) throws TransportException {
        this.nanoClock = nanoClock;
        this.loopbackOnly = loopbackOnly;
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

    private void checkReach(InetSocketAddress address) throws TransportException {
        if (loopbackOnly && !address.getAddress().isLoopbackAddress()) {
            throw new TransportException(
                    Kind.AUTHENTICATION,
                    "transport.tls.required",
                    address + " is not this machine's loopback, and there is no TLS: give this side a certificate, or"
                            + " allow plaintext where everyone on the network is trusted");
        }
    }

    @Override
    public Acceptor bind(InetSocketAddress address) throws TransportException {
        if (!address.isUnresolved()) {
            checkReach(address);
        }
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
        checkReach(address);
        SocketChannel channel = SocketChannel.open();
        try {
            prepare(channel);
            boolean atOnce = channel.connect(address);
            // A connection made at once is writable at once: told by the next poll, as the others are.
            int interest = atOnce ? SelectionKey.OP_WRITE : SelectionKey.OP_CONNECT;
            TcpLink link = new TcpLink(channel, channel.register(selector, interest), address, true, connected);
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
        if (!pausedPorts.isEmpty()) {
            long left = resumeAtNs - nanoClock.getAsLong();
            if (left <= 0) {
                pausedPorts.forEach(port -> interest(port, SelectionKey.OP_ACCEPT));
                pausedPorts.clear();
            } else {
                waitNs = Math.min(waitNs, left);
            }
        }
        if (waitNs <= 0) {
            boolean tries = !connected.isEmpty() && connected.size() <= MAX_TRIED && ++looks % SELECT_EACH != 0;
            return tries ? tryEach() : selector.selectNow(dispatcher);
        }
        // Rounded up, or the last fraction of a millisecond before a deadline would be spent spinning.
        long waitMs = waitNs == Long.MAX_VALUE ? 0 : TimeUnit.NANOSECONDS.toMillis(waitNs) + 1;
        return selector.select(dispatcher, waitMs);
    }

    /** A port may be closed by another thread at any moment. */
    private static void interest(SelectionKey port, int operations) {
        try {
            port.interestOps(operations);
        } catch (CancelledKeyException e) {
            LOG.debug("a port was closed while it rested", e);
        }
    }

    private int tryEach() {
        int work = 0;
        for (int i = connected.size() - 1; i >= 0; i--) {
            // What is told may close links.
            if (i < connected.size() && connected.get(i).tryIo()) {
                work++;
            }
        }
        return work;
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
        for (int i = 0; i < ACCEPTS_PER_PASS; i++) {
            SocketChannel channel;
            try {
                channel = key.isValid() ? ((ServerSocketChannel) key.channel()).accept() : null;
            } catch (IOException e) {
                rest(key, e);
                return;
            }
            if (channel == null) {
                return;
            }
            TcpLink link = open(channel);
            if (link != null) {
                accepted.accept(link);
            }
        }
    }

    private void rest(SelectionKey port, IOException why) {
        if (port.isValid() && port.channel().isOpen()) {
            LOG.warn("accepting failed, resting: check the limit of open files (ulimit -n)", why);
            interest(port, 0);
            pausedPorts.add(port);
            resumeAtNs = nanoClock.getAsLong() + ACCEPT_PAUSE_NS;
        }
    }

    /** Null where the peer is gone already: no reason for the port to rest. */
    private @Nullable TcpLink open(SocketChannel channel) {
        try {
            prepare(channel);
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            return new TcpLink(channel, key, (InetSocketAddress) channel.getRemoteAddress(), false, connected);
        } catch (IOException e) {
            LOG.debug("a connection ended while it was accepted", e);
            closeQuietly(channel);
            return null;
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
