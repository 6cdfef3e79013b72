// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import java.util.concurrent.CompletableFuture;

/**
 * The port through which a compaction leaves the engine: to threads of this process, or to a worker elsewhere. Safe for
 * concurrent use. The engine renames the result's files into place and installs them; the executor never touches the
 * manifest.
 */
public interface CompactionExecutor extends AutoCloseable {
    /**
     * Starts a job and returns at once; runs on no caller's thread. The engine calls this at most once at a time for a
     * job, and again with the same job where it failed with an error worth a retry: attempt numbers go on from where
     * they were.
     */
    Running start(CompactionJob job);

    /** Ends what is running with a {@code CLOSED} error, within the executor's deadline. */
    @Override
    void close();

    /** A job under way. */
    interface Running {
        /** Completes with the result, or with a {@link io.sluice.store.base.StoreException}. */
        CompletableFuture<CompactionResult> result();

        /**
         * Tells that nobody wants the result any more: it then ends soon, with any result or error. May be called any
         * number of times.
         */
        void abort();

        /** Called once by the engine, after the result is durable in the manifest or the job is given up. */
        void settled();
    }
}
