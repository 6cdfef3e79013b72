// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import io.sluice.flush.generator.AttemptException.Blame;
import io.sluice.flush.placement.Load;
import io.sluice.flush.protocol.Abort;
import io.sluice.flush.protocol.AttemptToken;
import io.sluice.flush.protocol.FailureCodes;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.CancelJob;
import io.sluice.flush.protocol.FlushMessage.JobAssigned;
import io.sluice.flush.protocol.FlushMessage.Place;
import io.sluice.flush.protocol.FlushMessage.Placed;
import io.sluice.flush.protocol.FlushMessage.SubmitJob;
import io.sluice.flush.protocol.FlushTask;
import io.sluice.flush.protocol.FlushTaskCodec;
import io.sluice.flush.protocol.RefusedException;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.transport.ConnectionPath;
import io.sluice.transport.TransportException;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt at a job through one memnode: place, ship, submit, wait for the worker's own word. Used by the job's
 * thread, but for {@link #abort}.
 *
 * <p>Whatever way it ends without a result, afterwards its token opens nothing, its directory is fenced and its worker
 * told to stop: it can come back as late as it likes. A place that was asked for is given back, whenever it is granted.
 */
final class RemoteAttempt {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteAttempt.class);

    private final RemoteFlushExecutor owner;
    private final FlushJob job;
    private final Memnodes.Choice memnode;
    private final Abort abort;
    private final Runnable onPlaced;
    private final FlushTracer trace;
    private final Map<String, Long> times = new LinkedHashMap<>();
    private @Nullable String worker;
    private long assignmentId;
    private boolean submitted;

    /**
     * An attempt at a job that counts in the owner's load so far.
     *
     * @param abort ends it early
     * @param onPlaced called once the job counts on a worker
     */
    RemoteAttempt(
            RemoteFlushExecutor owner,
            FlushJob job,
            Memnodes.Choice memnode,
            Abort abort,
            Runnable onPlaced,
            FlushTracer trace) {
        this.owner = owner;
        this.job = job;
        this.memnode = memnode;
        this.abort = abort;
        this.onPlaced = onPlaced;
        this.trace = trace;
    }

    /** The worker that it got to, or null. */
    @Nullable
    String worker() {
        return worker;
    }

    /**
     * Runs it.
     *
     * @param shipment of an earlier attempt, used where it is whole on this memnode, or a new one of this memnode
     */
    FlushResult run(Shipment shipment, Collection<String> avoidedWorkers) throws AttemptException {
        place(avoidedWorkers);
        boolean done = false;
        try {
            if (!shipment.isWholeOn(memnode)) {
                ship(shipment);
            }
            FlushResult result = submit(shipment);
            done = true;
            return result;
        } finally {
            if (!done) {
                cancel(assignmentId);
            }
        }
    }

    private void cancel(long assignment) {
        var unused = memnode.session()
                .endpoint()
                .call(new CancelJob(assignment), Ack.class, owner.settings().callTimeout());
    }

    private void place(Collection<String> avoidedWorkers) throws AttemptException {
        long start = owner.nanoTime();
        Load load = owner.load().minusJob(); // the placement driver counts this flush itself
        Duration deadline = owner.settings().attemptDeadline();
        Place message = new Place(
                deadline.toMillis(),
                load.storageBytesPerSecond(),
                Math.toIntExact(load.jobs()),
                List.copyOf(avoidedWorkers));
        try {
            abort.check();
            // Heard as long as the memnode may hold the reservation, though not waited for so long.
            CompletableFuture<Placed> answer = memnode.session().endpoint().call(message, Placed.class, deadline);
            Placed placed = awaitPlaced(answer);
            worker = placed.workerId();
            assignmentId = placed.assignmentId();
            onPlaced.run();
            trace.placed();
        } catch (IOException e) {
            throw memnodeFailure(e);
        }
        times.put("place_ns", owner.nanoTime() - start);
    }

    private Placed awaitPlaced(CompletableFuture<Placed> answer) throws IOException {
        CompletableFuture<Placed> waited = answer.copy();
        Duration limit = answerTimeout();
        ScheduledFuture<?> timer = owner.schedule(
                () -> waited.completeExceptionally(new TransportException(
                        TransportException.Kind.TIMED_OUT,
                        "flush.place.timeout",
                        "memnode " + memnode.session().memnodeId() + " placed nothing within " + limit)),
                limit);
        boolean taken = false;
        try {
            Placed placed = abort.await(waited);
            taken = true;
            return placed;
        } finally {
            timer.cancel(false);
            if (!taken) {
                var unused = answer.thenAccept(late -> cancel(late.assignmentId()));
            }
        }
    }

    /** How long a memnode may take over an answer that may wait for a worker's. */
    private Duration answerTimeout() {
        return owner.settings().callTimeout().multipliedBy(2);
    }

    private void ship(Shipment shipment) throws AttemptException {
        long start = owner.nanoTime();
        try {
            long bytes = shipment.write(
                    job, abort, owner.settings().writeWindow(), owner.settings().callTimeout());
            ConnectionPath path = memnode.session().path();
            owner.counters().shipped(path.name(), bytes);
            trace.shipped(memnode.session().memnodeId(), path, bytes);
            times.put("ship_bytes", bytes);
            times.put("ship_ns", owner.nanoTime() - start);
        } catch (IOException e) {
            throw memnodeFailure(e);
        }
    }

    private FlushResult submit(Shipment shipment) throws AttemptException {
        AttemptDirectory directory;
        try {
            directory = AttemptDirectory.create(owner.context().storage(), job);
        } catch (IOException e) {
            throw new AttemptException(
                    FallbackReason.STORAGE_ERROR, Blame.ALL, StoreException.wrap("flush.attempt.directory", e));
        }
        AttemptChannel channel = owner.listener().open(AttemptToken.random(owner.random()));
        long start = owner.nanoTime();
        boolean done = false;
        try {
            FlushResult result = checked(await(channel, shipment, directory), directory);
            done = true;
            times.put("build_wait_ns", owner.nanoTime() - start);
            return withTimes(result);
        } finally {
            owner.listener().close(channel);
            owner.forget(memnode, assignmentId, channel);
            if (!done) {
                directory.fence();
            }
        }
    }

    private FlushResult await(AttemptChannel channel, Shipment shipment, AttemptDirectory directory)
            throws AttemptException {
        owner.expect(memnode, assignmentId, channel);
        SubmitJob message = new SubmitJob(
                assignmentId,
                owner.settings().attemptDeadline().toMillis(),
                shipment.grants(),
                FlushTaskCodec.encode(task(channel.token(), directory)));
        submitted = true;
        JobAssigned assigned = ask(message, JobAssigned.class);
        worker = assigned.workerId();
        channel.assign(assigned.workerId());
        try {
            return abort.await(channel.outcome());
        } catch (IOException e) {
            // The channel may have been lost with the SST already made: the directory tells.
            FlushResult found = directory.findResult(channel.token());
            if (found != null) {
                LOG.info("{}: the result of {} was found in {}", job.id(), worker, directory.name());
                return found;
            }
            throw workerFailure(e);
        }
    }

    private FlushTask task(AttemptToken token, AttemptDirectory directory) {
        return new FlushTask(
                token,
                job.id(),
                directory.attempt(),
                job.memtables().stream().map(SealedMemtable::layout).toList(),
                job.snapshots(),
                job.fileNumber(),
                job.epochNumber(),
                job.tableOptions(),
                job.identity(),
                job.storageUri(),
                directory.name(),
                owner.callback());
    }

    /** Refuses a result that is not of this attempt; the engine verifies the file itself. */
    private FlushResult checked(FlushResult result, AttemptDirectory directory) throws AttemptException {
        boolean ours = result.id().equals(job.id())
                && result.attempt() == directory.attempt()
                && result.builder().equals(worker)
                && (result.path() == null || result.path().startsWith(directory.name() + "/"));
        if (!ours) {
            throw new AttemptException(
                    FallbackReason.CORRUPT,
                    Blame.WORKER,
                    new StoreException(
                            StoreException.Kind.REMOTE,
                            "flush.result.identity",
                            "worker " + worker + " brought a result of " + result.id() + " attempt " + result.attempt()
                                    + " by " + result.builder() + ", expected " + job.id() + " attempt "
                                    + directory.attempt()));
        }
        return result;
    }

    private FlushResult withTimes(FlushResult r) {
        times.putAll(r.statistics());
        return new FlushResult(
                r.id(),
                r.attempt(),
                r.path(),
                r.file(),
                r.crc32c(),
                r.inputEntries(),
                r.outputEntries(),
                r.properties(),
                r.builder(),
                Map.copyOf(times));
    }

    private <T extends FlushMessage> T ask(FlushMessage message, Class<T> expected) throws AttemptException {
        try {
            return abort.await(memnode.session().endpoint().call(message, expected, answerTimeout()));
        } catch (IOException e) {
            throw memnodeFailure(e);
        }
    }

    private AttemptException memnodeFailure(IOException e) {
        StoreException error = Abort.asStore("flush.memnode", e);
        if (abort.isAborted()) {
            return RemoteFlushRun.aborted(error, Blame.MEMNODE);
        }
        if (e instanceof RefusedException refused) {
            return switch (refused.reason()) {
                case GENERATOR_LESS_LOADED ->
                    new AttemptException(FallbackReason.GENERATOR_LESS_LOADED, Blame.ALL, error);
                case NO_WORKER -> new AttemptException(FallbackReason.NO_WORKER, Blame.MEMNODE, error);
                case BUSY ->
                    new AttemptException(
                            submitted ? FallbackReason.WORKER_BUSY : FallbackReason.MEMNODE_BUSY, Blame.MEMNODE, error);
                case UNKNOWN -> new AttemptException(FallbackReason.MEMNODE_LOST, Blame.NOBODY, error);
                case INVALID, STOPPING, NOT_REGISTERED ->
                    new AttemptException(FallbackReason.MEMNODE_BUSY, Blame.MEMNODE, error);
            };
        }
        return new AttemptException(FallbackReason.MEMNODE_LOST, Blame.MEMNODE, error);
    }

    private AttemptException workerFailure(IOException e) {
        StoreException error = Abort.asStore("flush.worker", e);
        if (abort.isAborted()) {
            return RemoteFlushRun.aborted(error, Blame.WORKER);
        }
        if (error.code().equals("flush.worker.lost")) {
            return new AttemptException(FallbackReason.WORKER_LOST, Blame.WORKER, error);
        }
        if (error.code().equals(FailureCodes.MEMNODE_LOST)) {
            return new AttemptException(FallbackReason.MEMNODE_LOST, Blame.MEMNODE, error);
        }
        boolean corrupt = error.kind() == StoreException.Kind.CORRUPTION;
        return new AttemptException(
                corrupt ? FallbackReason.CORRUPT : FallbackReason.WORKER_ERROR,
                corrupt ? Blame.MEMNODE : Blame.WORKER,
                error);
    }
}
