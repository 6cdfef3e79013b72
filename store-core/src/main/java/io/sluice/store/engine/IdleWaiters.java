// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Those who wait until nothing runs. Used by one thread. */
final class IdleWaiters {
    private final List<CompletableFuture<Void>> waiters = new ArrayList<>();

    void add(CompletableFuture<Void> waiter) {
        waiters.add(waiter);
    }

    /** Tells all that it is so, or that it won't be. */
    void tell(@Nullable StoreException error) {
        List<CompletableFuture<Void>> told = List.copyOf(waiters);
        waiters.clear();
        for (CompletableFuture<Void> waiter : told) {
            if (error == null) {
                waiter.complete(null);
            } else {
                waiter.completeExceptionally(error);
            }
        }
    }
}
