// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.flush;

import java.util.concurrent.CompletableFuture;

/**
 * The port through which a flush leaves the engine: to a thread of this process, or to a worker elsewhere. Safe for
 * concurrent use. The engine renames the result's file into place and installs it; the executor never touches the
 * manifest.
 */
public interface FlushExecutor extends AutoCloseable {
    /**
     * Starts a job and returns at once; runs on no caller's thread. The engine calls this at most once at a time for a
     * job, and again with the same job where it failed with an error worth a retry: attempt numbers go on from where
     * they were.
     */
    Running start(FlushJob job);

    /** Ends what is running with a {@code CLOSED} error, within the executor's deadline. */
    @Override
    void close();

    /** A job under way. */
    interface Running {
        /** Completes with the result, or with a {@link io.sluice.store.base.StoreException}. */
        CompletableFuture<FlushResult> result();

        /**
         * Tells that writes are about to stop for want of this flush: an overdue remote attempt is fenced and run
         * locally. May be called any number of times.
         */
        void urge();

        /**
         * Called once by the engine, after the result is durable in the manifest or the job is given up: only now does
         * the executor let go of what it holds elsewhere for the job, such as a memnode's copy of the memtables.
         */
        void settled();
    }
}
