// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.flush.FlushExecutor;
import org.jspecify.annotations.Nullable;

/**
 * Chooses who runs a flush: the remote executor where there is one and both switches, the store's and the column
 * family's, are on at that moment; else this machine. Safe for concurrent use.
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

    /** The executor of a task's next attempt: one that failed is tried again here, whoever failed. */
    FlushExecutor choose(FlushTask task) {
        FlushExecutor elsewhere = remote;
        boolean goesRemote = elsewhere != null
                && remoteEnabled
                && task.columnFamily.settings().remoteFlush()
                && task.failures == 0;
        return goesRemote && elsewhere != null ? elsewhere : local;
    }
}
