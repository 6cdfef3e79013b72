// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.JobDocument;
import io.sluice.store.base.StoreException;
import org.jspecify.annotations.Nullable;

/**
 * Who asks.
 *
 * @param tenant null for who has the worker's own secret, or where there is none
 */
record Caller(@Nullable Tenant tenant) {
    /** Whether it may know of a job. */
    boolean owns(JobDocument job) {
        Tenant only = tenant;
        return only == null || only.instanceName().equals(job.hoster().instanceName());
    }

    /**
     * Refuses a job that another should submit.
     *
     * @throws StoreException {@code INVALID_ARGUMENT} {@code compaction.worker.tenant}
     */
    void check(JobDocument job) throws StoreException {
        if (!owns(job)) {
            throw WorkerErrors.tenant(job.hoster().instanceName());
        }
    }
}
