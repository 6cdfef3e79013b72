// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Submitted;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * What a store asks of workers. Every future fails with an {@link AttemptException}; cancelling one gives its request up.
 * Safe for concurrent use.
 */
interface WorkerClient {
    /**
     * Hands an attempt to a worker.
     *
     * @param timeout for the answer
     */
    CompletableFuture<Submitted> submit(RemoteWorker worker, JobDocument job, Duration timeout);

    /**
     * Waits until there is news of an attempt: a further segment, another state, the end; or until the worker has waited
     * long enough.
     *
     * @param seen segments that are known already
     */
    CompletableFuture<Progress> await(RemoteWorker worker, String token, int seen);

    /** Asks how an attempt is, without waiting. */
    CompletableFuture<Progress> probe(RemoteWorker worker, String token, int seen, Duration timeout);

    /** Ends an attempt, whatever it has come to. */
    CompletableFuture<Void> shutdown(RemoteWorker worker, String token, Duration timeout);
}
