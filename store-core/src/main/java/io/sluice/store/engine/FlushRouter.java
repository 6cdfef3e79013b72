// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.flush.FlushJob;
import org.jspecify.annotations.Nullable;

/**
 * Chooses who runs a flush: the remote executor where there is one and both switches, the store's and the column
 * family's, are on at that moment; else this machine. Whether a flush that failed is tried here or elsewhere is the
 * chosen executor's to say, who knows what its user allowed. Safe for concurrent use.
 */
final class FlushRouter {
    private final FlushExecutor local;
    private final @Nullable FlushExecutor remote;
    private volatile boolean remoteEnabled;

    FlushRouter(FlushExecutor local, @Nullable FlushExecutor remote, boolean remoteEnabled) {
        this.local = local;
        this.remote = remote;
        this.remoteEnabled = remoteEnabled;
    }

    boolean remoteEnabled() {
        return remoteEnabled;
    }

    void remoteEnabled(boolean enabled) {
        remoteEnabled = enabled;
    }

    /** Starts a task's next run. */
    FlushExecutor.Running start(FlushTask task, FlushJob job) {
        FlushExecutor elsewhere = remote;
        boolean goesRemote = remoteEnabled && task.columnFamily.settings().remoteFlush();
        FlushExecutor executor = goesRemote && elsewhere != null ? elsewhere : local;
        StoreException failure = task.lastFailure;
        return failure == null ? executor.start(job) : executor.restart(job, failure);
    }
}
