// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import io.sluice.flush.placement.WorkerRegistry.Reservation;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.CancelJob;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.flush.protocol.RefusedException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;

/**
 * Jobs that nobody wants any more, and that a worker may run all the same: it is told to stop, and until it says that it
 * has, or is lost, they go on counting on it. Used by the memnode's control thread.
 *
 * <p>Invariant: each entry holds a reservation, released when the entry goes.
 */
final class Cancellations {
    private final Duration callTimeout;
    private final Map<Job, Entry> open = new LinkedHashMap<>();

    /** A job as its worker knows it: by the connection that it came over. */
    private record Job(Session worker, long assignmentId) {}

    private static final class Entry {
        final Reservation reservation;
        /** Whether the worker has been told, or is being told. */
        boolean told;

        Entry(Reservation reservation) {
            this.reservation = reservation;
        }
    }

    /** @param callTimeout longest wait for a worker's answer */
    Cancellations(Duration callTimeout) {
        this.callTimeout = callTimeout;
    }

    /** Has a worker stop a job; the reservation becomes this object's. */
    void add(Session worker, long assignmentId, Reservation reservation) {
        Job job = new Job(worker, assignmentId);
        open.put(job, new Entry(reservation));
        tell(job);
    }

    private void tell(Job job) {
        Entry entry = open.get(job);
        if (entry == null || entry.told) {
            return;
        }
        entry.told = true;
        var unused = job.worker
                .endpoint
                .call(new CancelJob(job.assignmentId), Ack.class, callTimeout)
                .whenComplete((ack, failure) -> {
                    if (failure == null) {
                        return; // it has the job, and will say when it is done
                    }
                    if (isUnknown(failure)) {
                        end(job);
                    } else {
                        entry.told = false;
                    }
                });
    }

    private static boolean isUnknown(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof RefusedException refused && refused.reason() == RefusalReason.UNKNOWN;
    }

    /** Tells again those that did not answer. */
    void tellAgain() {
        List.copyOf(open.keySet()).forEach(this::tell);
    }

    /** The worker is done with a job; false where the job is not one of these. */
    boolean finished(Session worker, long assignmentId) {
        return end(new Job(worker, assignmentId));
    }

    /** The worker is lost, with all it had. */
    void workerLost(Session worker) {
        List.copyOf(open.keySet()).stream().filter(job -> job.worker == worker).forEach(this::end);
    }

    private boolean end(Job job) {
        Entry entry = open.remove(job);
        if (entry == null) {
            return false;
        }
        entry.reservation.release();
        return true;
    }

    int size() {
        return open.size();
    }
}
