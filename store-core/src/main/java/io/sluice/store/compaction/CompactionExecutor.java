// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import java.util.concurrent.CompletableFuture;

/**
 * The port by which compactions leave the engine: what runs behind it is a thread of this process or another machine. Safe
 * for concurrent use.
 *
 * <p>An executor runs a job in one or more {@linkplain CompactionAttempt attempts}, each in a directory of its own within
 * the job's, and answers with the result of one of them. The engine believes nothing of it before {@link
 * CompactionVerifier} has; it moves the outputs out of the attempt's directory and installs them, then deletes the job's
 * directory with all attempts, also where the job is given up.
 */
public interface CompactionExecutor extends AutoCloseable {
    /**
     * Starts a job and returns at once; runs on no caller's thread. The engine starts each job once. Where it fails, the
     * engine pauses and chooses anew: so an executor that can try elsewhere, or fall back, does so before it answers with
     * an error. An error that is answered counts towards {@code max_bg_error_resume_count}; behind that, writes stop with
     * it as their cause until {@code resume()}. They stop at once where the error is {@code CORRUPTION} or {@code
     * INVALID_ARGUMENT} and not of the storage: such an error says that the job can't succeed, whoever tries.
     */
    Running start(CompactionJob job);

    /**
     * How many jobs may be under way now, at least 1: so many the engine starts of its own accord, as far as {@code
     * max_background_compactions} allows. More than 1 is for executors that don't load this machine; where compaction falls
     * behind, the engine does not ask. Returns at once.
     */
    default int capacity() {
        return 1;
    }

    /**
     * Ends what is running with a {@code CLOSED} error, within the executor's deadline: a store that is closed waits for
     * it. Jobs that were started before have been {@linkplain Running#abort() aborted} already.
     */
    @Override
    void close();

    /** A job under way. */
    interface Running {
        /**
         * Completes with the result, or with a {@link io.sluice.store.base.StoreException}; from then on no attempt that
         * the executor knows to live writes in the job's directory.
         */
        CompletableFuture<CompactionResult> result();

        /**
         * Tells that nobody wants the result any more: it then ends soon, with any result or error. Returns at once; may
         * be called any number of times, by any thread.
         */
        void abort();

        /**
         * Called once by the engine, after the result is durable in the manifest or the job is given up, and its directory
         * deleted. Returns at once.
         *
         * @param installed whether the result was verified and is in the manifest
         */
        void settled(boolean installed);
    }
}
