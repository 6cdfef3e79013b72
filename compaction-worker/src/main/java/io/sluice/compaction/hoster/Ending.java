// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.store.base.StoreException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Ends the waits of one job's thread when nobody wants the job any more. Safe for concurrent use. */
final class Ending {
    private final CompletableFuture<Void> cause = new CompletableFuture<>();

    /** Ends all waits, those to come too. The first call counts. */
    void end(StoreException reason) {
        cause.completeExceptionally(reason);
    }

    boolean isOver() {
        return cause.isDone();
    }

    /**
     * Waits for an answer.
     *
     * @throws AttemptException the answer's own failure; {@code ABORTED} at the end, which cancels the request
     * @throws TimeoutException after {@code limit}, which cancels it too
     */
    <T> T await(CompletableFuture<T> answer, Duration limit) throws AttemptException, TimeoutException {
        try {
            CompletableFuture.anyOf(answer, cause).get(Math.max(1, limit.toNanos()), TimeUnit.NANOSECONDS);
            return answer.join();
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw e;
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw aborted(e);
        } catch (ExecutionException | CompletionException | CancellationException e) {
            answer.cancel(true);
            throw failure(e);
        }
    }

    /** Waits so long, or until the end. */
    void pause(Duration time) throws AttemptException {
        try {
            await(new CompletableFuture<Void>(), time);
        } catch (TimeoutException e) {
            // as it should be
        }
    }

    /** Throws at the end. */
    void check() throws AttemptException {
        if (cause.isDone()) {
            try {
                cause.join();
            } catch (CompletionException e) {
                throw failure(e);
            }
        }
    }

    private static AttemptException failure(Exception e) {
        Throwable reason = e.getCause() == null ? e : e.getCause();
        while (reason instanceof CompletionException && reason.getCause() != null) {
            reason = reason.getCause();
        }
        if (reason instanceof AttemptException attempt) {
            return attempt;
        }
        if (reason instanceof StoreException ended) {
            return new AttemptException(FallbackReason.ABORTED, ended);
        }
        return new AttemptException(
                FallbackReason.INTERNAL,
                StoreException.Kind.REMOTE,
                "compaction.remote.internal",
                "an error of the program: " + reason,
                reason);
    }

    private static AttemptException aborted(InterruptedException e) {
        return new AttemptException(
                FallbackReason.ABORTED,
                StoreException.Kind.CLOSED,
                "compaction.remote.interrupted",
                "the job's thread was interrupted",
                e);
    }
}
