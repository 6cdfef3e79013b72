// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Ends a run of steps at once, from any thread: each wait goes through here, so that a deadline, an order to stop or a
 * lost peer ends it, whatever the step itself does. The first cause counts.
 */
public final class Abort {
    private final CompletableFuture<Object> signal = new CompletableFuture<>();

    /** Ends the run; false where it was ended before. */
    public boolean abort(StoreException cause) {
        return signal.completeExceptionally(cause);
    }

    /** Whether {@link #abort} was called. */
    public boolean isAborted() {
        return signal.isDone();
    }

    /** Throws the cause where {@link #abort} was called. */
    public void check() throws IOException {
        if (signal.isDone()) {
            get(signal);
        }
    }

    /**
     * Waits for a step or the end of the run, whichever comes first. A step that is left is cancelled, so that it does
     * not go on for nobody.
     *
     * @throws IOException the step's own failure, or the cause of the abort
     */
    public <T> T await(CompletableFuture<T> step) throws IOException {
        try {
            check();
            get(CompletableFuture.anyOf(step, signal));
            return get(step);
        } finally {
            step.cancel(false); // of no effect where it has ended
        }
    }

    private static <T> T get(CompletableFuture<T> future) throws IOException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw asIo(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(StoreException.Kind.CLOSED, "flush.interrupted", "the flush was interrupted", e);
        }
    }

    /** What a future failed with, as an {@link IOException}. */
    public static IOException asIo(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof IOException io ? io : new IOException(String.valueOf(cause.getMessage()), cause);
    }

    /** A failure as a store's error: transport errors become {@code REMOTE}, I/O errors {@code IO}. */
    public static StoreException asStore(String code, @Nullable Throwable failure) {
        IOException io = asIo(failure == null ? new IOException("unknown") : failure);
        if (io instanceof StoreException store) {
            return store;
        }
        boolean remote = io instanceof io.sluice.transport.TransportException || io instanceof RefusedException;
        return new StoreException(
                remote ? StoreException.Kind.REMOTE : StoreException.Kind.IO,
                code,
                String.valueOf(io.getMessage()),
                io);
    }
}
