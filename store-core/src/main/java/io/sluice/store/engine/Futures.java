// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Waiting for what another thread of the store does. */
final class Futures {
    private Futures() {}

    /** The future's value; its errors as they are where they are storage's, else as {@code IO} {@code store.failed}. */
    static <T> T join(CompletableFuture<T> future, String what) throws IOException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof IOException io) {
                throw io;
            }
            throw new StoreException(Kind.IO, "store.failed", what + " failed: " + cause, cause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(
                    Kind.BUSY, "store.interrupted", "the thread was interrupted while it waited for " + what, e);
        }
    }
}
