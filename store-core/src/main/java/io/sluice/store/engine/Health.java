// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Whether a store takes calls: until it is closed; and writes: unless a flush failed for good. Safe for concurrent use. */
final class Health {
    private final AtomicReference<@Nullable StoreException> error = new AtomicReference<>();
    private volatile boolean closed;

    /** Refuses every call from now on; false where it was closed before. */
    synchronized boolean close() {
        boolean first = !closed;
        closed = true;
        return first;
    }

    boolean isClosed() {
        return closed;
    }

    /** Refuses writes from now on; false where they were refused before, for the first error stays. */
    boolean fail(StoreException cause) {
        return error.compareAndSet(null, cause);
    }

    /** Allows writes again. */
    void heal() {
        error.set(null);
    }

    @Nullable
    StoreException error() {
        return error.get();
    }

    void checkOpen() throws StoreException {
        if (closed) {
            throw new StoreException(Kind.CLOSED, "store.closed", "the store is closed: open it again");
        }
    }

    void checkWritable() throws StoreException {
        checkOpen();
        StoreException cause = error.get();
        if (cause != null) {
            throw new StoreException(
                    cause.kind(),
                    "store.background-error",
                    "writes are stopped, since a flush failed for good: " + cause.getMessage()
                            + "; remove the cause, then call resume()",
                    cause);
        }
    }
}
