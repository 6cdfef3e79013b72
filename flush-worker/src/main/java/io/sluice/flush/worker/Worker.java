// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.worker;

import io.sluice.flush.placement.RateMeter;
import io.sluice.flush.protocol.Addresses;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.AssignJob;
import io.sluice.flush.protocol.FlushMessage.CancelJob;
import io.sluice.flush.protocol.FlushMessage.Heartbeat;
import io.sluice.flush.protocol.FlushMessage.Invite;
import io.sluice.flush.protocol.FlushMessage.Invited;
import io.sluice.flush.protocol.FlushMessage.RegisterWorker;
import io.sluice.flush.protocol.MemnodeLink;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.MessageEndpoint.Reply;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.store.base.KeyComparator;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionPath;
import io.sluice.transport.Listener;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A flush worker: registers at memnodes, takes the jobs that are placed on it up to its slots and its memory, and says
 * Busy beyond. It has no state that outlives a job.
 *
 * <p>Safe for concurrent use. Owns its threads, its connections and the listener; transport and pool stay the caller's,
 * who closes them after it. The pool must be the transport's.
 */
public final class Worker implements AutoCloseable {
    private final WorkerSettings settings;
    private final Transport transport;
    private final RateMeter meter;
    private final ScheduledExecutorService control;
    private final WorkerJobs jobs;
    private final Map<String, MemnodeLink> links = new ConcurrentHashMap<>();
    private final @Nullable Listener listener;
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final CompletableFuture<String> registered = new CompletableFuture<>();

    private Worker(
            WorkerSettings settings,
            Transport transport,
            RegionPool pool,
            StorageOpener storages,
            Map<String, KeyComparator> comparators,
            LongSupplier nanoClock)
            throws TransportException {
        this.settings = settings;
        this.transport = transport;
        this.meter = new RateMeter(nanoClock);
        ScheduledThreadPoolExecutor timers =
                new ScheduledThreadPoolExecutor(1, threads("sluice-worker-" + settings.id()));
        timers.setRemoveOnCancelPolicy(true); // else a job's deadline keeps it in memory long after its end
        this.control = timers;
        FlushRun.Tools tools = new FlushRun.Tools(
                settings.id(),
                settings.host(),
                transport,
                control,
                storages,
                meter,
                nanoClock,
                settings.readWindow(),
                settings.callTimeout());
        this.jobs = new WorkerJobs(
                settings,
                pool,
                Map.copyOf(comparators),
                tools,
                control,
                Executors.newFixedThreadPool(settings.slots(), threads("sluice-flush-" + settings.id())));
        try {
            this.listener = settings.listen() == null ? null : transport.listen(settings.listen(), this::onAccept);
        } catch (TransportException | RuntimeException e) {
            control.shutdownNow();
            jobs.close();
            throw e;
        }
        settings.memnodes().forEach(this::addMemnode);
    }

    private static ThreadFactory threads(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /**
     * Starts a worker, which dials its memnodes until it is closed.
     *
     * @param pool where shipped memtables are read into; its size bounds the jobs at a time, as the slots do
     * @param storages opens what jobs name
     * @param comparators those that jobs may name, by name
     * @param nanoClock for statistics and the output rate
     * @throws TransportException where the listener's port cannot be opened
     */
    public static Worker start(
            WorkerSettings settings,
            Transport transport,
            RegionPool pool,
            StorageOpener storages,
            Map<String, KeyComparator> comparators,
            LongSupplier nanoClock)
            throws TransportException {
        return new Worker(settings, transport, pool, storages, comparators, nanoClock);
    }

    /** Its name. */
    public String id() {
        return settings.id();
    }

    /** Where memnodes may invite it, or null. */
    public @Nullable InetSocketAddress address() {
        return listener == null ? null : listener.address();
    }

    /**
     * Completes with the first memnode's name once that has registered this worker, on the worker's control thread, and
     * exceptionally where the worker is closed before.
     */
    public CompletableFuture<String> registered() {
        return registered.copy();
    }

    /** Registers at one memnode more; no effect where it is known. */
    public void addMemnode(String address) {
        links.computeIfAbsent(address, unknown -> {
            MemnodeLink link = new MemnodeLink(
                    address,
                    transport,
                    control,
                    new LinkOwner(),
                    new MemnodeLink.LinkTimes(
                            settings.heartbeatInterval(), settings.callTimeout(), settings.maxBackoff()));
            link.start();
            return link;
        });
    }

    /** Leaves a memnode: jobs that it assigned and that are not read yet fail. No effect where it is unknown. */
    public void removeMemnode(String address) {
        MemnodeLink link = links.remove(address);
        if (link != null) {
            link.close();
        }
    }

    /** How it is, now. */
    public WorkerStatus status() {
        List<String> memnodes = new ArrayList<>();
        Map<String, ConnectionPath> paths = new HashMap<>();
        links.values().forEach(link -> {
            MemnodeLink.Session session = link.session();
            if (session != null) {
                memnodes.add(session.memnodeId());
                paths.put(session.memnodeId(), session.path());
            }
        });
        WorkerJobs.Counts counts = jobs.counts();
        return new WorkerStatus(
                settings.id(),
                counts.running(),
                settings.slots(),
                counts.finished(),
                counts.refused(),
                meter.bytesPerSecond(),
                memnodes,
                Map.copyOf(paths));
    }

    private void onAccept(Connection connection) {
        MessageEndpoint.attach(connection, this::onInvitation, control);
    }

    private void onInvitation(MessageEndpoint from, FlushMessage message, Reply reply) {
        if (message instanceof Invite invite) {
            addMemnode(Addresses.format(
                    new InetSocketAddress(from.connection().peer().address().getAddress(), invite.port())));
            reply.send(new Invited(settings.id()));
        } else {
            reply.refuse(RefusalReason.INVALID, "a worker's port takes invitations only");
        }
    }

    /** What the links ask of it. */
    private final class LinkOwner implements MemnodeLink.Owner {
        @Override
        public FlushMessage registration() {
            return new RegisterWorker(settings.id(), settings.slots());
        }

        @Override
        public Heartbeat heartbeat(MessageEndpoint memnode) {
            return new Heartbeat(meter.bytesPerSecond(), jobs.counts().running(), jobs.assignedBy(memnode));
        }

        @Override
        public MessageEndpoint.Handler handler() {
            return Worker.this::onMemnode;
        }

        @Override
        public void onChange(MemnodeLink link, boolean up) {
            MemnodeLink.Session session = link.session();
            if (up && session != null) {
                if (stopping.get()) {
                    jobs.sayStopping(session.endpoint());
                }
                registered.complete(session.memnodeId());
            }
        }
    }

    private void onMemnode(MessageEndpoint from, FlushMessage message, Reply reply) {
        if (message instanceof AssignJob job) {
            jobs.assign(from, job, reply);
        } else if (message instanceof CancelJob cancel) {
            jobs.cancel(from, cancel.assignmentId(), reply);
        } else {
            reply.refuse(RefusalReason.INVALID, message.getClass().getSimpleName() + " is not for a worker");
        }
    }

    /**
     * Stops in order: takes no new job and tells the memnodes so, waits at most {@code drainTimeout} for the jobs under
     * way, ends the rest, then the connections and threads. Idempotent.
     */
    @Override
    public void close() {
        if (!stopping.compareAndSet(false, true)) {
            return;
        }
        if (listener != null) {
            listener.close();
        }
        CompletableFuture<Void> drained = jobs.stop();
        links.values().forEach(link -> {
            MemnodeLink.Session session = link.session();
            if (session != null) {
                jobs.sayStopping(session.endpoint());
            }
        });
        drained.completeOnTimeout(null, settings.drainTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .join();
        jobs.close();
        links.values().forEach(MemnodeLink::close);
        registered.completeExceptionally(WorkerJobs.stopped());
        control.shutdownNow();
        WorkerJobs.awaitEnd(control, settings);
    }
}
