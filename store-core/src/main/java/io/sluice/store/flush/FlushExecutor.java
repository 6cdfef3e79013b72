// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.flush;

import io.sluice.store.base.StoreException;
import java.util.concurrent.CompletableFuture;

/**
 * The port through which a flush leaves the engine: to a thread of this process, or to a worker elsewhere. Safe for
 * concurrent use. The engine renames the result's file into place and installs it; the executor never touches the
 * manifest.
 */
public interface FlushExecutor extends AutoCloseable {
    /**
     * Starts a job and returns at once; runs on no caller's thread. At most one run of a job is under way at a time.
     * Attempt numbers go on from where an earlier run left them.
     */
    Running start(FlushJob job);

    /**
     * Starts a job again that failed: by an executor's own account, or because its result was refused or could not be
     * installed. The engine leaves it to the executor whether to try its own way again or to fall back.
     *
     * @param failure the last one
     */
    default Running restart(FlushJob job, StoreException failure) {
        return start(job);
    }

    /** Ends what is running with a {@code CLOSED} error, within the executor's deadline. */
    @Override
    void close();

    /** A job under way. */
    interface Running {
        /** Completes with the result, or with a {@link StoreException}. */
        CompletableFuture<FlushResult> result();

        /**
         * Tells that writes are about to stop for want of this flush: an overdue remote attempt is fenced and run
         * locally. May be called any number of times.
         */
        void urge();

        /**
         * Called once by the engine, after the result is durable in the manifest or the run is given up: only now does
         * the executor let go of what it holds elsewhere for the job, such as a memnode's copy of the memtables.
         *
         * @param installed whether the run's result was verified and is in the manifest
         */
        void settled(boolean installed);
    }
}
