// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import io.sluice.flush.placement.WorkerRegistry.Reservation;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a job as the memnode knows it, from its placement until the worker is done with it or nobody wants it any
 * more. Used by the memnode's control thread.
 *
 * <p>Invariant: it holds one reservation, on the worker that has the job or is meant to.
 */
final class Assignment {
    final long id;
    final Owner owner;
    /** Workers that this attempt is not to be given to. */
    final Set<String> avoided;

    Reservation reservation;
    long expiresAtNanos;
    List<Grant> grants = List.of();
    /** The worker that may have it; null where none can. */
    @Nullable
    Session holder;
    /** Whether the holder said that it has it. */
    boolean accepted;
    /** Whether a worker said that it was busy. */
    boolean foundBusy;

    Assignment(long id, Owner owner, Set<String> avoided, Reservation reservation, long expiresAtNanos) {
        this.id = id;
        this.owner = owner;
        this.avoided = new LinkedHashSet<>(avoided);
        this.reservation = reservation;
        this.expiresAtNanos = expiresAtNanos;
    }

    String workerId() {
        return reservation.workerId();
    }

    /** Takes back the right to read. */
    void withdraw() {
        grants.forEach(grant -> grant.withdraw(id));
    }
}
