// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.flush.protocol.Abort;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.AssignJob;
import io.sluice.flush.protocol.FlushMessage.JobFinished;
import io.sluice.flush.protocol.FlushMessage.WorkerStopping;
import io.sluice.flush.protocol.FlushTask;
import io.sluice.flush.protocol.FlushTaskCodec;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.MessageEndpoint.Reply;
import io.sluice.flush.protocol.ProtocolLimits;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.flush.protocol.RefusedException;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker's jobs: takes them up to its slots and memory, runs them, and tells their memnodes when they end.
 *
 * <p>Safe for concurrent use. Owns the runners; the rest stays the worker's.
 *
 * <p>Invariant: a job is in {@code runs} from its acceptance until its slot and memory are free again.
 */
final class WorkerJobs implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerJobs.class);

    private final WorkerSettings settings;
    private final RegionPool pool;
    private final Map<String, KeyComparator> comparators;
    private final AllowedRoots roots;
    private final FlushRun.Tools tools;
    private final ScheduledExecutorService control;
    private final ExecutorService runners;
    private final CompletableFuture<Void> drained = new CompletableFuture<>();

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

    /** How many, now; the last two since the start. */
    record Counts(int running, long finished, long refused) {}

    /** @param runners one thread for each slot */
    WorkerJobs(
            WorkerSettings settings,
            RegionPool pool,
            Map<String, KeyComparator> comparators,
            FlushRun.Tools tools,
            ScheduledExecutorService control,
            ExecutorService runners) {
        this.settings = settings;
        this.pool = pool;
        this.comparators = comparators;
        this.roots = new AllowedRoots(settings.allowedRoots());
        this.tools = tools;
        this.control = control;
        this.runners = runners;
    }

    synchronized Counts counts() {
        return new Counts(runs.size(), finished, refused);
    }

    /** The jobs under way that came over one connection. */
    synchronized int assignedBy(MessageEndpoint memnode) {
        return (int)
                runs.keySet().stream().filter(job -> job.memnode() == memnode).count();
    }

    /** Takes a job and runs it, or says why not. */
    void assign(MessageEndpoint from, AssignJob job, Reply reply) {
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
            reply.refuse(
                    isStopping() ? RefusalReason.STOPPING : RefusalReason.BUSY,
                    "worker " + settings.id() + (isStopping() ? " is stopping" : " has no slot or memory free"));
            return;
        }
        try {
            reply.send(new Ack()); // before it runs: the memnode is not to hear of its end first
        } finally {
            start(key, run, memory, ProtocolLimits.deadline(job.deadlineMillis()));
        }
    }

    /** Ends a job soon, or says that it does not run here. */
    void cancel(MessageEndpoint from, long assignmentId, Reply reply) {
        FlushRun run;
        synchronized (this) {
            run = runs.get(new Assigned(from, assignmentId));
        }
        if (run == null) {
            reply.refuse(RefusalReason.UNKNOWN, "job " + assignmentId + " does not run here");
            return;
        }
        run.cancel(
                new StoreException(StoreException.Kind.CLOSED, "flush.worker.cancelled", "the attempt was cancelled"));
        reply.send(new Ack());
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

    static StoreException stopped() {
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
        // Until the memnode knows, the job counts there.
        tell(key.memnode(), new JobFinished(key.assignmentId(), delivered));
    }

    /** Has a memnode place nothing more here. */
    void sayStopping(MessageEndpoint memnode) {
        tell(memnode, new WorkerStopping());
    }

    /** Tells again until it is answered, while the connection lives. */
    private void tell(MessageEndpoint memnode, FlushMessage message) {
        var unused = memnode.call(message, Ack.class, settings.callTimeout()).whenComplete((ack, failure) -> {
            if (failure == null || Abort.asIo(failure) instanceof RefusedException) {
                return;
            }
            if (memnode.connection().state() == ConnectionState.ACTIVE && !control.isShutdown()) {
                var unusedToo = control.schedule(
                        () -> tell(memnode, message),
                        settings.heartbeatInterval().toMillis(),
                        TimeUnit.MILLISECONDS);
            }
        });
    }

    private synchronized boolean isStopping() {
        return stopping;
    }

    /** Takes no job any more; completes when the last one under way has ended. */
    synchronized CompletableFuture<Void> stop() {
        stopping = true;
        if (runs.isEmpty()) {
            drained.complete(null);
        }
        return drained;
    }

    /** Ends the jobs under way, and the runners. */
    @Override
    public void close() {
        synchronized (this) {
            stopping = true;
            runs.values().forEach(run -> run.cancel(stopped()));
        }
        runners.shutdown();
        awaitEnd(runners, settings);
    }

    /** Waits until an executor that was shut down has ended, so far as its work ends in time. */
    static void awaitEnd(ExecutorService executor, WorkerSettings settings) {
        try {
            if (!executor.awaitTermination(2 * settings.callTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("worker {}: a thread did not end in time", settings.id());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
