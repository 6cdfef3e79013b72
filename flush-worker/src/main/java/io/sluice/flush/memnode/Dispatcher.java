// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import io.sluice.flush.placement.Load;
import io.sluice.flush.placement.PlacementDriver;
import io.sluice.flush.placement.PlacementDriver.Placement;
import io.sluice.flush.placement.PlacementDriver.Verdict;
import io.sluice.flush.placement.WorkerRegistry.Reservation;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.AssignJob;
import io.sluice.flush.protocol.FlushMessage.CancelJob;
import io.sluice.flush.protocol.FlushMessage.JobAssigned;
import io.sluice.flush.protocol.FlushMessage.JobLost;
import io.sluice.flush.protocol.FlushMessage.Place;
import io.sluice.flush.protocol.FlushMessage.Placed;
import io.sluice.flush.protocol.FlushMessage.SubmitJob;
import io.sluice.flush.protocol.MessageEndpoint.Reply;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.flush.protocol.RefusedException;
import io.sluice.store.base.Slice;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of assignments: places jobs, hands them to the placed worker, places them again where that is busy, and tells
 * the generator where a worker is lost. Used by the memnode's control thread.
 */
final class Dispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    private final JobTable jobs;
    private final Vault vault;
    private final PlacementDriver driver;
    private final Counters counters;
    private final LongSupplier nanoClock;
    private final Duration callTimeout;
    private final Map<String, Session> workers = new HashMap<>();
    private final Map<Owner, Session> generators = new HashMap<>();

    Dispatcher(
            JobTable jobs,
            Vault vault,
            PlacementDriver driver,
            Counters counters,
            LongSupplier nanoClock,
            Duration callTimeout) {
        this.jobs = jobs;
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

    void place(Owner owner, Place message, Reply reply) {
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
        if (assignment == null || assignment.dispatched) {
            reply.refuse(RefusalReason.UNKNOWN, "assignment " + message.assignmentId() + " is not open");
            return;
        }
        List<Grant> grants = new ArrayList<>();
        for (long id : message.grants()) {
            Grant grant = vault.find(owner, id);
            if (grant == null) {
                reply.refuse(RefusalReason.UNKNOWN, "grant " + id + " is not yours");
                return;
            }
            grants.add(grant);
        }
        assignment.grants = List.copyOf(grants);
        assignment.expiresAtNanos = deadline(message.deadlineMillis());
        dispatch(assignment, message, reply);
    }

    private void dispatch(Assignment assignment, SubmitJob message, Reply reply) {
        Session worker = workers.get(assignment.workerId());
        if (worker == null) {
            placeAgain(assignment, message, reply, "it is gone");
            return;
        }
        AssignJob job;
        try {
            List<Slice> descriptors = new ArrayList<>();
            for (Grant grant : assignment.grants) {
                for (RemoteRegion region : grant.exposeTo(assignment.id, worker.endpoint.connection())) {
                    descriptors.add(encode(region));
                }
            }
            job = new AssignJob(assignment.id, message.deadlineMillis(), descriptors, message.task());
        } catch (TransportException e) {
            placeAgain(assignment, message, reply, String.valueOf(e.getMessage()));
            return;
        }
        assignment.dispatched = true;
        var unused = worker.endpoint.call(job, Ack.class, callTimeout).whenComplete((ack, failure) -> {
            if (jobs.find(assignment.id) != assignment) {
                reply.refuse(RefusalReason.UNKNOWN, "assignment " + assignment.id + " ended meanwhile");
            } else if (failure == null) {
                counters.add(Counters.JOBS_ASSIGNED);
                reply.send(new JobAssigned(assignment.id, assignment.workerId()));
            } else {
                Throwable cause = failure.getCause() == null ? failure : failure.getCause();
                assignment.foundBusy |=
                        cause instanceof RefusedException refused && refused.reason() == RefusalReason.BUSY;
                placeAgain(assignment, message, reply, String.valueOf(cause.getMessage()));
            }
        });
    }

    private void placeAgain(Assignment assignment, SubmitJob message, Reply reply, String why) {
        LOG.info("worker {} did not take job {}: {}", assignment.workerId(), assignment.id, why);
        assignment.avoided.add(assignment.workerId());
        assignment.letGo();
        assignment.dispatched = false;
        Reservation next = assignment.cancelled
                ? null
                : driver.placeAgain(assignment.avoided).reservation();
        if (next == null) {
            jobs.end(assignment);
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
    void finished(String workerId, long assignmentId, boolean delivered) {
        Assignment assignment = jobs.find(assignmentId);
        if (assignment == null || !assignment.workerId().equals(workerId)) {
            return; // late, from an earlier life or an assignment that was placed again
        }
        jobs.end(assignment);
        if (delivered) {
            counters.add(Counters.JOBS_FINISHED);
        } else {
            tellLost(assignment, "worker " + workerId + " could not deliver the outcome");
        }
    }

    /** The generator doesn't want it any more: its place is free at once where no worker has it. */
    void cancel(Owner owner, long assignmentId) {
        Assignment assignment = jobs.find(owner, assignmentId);
        if (assignment == null) {
            return;
        }
        assignment.cancelled = true;
        Session worker = workers.get(assignment.workerId());
        if (!assignment.dispatched || worker == null) {
            jobs.end(assignment);
            return;
        }
        var unused = worker.endpoint.call(new CancelJob(assignmentId), Ack.class, callTimeout);
    }

    /** All that a worker had is lost. */
    void workerLost(String workerId, String why) {
        workers.remove(workerId);
        for (Assignment assignment :
                jobs.matching(a -> a.dispatched && a.workerId().equals(workerId))) {
            jobs.end(assignment);
            tellLost(assignment, "worker " + workerId + " is lost: " + why);
        }
    }

    /** Ends what is past its deadline, or belongs to a generator that is given up. */
    void endOverdue() {
        long now = nanoClock.getAsLong();
        for (Assignment assignment : jobs.matching(a -> now - a.expiresAtNanos >= 0)) {
            jobs.end(assignment);
        }
    }

    /** Ends what a generator left behind. */
    void endAll(Owner owner) {
        for (Assignment assignment : jobs.matching(a -> a.owner.equals(owner))) {
            cancel(owner, assignment.id);
            jobs.end(assignment);
        }
    }

    private void tellLost(Assignment assignment, String why) {
        counters.add(Counters.JOBS_LOST);
        @Nullable Session generator = generators.get(assignment.owner);
        if (generator != null && !assignment.cancelled) {
            var unused = generator.endpoint.call(new JobLost(assignment.id, why), Ack.class, callTimeout);
        }
    }

    private long deadline(long millis) {
        long bounded = Math.min(millis, Duration.ofDays(1).toMillis());
        return nanoClock.getAsLong() + Duration.ofMillis(bounded).toNanos();
    }

    static Slice encode(RemoteRegion region) {
        byte[] bytes = new byte[RemoteRegion.ENCODED_LENGTH];
        region.encode(new UnsafeBuffer(bytes), 0);
        return Slice.wrap(bytes);
    }
}
