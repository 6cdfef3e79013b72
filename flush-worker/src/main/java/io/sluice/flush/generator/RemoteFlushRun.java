// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.flush.generator.AttemptException.Blame;
import io.sluice.flush.protocol.Abort;
import io.sluice.flush.protocol.ProtocolLimits;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.memory.MemoryBlock;
import io.sluice.store.memtable.SealedMemtable;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A job under way: remote attempts one after another, then this process itself. Its own thread runs {@link #run}; the
 * engine calls the rest from others.
 *
 * <p>Invariant: what was shipped last stays on its memnode until {@link #settled}, so that a retry need not ship again;
 * what a failed memnode holds is given back at once.
 */
final class RemoteFlushRun implements FlushExecutor.Running, Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteFlushRun.class);
    private static final String URGED_CODE = "flush.attempt.urged";
    private static final String CLOSED_CODE = "flush.closed";
    private static final String DEADLINE_CODE = "flush.attempt.deadline";

    private final RemoteFlushExecutor owner;
    private final FlushJob job;
    private final FlushTracer trace;
    private final CompletableFuture<FlushResult> result = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final Set<String> avoidedMemnodes = new HashSet<>();
    private final Set<String> avoidedWorkers = new HashSet<>();

    @GuardedBy("this")
    private Abort abort = new Abort();

    @GuardedBy("this")
    private boolean urged;

    @GuardedBy("this")
    private boolean closed;

    @GuardedBy("this")
    private boolean settled;

    /** The worker's result that the engine has, or null. */
    @GuardedBy("this")
    private @Nullable FlushResult built;

    @GuardedBy("this")
    private @Nullable Shipment shipment;

    @GuardedBy("this")
    private FlushExecutor.@Nullable Running local;

    RemoteFlushRun(RemoteFlushExecutor owner, FlushJob job) {
        this.owner = owner;
        this.job = job;
        this.trace = new FlushTracer(job.id(), owner::nanoTime);
    }

    @Override
    public CompletableFuture<FlushResult> result() {
        return result;
    }

    @Override
    public void run() {
        try {
            AttemptException last = tryRemote();
            if (last != null) {
                fallBack(last.reason(), last.error());
            }
        } catch (RuntimeException | Error e) { // such as no memory for a local flush: the engine must learn of the end
            LOG.error("{}: remote flush failed unexpectedly", job.id(), e);
            result.completeExceptionally(e);
        } finally {
            owner.ended(this);
            ended.complete(null);
        }
    }

    /** Null where a worker made the SST. */
    private @Nullable AttemptException tryRemote() {
        if (!isShareable()) {
            return new AttemptException(
                    FallbackReason.MEMORY_NOT_SHARED,
                    Blame.ALL,
                    StoreException.invalid(
                            "flush.memory",
                            "the memtable is not of the transport's pool, or has more blocks than a job takes, or more"
                                    + " snapshots are held"));
        }
        AttemptException last = null;
        for (int n = 1; n <= owner.settings().maxAttempts(); n++) {
            Memnodes.Choice memnode = choose();
            if (memnode == null) {
                return last == null ? noMemnode() : last;
            }
            last = attempt(memnode);
            if (last == null || last.blame() == Blame.ALL) {
                return last;
            }
        }
        return last;
    }

    /** Where the memtables lie already, or the best of the others. */
    private Memnodes.@Nullable Choice choose() {
        Memnodes.Choice shipped;
        synchronized (this) {
            shipped = shipment == null ? null : shipment.memnode();
        }
        return shipped != null ? shipped : owner.memnodes().choose(avoidedMemnodes);
    }

    private AttemptException noMemnode() {
        AttemptException failure = new AttemptException(
                FallbackReason.NO_MEMNODE,
                Blame.ALL,
                new StoreException(
                        Kind.REMOTE,
                        "flush.memnode.none",
                        "no memnode of " + owner.memnodes().addresses() + " is connected"));
        report(failure, null, null);
        return failure;
    }

    /** Null where a worker made the SST. */
    private @Nullable AttemptException attempt(Memnodes.Choice memnode) {
        Abort ending = begin();
        trace.attempt();
        ScheduledFuture<?> deadline = owner.schedule(
                () -> ending.abort(error(
                        DEADLINE_CODE,
                        "the attempt took longer than " + owner.settings().attemptDeadline())),
                owner.settings().attemptDeadline());
        RemoteAttempt attempt = new RemoteAttempt(owner, job, memnode, ending, () -> owner.placed(this), trace);
        try {
            FlushResult made = attempt.run(shipmentOn(memnode), avoidedWorkers);
            report(null, memnode, made.builder());
            trace.built(made);
            synchronized (this) {
                built = made;
            }
            result.complete(made);
            return null;
        } catch (AttemptException e) {
            LOG.warn(
                    "{}: attempt through memnode {} failed: {}: {}",
                    job.id(),
                    memnode.session().memnodeId(),
                    e.reason(),
                    e.getMessage());
            return failed(e, memnode, attempt);
        } catch (RuntimeException | Error e) {
            LOG.error("{}: remote flush met an error of the program", job.id(), e);
            StoreException error = new StoreException(
                    Kind.REMOTE, "flush.attempt.internal", "flush " + job.id() + ": an error of the program: " + e, e);
            return failed(new AttemptException(FallbackReason.INTERNAL, Blame.ALL, error), memnode, attempt);
        } finally {
            deadline.cancel(false);
        }
    }

    private AttemptException failed(AttemptException failure, Memnodes.Choice memnode, RemoteAttempt attempt) {
        owner.unplaced(this);
        report(failure, memnode, attempt.worker());
        blame(failure.blame(), memnode, attempt.worker());
        return failure;
    }

    private void blame(Blame blame, Memnodes.Choice memnode, @Nullable String worker) {
        if (blame == Blame.WORKER && worker != null) {
            avoidedWorkers.add(worker);
        } else if (blame == Blame.MEMNODE) {
            avoidedMemnodes.add(memnode.link().address());
        }
        if (blame != Blame.WORKER) {
            releaseShipment();
        }
    }

    /** The abort of the next attempt, already aborted where the job is urged too late or closed. */
    private synchronized Abort begin() {
        abort = new Abort();
        if (closed) {
            abort.abort(closedError());
        } else if (urged) {
            abortWhenOverdue();
        }
        return abort;
    }

    private synchronized Shipment shipmentOn(Memnodes.Choice memnode) {
        Shipment last = shipment;
        if (last != null && last.isWholeOn(memnode)) {
            return last;
        }
        if (last != null) {
            last.release();
        }
        Shipment fresh = new Shipment(owner.memnodes(), memnode, owner.random());
        shipment = fresh;
        return fresh;
    }

    private synchronized void releaseShipment() {
        if (shipment != null) {
            shipment.release();
            shipment = null;
        }
    }

    private boolean isShareable() {
        int blocks = 0;
        for (SealedMemtable memtable : job.memtables()) {
            for (MemoryBlock block : memtable.blocks()) {
                if (!(block instanceof RegionMemoryPool.RegionBlock)) {
                    return false;
                }
            }
            blocks += memtable.blocks().size();
        }
        return blocks <= ProtocolLimits.MAX_BLOCKS && job.snapshots().size() <= ProtocolLimits.MAX_BLOCKS;
    }

    /**
     * Hands the job to this process, or fails it where that is not wanted; with remote flush switched off there is no other
     * place, and no failure to fall back from. Does not wait.
     */
    void fallBack(FallbackReason reason, StoreException cause) {
        releaseShipment();
        boolean over;
        synchronized (this) {
            over = closed;
        }
        boolean wanted = owner.settings().localFallback() || reason == FallbackReason.SWITCHED_OFF;
        if (over || !wanted) {
            owner.placed(this);
            result.completeExceptionally(over ? closedError() : cause);
            return;
        }
        owner.counters().local(reason);
        trace.localInstead(reason);
        FlushExecutor.Running running;
        try {
            running = owner.context().local().start(job);
        } finally {
            owner.placed(this); // before the engine can learn of the end: it counts as a local flush now
        }
        synchronized (this) {
            local = running;
            if (settled) {
                running.settled(false);
            }
        }
        var unused = running.result().whenComplete((made, failure) -> {
            if (failure == null) {
                trace.built(made);
                result.complete(made);
            } else {
                result.completeExceptionally(failure);
            }
        });
    }

    private void report(
            @Nullable AttemptException failure, Memnodes.@Nullable Choice memnode, @Nullable String worker) {
        if (failure != null) {
            owner.counters().failed(failure.reason());
        }
        owner.report(new AttemptReport(
                job.id(),
                memnode == null ? null : memnode.session().memnodeId(),
                memnode == null ? null : memnode.session().path(),
                worker,
                failure == null ? null : failure.reason(),
                failure == null ? null : failure.error()));
    }

    /** Without a local flush to turn to, an attempt has its own deadline only: another one would not be faster. */
    @Override
    public void urge() {
        synchronized (this) {
            if (local != null) {
                local.urge();
            } else if (!urged && owner.settings().localFallback()) {
                urged = true;
                abortWhenOverdue();
            }
        }
    }

    /** Gives the attempt what is left of {@code urgedDeadline}, counted from the start of the job. */
    @GuardedBy("this")
    private void abortWhenOverdue() {
        Abort ending = abort;
        long left = owner.settings().urgedDeadline().toNanos() - trace.elapsed();
        StoreException cause = error(URGED_CODE, "writes are about to stop for want of this flush");
        if (left <= 0) {
            ending.abort(cause);
        } else {
            var unused = owner.schedule(() -> ending.abort(cause), Duration.ofNanos(left));
        }
    }

    /** Completes when the job's thread is done with it. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    /** Ends the job with a {@code CLOSED} error, soon. */
    void close() {
        synchronized (this) {
            closed = true;
            abort.abort(closedError());
        }
    }

    @Override
    public void settled(boolean installed) {
        FlushResult remote;
        synchronized (this) {
            settled = true;
            remote = built;
            if (local != null) {
                local.settled(installed);
            }
        }
        if (remote != null && installed) {
            owner.counters().remote(remote.builder());
            owner.counters().read(WorkerReads.transport(remote), WorkerReads.bytes(remote));
        } else if (remote != null) {
            owner.counters().failed(FallbackReason.NOT_INSTALLED);
        }
        releaseShipment();
        owner.report(trace.settled(installed));
    }

    /**
     * What an attempt that was ended early came to.
     *
     * @param waitedFor who had not answered when its deadline passed
     */
    static AttemptException aborted(StoreException cause, Blame waitedFor) {
        return switch (cause.code()) {
            case URGED_CODE -> new AttemptException(FallbackReason.URGED, Blame.ALL, cause);
            case CLOSED_CODE -> new AttemptException(FallbackReason.CLOSED, Blame.ALL, cause);
            default -> new AttemptException(FallbackReason.DEADLINE, waitedFor, cause);
        };
    }

    private StoreException closedError() {
        return new StoreException(Kind.CLOSED, CLOSED_CODE, "flush " + job.id() + " ended: the store is closing");
    }

    private StoreException error(String code, String why) {
        return new StoreException(Kind.TIMED_OUT, code, "flush " + job.id() + ": " + why);
    }
}
