// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.flush.placement.RateMeter;
import io.sluice.flush.protocol.Abort;
import io.sluice.flush.protocol.Addresses;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.AssignJob;
import io.sluice.flush.protocol.FlushMessage.CancelJob;
import io.sluice.flush.protocol.FlushMessage.Heartbeat;
import io.sluice.flush.protocol.FlushMessage.Invite;
import io.sluice.flush.protocol.FlushMessage.Invited;
import io.sluice.flush.protocol.FlushMessage.JobFinished;
import io.sluice.flush.protocol.FlushMessage.RegisterWorker;
import io.sluice.flush.protocol.FlushTask;
import io.sluice.flush.protocol.FlushTaskCodec;
import io.sluice.flush.protocol.MemnodeLink;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.MessageEndpoint.Reply;
import io.sluice.flush.protocol.ProtocolLimits;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.flush.protocol.RefusedException;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.Listener;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A flush worker: registers at memnodes, takes the jobs that are placed on it up to its slots and its memory, and says
 * Busy beyond. It has no state that outlives a job.
 *
 * <p>Safe for concurrent use. Owns its threads, its connections and the listener; transport and pool stay the caller's,
 * who closes them after it. The pool must be the transport's.
 */
public final class Worker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

    private final WorkerSettings settings;
    private final Transport transport;
    private final RegionPool pool;
    private final Map<String, KeyComparator> comparators;
    private final AllowedRoots roots;
    private final RateMeter meter;
    private final FlushRun.Tools tools;
    private final ScheduledExecutorService control;
    private final ExecutorService runners;
    private final Map<String, MemnodeLink> links = new ConcurrentHashMap<>();
    private final @Nullable Listener listener;
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private final CompletableFuture<String> registered = new CompletableFuture<>();

    @GuardedBy("this")
    private final Map<Assigned, FlushRun> runs = new HashMap<>();

    @GuardedBy("this")
    private boolean stopping;

    @GuardedBy("this")
    private long finished;

    @GuardedBy("this")
    private long refused;

    /** A job as its memnode's connection names it. */
    private record Assigned(MessageEndpoint memnode, long assignmentId) {}

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
        this.pool = pool;
        this.comparators = Map.copyOf(comparators);
        this.roots = new AllowedRoots(settings.allowedRoots());
        this.meter = new RateMeter(nanoClock);
        ScheduledThreadPoolExecutor timers =
                new ScheduledThreadPoolExecutor(1, threads("sluice-worker-" + settings.id()));
        timers.setRemoveOnCancelPolicy(true); // else a job's deadline keeps it in memory long after its end
        this.control = timers;
        this.runners = Executors.newFixedThreadPool(settings.slots(), threads("sluice-flush-" + settings.id()));
        this.tools = new FlushRun.Tools(
                settings.id(),
                settings.host(),
                transport,
                control,
                storages,
                meter,
                nanoClock,
                settings.readWindow(),
                settings.callTimeout());
        try {
            this.listener = settings.listen() == null ? null : transport.listen(settings.listen(), this::onAccept);
        } catch (TransportException | RuntimeException e) {
            control.shutdownNow();
            runners.shutdownNow();
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
    public synchronized WorkerStatus status() {
        List<String> memnodes = new ArrayList<>();
        links.values().forEach(link -> {
            MemnodeLink.Session session = link.session();
            if (session != null) {
                memnodes.add(session.memnodeId());
            }
        });
        return new WorkerStatus(
                settings.id(), runs.size(), settings.slots(), finished, refused, meter.bytesPerSecond(), memnodes);
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
            synchronized (Worker.this) {
                int assigned = (int) runs.keySet().stream()
                        .filter(job -> job.memnode() == memnode)
                        .count();
                return new Heartbeat(meter.bytesPerSecond(), runs.size(), assigned);
            }
        }

        @Override
        public MessageEndpoint.Handler handler() {
            return Worker.this::onMemnode;
        }

        @Override
        public void onChange(MemnodeLink link, boolean up) {
            MemnodeLink.Session session = link.session();
            if (up && session != null) {
                registered.complete(session.memnodeId());
            }
        }
    }

    private void onMemnode(MessageEndpoint from, FlushMessage message, Reply reply) {
        if (message instanceof AssignJob job) {
            assign(from, job, reply);
        } else if (message instanceof CancelJob cancel) {
            FlushRun run;
            synchronized (this) {
                run = runs.get(new Assigned(from, cancel.assignmentId()));
            }
            if (run != null) {
                run.cancel(new StoreException(
                        StoreException.Kind.CLOSED, "flush.worker.cancelled", "the attempt was cancelled"));
                reply.send(new Ack());
            } else {
                reply.refuse(RefusalReason.UNKNOWN, "job " + cancel.assignmentId() + " does not run here");
            }
        } else {
            reply.refuse(RefusalReason.INVALID, message.getClass().getSimpleName() + " is not for a worker");
        }
    }

    private void assign(MessageEndpoint from, AssignJob job, Reply reply) {
        Assigned key = new Assigned(from, job.assignmentId());
        List<Region> memory = new ArrayList<>();
        FlushRun run = null;
        try {
            FlushTask task = FlushTaskCodec.decode(job.task().buffer(), comparators);
            roots.check(task.storageUri());
            run = accept(key, task, sources(task, job.regions()), memory);
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("worker {} refuses job {}: {}", settings.id(), job.assignmentId(), e.getMessage());
            reply.refuse(RefusalReason.INVALID, String.valueOf(e.getMessage()));
            return;
        } finally {
            if (run == null) {
                memory.forEach(Region::release);
            }
        }
        if (run == null) {
            reply.refuse(RefusalReason.BUSY, "worker " + settings.id() + " has no slot or memory free");
            return;
        }
        try {
            reply.send(new Ack()); // before it runs: the memnode is not to hear of its end first
        } finally {
            start(key, run, memory, ProtocolLimits.deadline(job.deadlineMillis()));
        }
    }

    private static List<RemoteRegion> sources(FlushTask task, List<Slice> descriptors) throws IOException {
        List<Integer> lengths = task.blockLengths();
        if (lengths.size() != descriptors.size()) {
            throw StoreException.invalid(
                    "flush.worker.regions", descriptors.size() + " regions for " + lengths.size() + " blocks");
        }
        List<RemoteRegion> sources = new ArrayList<>();
        for (int i = 0; i < lengths.size(); i++) {
            if (descriptors.get(i).length() != RemoteRegion.ENCODED_LENGTH) {
                throw StoreException.invalid(
                        "flush.worker.regions",
                        "region descriptor of " + descriptors.get(i).length() + " bytes, expected "
                                + RemoteRegion.ENCODED_LENGTH);
            }
            RemoteRegion region = RemoteRegion.decode(descriptors.get(i).buffer(), 0);
            if (region.length() < lengths.get(i)) {
                throw StoreException.invalid(
                        "flush.worker.regions",
                        "region of " + region.length() + " bytes for a block of " + lengths.get(i));
            }
            sources.add(region);
        }
        return sources;
    }

    /** Takes a slot and memory for a job; null where there is none. */
    private synchronized @Nullable FlushRun accept(
            Assigned key, FlushTask task, List<RemoteRegion> sources, List<Region> memory) {
        if (stopping || runs.size() >= settings.slots() || runs.containsKey(key) || !reserve(task, memory)) {
            refused++;
            return null;
        }
        FlushRun run = new FlushRun(task, key.memnode().connection(), sources, memory, tools);
        runs.put(key, run);
        return run;
    }

    private void start(Assigned key, FlushRun run, List<Region> memory, Duration deadline) {
        var overdue = control.schedule(
                () -> run.cancel(new StoreException(
                        StoreException.Kind.TIMED_OUT, "flush.worker.deadline", "the attempt's deadline passed")),
                deadline.toMillis(),
                TimeUnit.MILLISECONDS);
        Runnable job = () -> {
            boolean delivered = false;
            try {
                delivered = run.run();
            } catch (RuntimeException e) {
                LOG.error("worker {}: job {} failed unexpectedly", settings.id(), key.assignmentId(), e);
            } finally {
                overdue.cancel(false);
                memory.forEach(Region::release);
                onFinished(key, delivered);
            }
        };
        try {
            runners.execute(job);
        } catch (RejectedExecutionException e) {
            run.cancel(stopped()); // the worker ends at this very moment: the run ends at its first step
            job.run();
        }
    }

    private static StoreException stopped() {
        return new StoreException(StoreException.Kind.CLOSED, "flush.worker.stopped", "the worker was stopped");
    }

    private boolean reserve(FlushTask task, List<Region> memory) {
        for (int length : task.blockLengths()) {
            Region region = length > pool.maxRegionLength() ? null : pool.tryAcquire(length);
            if (region == null) {
                return false;
            }
            memory.add(region);
        }
        return true;
    }

    private void onFinished(Assigned key, boolean delivered) {
        synchronized (this) {
            runs.remove(key);
            finished++;
            if (stopping && runs.isEmpty()) {
                drained.complete(null);
            }
        }
        tellFinished(key, delivered);
    }

    /** Until the memnode knows, the job counts here for it: told again while the connection lives. */
    private void tellFinished(Assigned key, boolean delivered) {
        Connection connection = key.memnode().connection();
        var unused = key.memnode()
                .call(new JobFinished(key.assignmentId(), delivered), Ack.class, settings.callTimeout())
                .whenComplete((ack, failure) -> {
                    if (failure == null || Abort.asIo(failure) instanceof RefusedException) {
                        return;
                    }
                    if (connection.state() == ConnectionState.ACTIVE && !control.isShutdown()) {
                        var unusedToo = control.schedule(
                                () -> tellFinished(key, delivered),
                                settings.heartbeatInterval().toMillis(),
                                TimeUnit.MILLISECONDS);
                    }
                });
    }

    /**
     * Stops in order: takes no new job, waits at most {@code drainTimeout} for those under way, ends the rest, then the
     * connections and threads. Idempotent.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (stopping) {
                return;
            }
            stopping = true;
            if (runs.isEmpty()) {
                drained.complete(null);
            }
        }
        if (listener != null) {
            listener.close();
        }
        drained.completeOnTimeout(null, settings.drainTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .join();
        synchronized (this) {
            runs.values().forEach(run -> run.cancel(stopped()));
        }
        runners.shutdown();
        awaitEnd(runners);
        links.values().forEach(MemnodeLink::close);
        registered.completeExceptionally(stopped());
        control.shutdownNow();
        awaitEnd(control);
    }

    private void awaitEnd(ExecutorService executor) {
        try {
            if (!executor.awaitTermination(2 * settings.callTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("worker {}: a thread did not end in time", settings.id());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
