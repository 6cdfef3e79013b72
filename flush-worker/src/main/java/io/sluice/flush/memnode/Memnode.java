// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import io.sluice.flush.protocol.Addresses;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.Invite;
import io.sluice.flush.protocol.FlushMessage.Invited;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.PeerRights;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.transport.ConnectOptions;
import io.sluice.transport.Connection;
import io.sluice.transport.Listener;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportException;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A memory node: lends memory to generators, keeps their shipped memtables until they give them back, and places their
 * jobs on the workers that registered. Needs no configuration of who they are: any process with the cluster's secret may
 * come.
 *
 * <p>Safe for concurrent use. Owns its control thread and its listener; transport and pool stay the caller's, who closes
 * them after it. The pool must be the transport's.
 */
public final class Memnode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Memnode.class);

    /** Who may be asked to register here. */
    private static final ConnectOptions INVITED =
            ConnectOptions.DEFAULT.withRoles(PeerRights.GENERATOR, PeerRights.WORKER);

    private final MemnodeSettings settings;
    private final Transport transport;
    private final ScheduledExecutorService control;
    private final MemnodeControl state;
    private final Listener listener;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private final AtomicBoolean closing = new AtomicBoolean();

    private Memnode(MemnodeSettings settings, Transport transport, RegionPool pool, LongSupplier nanoClock)
            throws TransportException {
        if (pool.parts() != settings.tenants().size() + 1) {
            throw new IllegalArgumentException("pool of " + pool.parts() + " parts for "
                    + settings.tenants().size() + " tenants and the others");
        }
        this.settings = settings;
        this.transport = transport;
        this.control = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "sluice-memnode-" + settings.id());
            thread.setDaemon(true);
            return thread;
        });
        this.state = new MemnodeControl(settings, new Vault(pool), nanoClock, this::invite);
        Listener opened;
        try {
            opened = transport.listen(settings.listen(), this::onAccept);
        } catch (TransportException | RuntimeException e) {
            control.shutdownNow();
            throw e;
        }
        this.listener = opened;
        long millis = settings.checkInterval().toMillis();
        var unused = control.scheduleWithFixedDelay(this::check, millis, millis, TimeUnit.MILLISECONDS);
        LOG.info("memnode {} listens at {}, lends {} bytes", settings.id(), listener.address(), pool.capacity());
    }

    /**
     * Opens the port and begins to serve.
     *
     * @param pool what it lends, with one part more than there are tenants
     * @param nanoClock for the timeouts of workers, generators and jobs
     * @throws TransportException where the port cannot be opened
     */
    public static Memnode start(MemnodeSettings settings, Transport transport, RegionPool pool, LongSupplier nanoClock)
            throws TransportException {
        return new Memnode(settings, transport, pool, nanoClock);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return listener.address();
    }

    /** Its name. */
    public String id() {
        return settings.id();
    }

    /** How it is, now. */
    public CompletableFuture<MemnodeStatus> status() {
        return CompletableFuture.supplyAsync(state::status, control);
    }

    /**
     * Asks the worker that listens at {@code address} to register here (the original's {@code pd_add_worker}). Completes
     * when it has agreed.
     */
    public CompletableFuture<Void> addWorker(String address) {
        return add(address);
    }

    /** Asks the generator that listens at {@code address} to use this memnode ({@code pd_add_generator}). */
    public CompletableFuture<Void> addGenerator(String address) {
        return add(address);
    }

    private CompletableFuture<Void> add(String address) {
        CompletableFuture<Void> added = new CompletableFuture<>();
        control.execute(() -> {
            var unused = state.invite(address).whenComplete((invited, failure) -> {
                if (failure == null) {
                    added.complete(null);
                } else {
                    added.completeExceptionally(failure);
                }
            });
        });
        return added;
    }

    /** Places nothing more on a worker until it is added again; what it runs, it may finish. Completes exceptionally where there is none such. */
    public CompletableFuture<Void> removeWorker(String workerId) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        control.execute(() -> state.removeWorker(workerId, answer -> {
            if (answer instanceof Ack) {
                done.complete(null);
            } else {
                done.completeExceptionally(new IllegalArgumentException("no worker " + workerId));
            }
        }));
        return done;
    }

    private CompletableFuture<Invited> invite(String address) {
        return Addresses.resolve(address, settings.callTimeout())
                .thenCompose(target -> transport.connect(target, INVITED.withTimeout(settings.callTimeout())))
                .thenCompose(connection -> {
                    MessageEndpoint endpoint = MessageEndpoint.attach(
                            connection,
                            (from, message, reply) -> reply.refuse(RefusalReason.INVALID, "this side only asks"),
                            control);
                    return endpoint.call(new Invite(address().getPort()), Invited.class, settings.callTimeout())
                            .whenComplete((invited, failure) -> connection.close());
                });
    }

    private void onAccept(Connection connection) {
        connections.add(connection);
        MessageEndpoint endpoint = MessageEndpoint.attach(connection, this::onMessage, control);
        var unused = connection.closed().thenRun(() -> {
            connections.remove(connection);
            try {
                control.execute(() -> state.onClosed(endpoint));
            } catch (RejectedExecutionException e) {
                LOG.debug("{} ended after the memnode", connection.peer());
            }
        });
    }

    private void onMessage(MessageEndpoint from, FlushMessage message, MessageEndpoint.Reply reply) {
        if (control.isShutdown()) {
            // Not on the control thread, which takes nothing more: its state is not to be touched from here.
            reply.refuse(RefusalReason.STOPPING, "memnode " + settings.id() + " has stopped");
            return;
        }
        state.onMessage(from, message, reply);
        completeIfDrained();
    }

    private void check() {
        try {
            state.check();
            completeIfDrained();
        } catch (RuntimeException e) {
            LOG.error("memnode {}: a check failed", settings.id(), e);
        }
    }

    private void completeIfDrained() {
        if (state.isStopping() && state.isDrained()) {
            drained.complete(null);
        }
    }

    /**
     * Stops in order: takes no new job or memtable, waits at most {@code drainTimeout} for what it holds to be given
     * back, then ends the connections. Idempotent.
     */
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        listener.close();
        control.execute(() -> {
            state.stop();
            completeIfDrained();
        });
        try {
            drained.completeOnTimeout(null, settings.drainTimeout().toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } finally {
            connections.forEach(Connection::close);
            control.execute(state::clear);
            control.shutdown();
            awaitControl();
        }
    }

    private void awaitControl() {
        try {
            if (!control.awaitTermination(settings.callTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("memnode {}: its control thread did not end in time", settings.id());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
