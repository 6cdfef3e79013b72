// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Whether a store takes calls: until it is closed; and writes: unless a flush failed for good, or for want of space.
 * Safe for concurrent use.
 */
final class Health {
    private final AtomicReference<@Nullable Failure> failure = new AtomicReference<>();
    private volatile boolean closed;

    /**
     * Why writes are stopped.
     *
     * @param retried whether it is tried again here, and so may pass by itself
     */
    private record Failure(StoreException cause, boolean retried) {}

    /** Refuses every call from now on; false where it was closed before. */
    synchronized boolean close() {
        boolean first = !closed;
        closed = true;
        return first;
    }

    boolean isClosed() {
        return closed;
    }

    /** Refuses writes until {@link #heal()}; false where they were refused before. */
    boolean fail(StoreException cause) {
        Failure before = failure.get();
        if (before != null && !before.retried) {
            return false; // the first error stays
        }
        failure.set(new Failure(cause, false));
        return before == null;
    }

    /** Refuses writes until {@link #recover()} or {@link #heal()}; false where they were refused before. */
    boolean suspend(StoreException cause) {
        return failure.compareAndSet(null, new Failure(cause, true));
    }

    /** Allows writes again where they were only suspended; what they were suspended for, or null. */
    @Nullable
    StoreException recover() {
        Failure before = failure.get();
        return before != null && before.retried && failure.compareAndSet(before, null) ? before.cause : null;
    }

    /** Allows writes again. */
    void heal() {
        failure.set(null);
    }

    @Nullable
    StoreException error() {
        Failure current = failure.get();
        return current == null ? null : current.cause;
    }

    void checkOpen() throws StoreException {
        if (closed) {
            throw new StoreException(Kind.CLOSED, "store.closed", "the store is closed: open it again");
        }
    }

    void checkWritable() throws StoreException {
        checkOpen();
        Failure current = failure.get();
        if (current != null) {
            throw current.retried
                    ? new StoreException(
                            current.cause.kind(),
                            "store.background-error",
                            "writes are stopped until a flush succeeds, which is tried again by itself: "
                                    + current.cause.getMessage(),
                            current.cause)
                    : new StoreException(
                            current.cause.kind(),
                            "store.background-error",
                            "writes are stopped, since a flush or a compaction failed for good: "
                                    + current.cause.getMessage() + "; remove the cause, then call resume()",
                            current.cause);
        }
    }
}
