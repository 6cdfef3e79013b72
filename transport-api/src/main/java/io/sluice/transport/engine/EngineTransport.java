// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.transport.AcceptHandler;
import io.sluice.transport.Capabilities;
import io.sluice.transport.ConnectOptions;
import io.sluice.transport.Connection;
import io.sluice.transport.IdleMode;
import io.sluice.transport.Listener;
import io.sluice.transport.PeerIdentity;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A transport over a carrier of byte streams; owns the carrier, the agent and its thread. */
public final class EngineTransport implements Transport {
    private static final Logger LOG = LoggerFactory.getLogger(EngineTransport.class);
    private static final int CLOSING_CYCLES = 1000;

    private final TransportContext context;
    private final Carrier carrier;
    private final Agent agent;
    private final boolean hasPaths;
    private final @Nullable Thread thread;
    private final List<Port> ports = new ArrayList<>();
    private volatile boolean closing;
    private long nextSessionId = 1;
    private int negotiating;

    /** Who runs {@link #doWork} now; of meaning only to that thread itself. */
    private @Nullable Thread invoker;

    @GuardedBy("this")
    private boolean closeCalled;

    /**
     * Starts a transport.
     *
     * @param context concluded here
     * @param carrier closed with the transport
     */
    public EngineTransport(TransportContext context, Carrier carrier) {
        this(context, carrier, null, "this transport has no RDMA");
    }

    /**
     * Starts a transport with another way for data.
     *
     * @param context concluded here
     * @param carrier closed with the transport
     * @param provider closed with the transport; null where there is none
     * @param whyNone why there is no provider; shown by connections
     */
    public EngineTransport(
            TransportContext context, Carrier carrier, @Nullable DataPathProvider provider, String whyNone) {
        this.context = context.conclude();
        this.carrier = carrier;
        this.hasPaths = provider != null;
        this.agent = new Agent(context, carrier, new DataPaths(context.rdma(), provider, whyNone));
        if (context.invokerMode()) {
            thread = null;
        } else {
            thread = new Thread(this::runAgent, "sluice-" + carrier.name() + "-" + context.name());
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void runAgent() {
        long maxWaitNs = context.idleMode() == IdleMode.BLOCKING ? Long.MAX_VALUE : 0;
        IdleStrategy idle = context.idleMode().newStrategy();
        try {
            while (!closing || agent.hasSessions()) {
                idle.idle(agent.doWork(maxWaitNs));
                if (Thread.interrupted()) { // by a program's callback; every wait would end at once from now on
                    LOG.warn("transport {}: its agent was interrupted; that is ignored", context.name());
                }
            }
        } catch (IOException | RuntimeException | Error e) {
            LOG.error("transport {} ends: its agent failed", context.name(), e);
        } finally {
            closing = true;
            agent.end();
        }
    }

    @Override
    public Capabilities capabilities() {
        return new Capabilities(carrier.name(), hasPaths, context.maxMessageLength(), context.maxOperations());
    }

    @Override
    public Listener listen(InetSocketAddress address, AcceptHandler handler) throws TransportException {
        if (closing) {
            throw closedError();
        }
        Port port = new Port(carrier.bind(address), handler);
        agent.execute(port::open);
        return port;
    }

    private static TransportException closedError() {
        return new TransportException(Kind.CLOSED, "transport.closed", "the transport was closed");
    }

    @Override
    public CompletableFuture<Connection> connect(InetSocketAddress address, ConnectOptions options) {
        CompletableFuture<Connection> result = new CompletableFuture<>();
        agent.execute(() -> dial(address, options, result));
        return result;
    }

    private long timeoutNs(ConnectOptions options) {
        Duration asked = options.timeout();
        Duration timeout = asked != null ? asked : context.connectTimeout();
        return (timeout.compareTo(TransportContext.MAX_DURATION) < 0 ? timeout : TransportContext.MAX_DURATION)
                .toNanos();
    }

    private void dial(InetSocketAddress address, ConnectOptions options, CompletableFuture<Connection> result) {
        if (closing) {
            result.completeExceptionally(closedError());
            return;
        }
        Session session = new Session(agent, nextSessionId++, true, timeoutNs(options), new SessionOwner() {
            @Override
            public void checkPeer(PeerIdentity peer) throws TransportException {
                if (!options.roles().isEmpty() && !options.roles().contains(peer.role())) {
                    throw Failures.role(peer, options.roles());
                }
            }

            @Override
            public void onActive(EngineConnection connection) {
                if (!result.complete(connection)) {
                    connection.close();
                }
            }

            @Override
            public void onFailed(TransportException cause) {
                result.completeExceptionally(new TransportException(
                        cause.kind(), cause.code(), "connecting to " + address + ": " + cause.getMessage(), cause));
            }
        });
        var unused = result.whenComplete((connection, failure) -> {
            if (result.isCancelled()) {
                agent.execute(() -> cancel(session));
            }
        });
        try {
            session.link(carrier.dial(address, session));
        } catch (IOException | RuntimeException e) {
            session.onConnectFailed(e instanceof IOException io ? io : new IOException(e));
        }
    }

    private static void cancel(Session session) {
        session.end(new TransportException(Kind.CLOSED, "transport.connect.cancelled", "cancelled"), true);
    }

    @Override
    public int doWork() {
        return doWork(0);
    }

    @Override
    public int doWork(long maxWaitNs) {
        if (thread != null) {
            throw new IllegalStateException("the agent has a thread of its own");
        }
        Thread before = invoker;
        invoker = Thread.currentThread();
        try {
            return agent.doWork(maxWaitNs);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } finally {
            invoker = before;
        }
    }

    @Override
    public void close() {
        if (Thread.currentThread() == thread || Thread.currentThread() == invoker) {
            throw new IllegalStateException("close() on the agent's own thread would wait for itself");
        }
        boolean first;
        synchronized (this) {
            first = !closeCalled;
            closeCalled = true;
        }
        if (first) {
            agent.execute(this::beginClose);
        }
        if (thread != null) {
            join(thread);
        } else if (first) {
            closeAsInvoker();
        }
    }

    private void beginClose() {
        closing = true;
        List.copyOf(ports).forEach(Port::closeNow);
        agent.sessions().forEach(Session::shutDown);
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The caller's peers may be its own to run, and its clock too: what does not close by itself is ended. */
    private void closeAsInvoker() {
        int cycles = 0;
        try {
            do {
                doWork();
                cycles++;
            } while (agent.hasSessions() && cycles < CLOSING_CYCLES);
        } finally {
            agent.end();
        }
    }

    private final class Port implements Listener {
        private final Acceptor acceptor;
        private final AcceptHandler handler;
        private boolean dropping;

        Port(Acceptor acceptor, AcceptHandler handler) {
            this.acceptor = acceptor;
            this.handler = handler;
        }

        private void open() {
            if (closing) {
                acceptor.close();
                return;
            }
            ports.add(this);
            try {
                carrier.register(acceptor, this::accepted);
            } catch (IOException e) {
                LOG.warn("port {} was closed before it opened", acceptor.address(), e);
            }
        }

        private void accepted(Link link) {
            if (closing || negotiating >= context.maxNegotiating()) {
                if (!dropping) {
                    LOG.warn(
                            "dropping connections, first from {}: {} are in negotiation",
                            link.remoteAddress(),
                            negotiating);
                }
                dropping = true;
                link.close();
                return;
            }
            dropping = false;
            negotiating++;
            Session session = new Session(
                    agent, nextSessionId++, false, context.connectTimeout().toNanos(), new SessionOwner() {
                        @Override
                        public void onActive(EngineConnection connection) {
                            negotiating--;
                            deliver(connection);
                        }

                        @Override
                        public void onFailed(TransportException cause) {
                            negotiating--;
                            LOG.info("refused a connection from {}: {}", link.remoteAddress(), cause.getMessage());
                        }
                    });
            session.link(link);
            session.accepted();
        }

        private void deliver(EngineConnection connection) {
            try {
                handler.onAccept(connection);
            } catch (RuntimeException | Error e) {
                LOG.warn("accept handler threw; closing {}", connection, e);
                connection.close();
            }
        }

        @Override
        public InetSocketAddress address() {
            return acceptor.address();
        }

        @Override
        public void close() {
            acceptor.close();
            agent.execute(this::closeNow);
        }

        private void closeNow() {
            acceptor.close();
            ports.remove(this);
        }
    }
}
