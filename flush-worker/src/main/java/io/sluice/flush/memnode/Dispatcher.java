// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import io.sluice.flush.placement.Load;
import io.sluice.flush.placement.PlacementDriver;
import io.sluice.flush.placement.PlacementDriver.Placement;
import io.sluice.flush.placement.PlacementDriver.Verdict;
import io.sluice.flush.placement.WorkerRegistry.Reservation;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.AssignJob;
import io.sluice.flush.protocol.FlushMessage.JobAssigned;
import io.sluice.flush.protocol.FlushMessage.JobLost;
import io.sluice.flush.protocol.FlushMessage.Place;
import io.sluice.flush.protocol.FlushMessage.Placed;
import io.sluice.flush.protocol.FlushMessage.SubmitJob;
import io.sluice.flush.protocol.MessageEndpoint.Reply;
import io.sluice.flush.protocol.ProtocolLimits;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.flush.protocol.RefusedException;
import io.sluice.store.base.Slice;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of assignments: places jobs, hands them to the placed worker, places them again where that is busy, and tells
 * the generator where a worker is lost. Used by the memnode's control thread.
 *
 * <p>Invariant: a job counts on its worker from its placement until it is given up before any worker has it, or the worker
 * has said that it doesn't have it, or is done with it, or is lost; whatever became of the assignment meanwhile.
 */
final class Dispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    private final JobTable jobs = new JobTable();
    private final Cancellations cancellations;
    private final Vault vault;
    private final PlacementDriver driver;
    private final Counters counters;
    private final LongSupplier nanoClock;
    private final Duration callTimeout;
    private final Map<String, Session> workers = new HashMap<>();
    private final Map<Owner, Session> generators = new HashMap<>();

    Dispatcher(Vault vault, PlacementDriver driver, Counters counters, LongSupplier nanoClock, Duration callTimeout) {
        this.cancellations = new Cancellations(callTimeout);
        this.vault = vault;
        this.driver = driver;
        this.counters = counters;
        this.nanoClock = nanoClock;
        this.callTimeout = callTimeout;
    }

    /** The sessions by worker id. */
    Map<String, Session> workers() {
        return workers;
    }

    /** The sessions by generator. */
    Map<Owner, Session> generators() {
        return generators;
    }

    /** Whether no generator waits for a job. */
    boolean isIdle() {
        return jobs.size() == 0;
    }

    /** Jobs that count on a worker. */
    int jobCount() {
        return jobs.size() + cancellations.size();
    }

    void place(Owner owner, Place message, Reply reply) {
        if (jobs.isFull()) {
            reply.refuse(RefusalReason.BUSY, JobTable.MAX_ASSIGNMENTS + " jobs are placed");
            return;
        }
        Load load = new Load(message.storageBytesPerSecond(), message.runningJobs());
        Placement placement = driver.place(load, message.avoidedWorkers());
        Reservation reservation = placement.reservation();
        if (reservation == null) {
            boolean less = placement.verdict() == Verdict.GENERATOR_LESS_LOADED;
            counters.add(less ? Counters.GENERATOR_LESS_LOADED : Counters.NO_WORKER);
            reply.refuse(
                    less ? RefusalReason.GENERATOR_LESS_LOADED : RefusalReason.NO_WORKER,
                    less ? "every worker's load is above the generator's" : "no live worker but those avoided");
            return;
        }
        Assignment assignment = new Assignment(
                jobs.nextId(),
                owner,
                new HashSet<>(message.avoidedWorkers()),
                reservation,
                deadline(message.deadlineMillis()));
        jobs.add(assignment);
        counters.add(Counters.PLACED);
        reply.send(new Placed(assignment.id, assignment.workerId()));
    }

    void submit(Owner owner, SubmitJob message, Reply reply) {
        Assignment assignment = jobs.find(owner, message.assignmentId());
        if (assignment == null || assignment.holder != null) {
            reply.refuse(RefusalReason.UNKNOWN, "assignment " + message.assignmentId() + " is not open");
            return;
        }
        Set<Grant> grants = new LinkedHashSet<>();
        for (long id : message.grants()) {
            Grant grant = vault.find(owner, id);
            if (grant == null) {
                reply.refuse(RefusalReason.UNKNOWN, "grant " + id + " is not yours");
                return;
            }
            if (!grants.add(grant)) {
                reply.refuse(RefusalReason.INVALID, "grant " + id + " is named twice");
                return;
            }
        }
        grants.forEach(Grant::seal);
        assignment.grants = List.copyOf(grants);
        assignment.expiresAtNanos = deadline(message.deadlineMillis());
        dispatch(assignment, message, reply);
    }

    private void dispatch(Assignment assignment, SubmitJob message, Reply reply) {
        Session worker = workers.get(assignment.workerId());
        if (worker == null || !assignment.reservation.isValid()) {
            // Where it is back by now, it is as good as any other.
            if (worker == null) {
                avoid(assignment);
            }
            placeAgain(assignment, message, reply, "it was lost");
            return;
        }
        CompletableFuture<Ack> answer;
        try {
            AssignJob job =
                    new AssignJob(assignment.id, message.deadlineMillis(), expose(assignment, worker), message.task());
            answer = worker.endpoint.call(job, Ack.class, callTimeout);
            assignment.holder = worker;
        } catch (TransportException e) {
            avoid(assignment);
            placeAgain(assignment, message, reply, String.valueOf(e.getMessage()));
            return;
        } catch (RuntimeException e) {
            // Such as a grant that was given back meanwhile: no other worker would fare better.
            LOG.warn("job {} of {} can't be assigned", assignment.id, assignment.owner, e);
            end(assignment);
            reply.refuse(RefusalReason.UNKNOWN, "job " + assignment.id + " can't be assigned: " + e.getMessage());
            return;
        }
        var unused = answer.whenComplete((ack, failure) -> onAnswer(assignment, worker, message, reply, failure));
    }

    private static List<Slice> expose(Assignment assignment, Session worker) throws TransportException {
        List<Slice> descriptors = new ArrayList<>();
        for (Grant grant : assignment.grants) {
            for (RemoteRegion region : grant.exposeTo(assignment.id, worker.endpoint.connection())) {
                descriptors.add(encode(region));
            }
        }
        return descriptors;
    }

    private void onAnswer(
            Assignment assignment, Session worker, SubmitJob message, Reply reply, @Nullable Throwable failure) {
        if (jobs.find(assignment.id) != assignment || assignment.holder != worker) {
            reply.refuse(RefusalReason.UNKNOWN, "assignment " + assignment.id + " ended meanwhile");
        } else if (failure == null) {
            assignment.accepted = true;
            counters.add(Counters.JOBS_ASSIGNED);
            reply.send(new JobAssigned(assignment.id, assignment.workerId()));
        } else {
            Throwable cause = failure.getCause() == null ? failure : failure.getCause();
            if (cause instanceof RefusedException refused) {
                assignment.foundBusy |= refused.reason() == RefusalReason.BUSY;
                assignment.holder = null;
            }
            avoid(assignment);
            placeAgain(assignment, message, reply, String.valueOf(cause.getMessage()));
        }
    }

    private static void avoid(Assignment assignment) {
        assignment.avoided.add(assignment.workerId());
    }

    private void placeAgain(Assignment assignment, SubmitJob message, Reply reply, String why) {
        LOG.info("worker {} did not take job {}: {}", assignment.workerId(), assignment.id, why);
        letGo(assignment);
        Reservation next = driver.placeAgain(assignment.avoided).reservation();
        if (next == null) {
            jobs.remove(assignment);
            reply.refuse(
                    assignment.foundBusy ? RefusalReason.BUSY : RefusalReason.NO_WORKER,
                    "no worker took the job; the last one: " + why);
            return;
        }
        counters.add(Counters.PLACED_AGAIN);
        assignment.reservation = next;
        dispatch(assignment, message, reply);
    }

    /** The worker is done. */
    void finished(Session worker, long assignmentId, boolean delivered) {
        Assignment assignment = jobs.find(assignmentId);
        if (cancellations.finished(worker, assignmentId) || assignment == null || assignment.holder != worker) {
            return; // late: it was cancelled, or belongs to another worker by now
        }
        assignment.holder = null;
        end(assignment);
        if (delivered) {
            counters.add(Counters.JOBS_FINISHED);
        } else {
            tellLost(assignment, "worker " + assignment.workerId() + " could not deliver the outcome");
        }
    }

    /** The generator doesn't want it any more. */
    void cancel(Owner owner, long assignmentId) {
        Assignment assignment = jobs.find(owner, assignmentId);
        if (assignment != null) {
            end(assignment);
        }
    }

    /** All that a worker had is lost. */
    void workerLost(Session worker, String why) {
        workers.remove(worker.workerId(), worker);
        cancellations.workerLost(worker);
        // What it has not accepted yet is placed again when the call to it ends.
        for (Assignment assignment : jobs.matching(a -> a.accepted && a.holder == worker)) {
            end(assignment);
            tellLost(assignment, "worker " + worker.workerId() + " is lost: " + why);
        }
    }

    /** Ends what is past its deadline. */
    void endOverdue() {
        long now = nanoClock.getAsLong();
        jobs.matching(a -> now - a.expiresAtNanos >= 0).forEach(this::end);
        cancellations.tellAgain();
    }

    /** Ends what a generator left behind. */
    void endAll(Owner owner) {
        jobs.matching(a -> a.owner.equals(owner)).forEach(this::end);
    }

    private void end(Assignment assignment) {
        if (jobs.remove(assignment)) {
            letGo(assignment);
        }
    }

    /** Nothing may be read for it any more; a worker that may have it counts on until it says that it has not. */
    private void letGo(Assignment assignment) {
        assignment.withdraw();
        Session holder = assignment.holder;
        assignment.holder = null;
        assignment.accepted = false;
        if (holder != null && workers.get(holder.workerId()) == holder) {
            cancellations.add(holder, assignment.id, assignment.reservation);
        } else {
            assignment.reservation.release();
        }
    }

    private void tellLost(Assignment assignment, String why) {
        counters.add(Counters.JOBS_LOST);
        @Nullable Session generator = generators.get(assignment.owner);
        if (generator != null) {
            var unused = generator.endpoint.call(new JobLost(assignment.id, why), Ack.class, callTimeout);
        }
    }

    private long deadline(long millis) {
        return nanoClock.getAsLong() + ProtocolLimits.deadline(millis).toNanos();
    }

    static Slice encode(RemoteRegion region) {
        byte[] bytes = new byte[RemoteRegion.ENCODED_LENGTH];
        region.encode(new UnsafeBuffer(bytes), 0);
        return Slice.wrap(bytes);
    }
}
