// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.compaction.document.Submitted;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whom a job may still ask: nobody that failed at it. Behind one address there may be several workers, so such an address
 * is asked again where there is no other, and who then answers is told by name. Used by one thread.
 */
final class Candidates {
    private final WorkerList workers;
    private final Set<RemoteWorker> failed = new HashSet<>();
    private final Set<RemoteWorker> shared = new HashSet<>();
    private final Set<RemoteWorker> busy = new HashSet<>();
    private final Set<String> failedNames = new HashSet<>();

    Candidates(WorkerList workers) {
        this.workers = workers;
    }

    /** The next to ask, or null where there is none, or each that there is was busy. */
    @Nullable
    RemoteWorker pick() {
        RemoteWorker fresh = workers.pick(union(failed, busy));
        if (fresh != null || !busy.isEmpty()) {
            return fresh;
        }
        Set<RemoteWorker> alone = new HashSet<>(failed);
        alone.removeAll(shared);
        return shared.isEmpty() ? null : workers.pick(alone);
    }

    private static Set<RemoteWorker> union(Set<RemoteWorker> some, Set<RemoteWorker> others) {
        Set<RemoteWorker> all = new HashSet<>(some);
        all.addAll(others);
        return all;
    }

    /** Whether some are left out because they were busy. */
    boolean someAreBusy() {
        return !busy.isEmpty();
    }

    /** Takes those that were busy in again. */
    void forgetBusy() {
        busy.clear();
    }

    void busy(RemoteWorker worker) {
        busy.add(worker);
    }

    /**
     * Leaves a worker out.
     *
     * @param taken what it answered, or null where it has not taken the job
     */
    void failed(RemoteWorker worker, @Nullable Submitted taken) {
        failed.add(worker);
        if (taken != null && !taken.address().equals(worker.baseUrl().toString()) && failedNames.add(taken.worker())) {
            shared.add(worker);
        } else {
            shared.remove(worker);
        }
    }

    /** Whether the worker that took a job failed at it before. */
    boolean hasFailed(Submitted taken) {
        return failedNames.contains(taken.worker());
    }
}
