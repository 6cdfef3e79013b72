// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Whether a store takes calls: until it is closed; flushes: unless one failed for good, or for want of space; and writes:
 * unless flushes are stopped, or the write-ahead log failed.
 * Safe for concurrent use.
 */
final class Health {
    private final AtomicReference<@Nullable Failure> failure = new AtomicReference<>();
    private final AtomicReference<@Nullable StoreException> logFailure = new AtomicReference<>();
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

    /** Allows flushes again, and writes as far as these. */
    void heal() {
        failure.set(null);
    }

    /** Refuses writes until {@link #healLog()}; false where the log had failed before. */
    boolean failLog(StoreException cause) {
        return logFailure.compareAndSet(null, cause);
    }

    /** Allows writes again as far as the log. */
    void healLog() {
        logFailure.set(null);
    }

    /** Why flushes are stopped, or null. */
    @Nullable
    StoreException flushError() {
        Failure current = failure.get();
        return current == null ? null : current.cause;
    }

    /** Why writes are stopped, or null. */
    @Nullable
    StoreException error() {
        StoreException ofFlush = flushError();
        return ofFlush == null ? logFailure.get() : ofFlush;
    }

    /** Throws where nothing is flushed. */
    void checkFlushable() throws StoreException {
        checkOpen();
        if (failure.get() != null) {
            checkWritable();
        }
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
        StoreException ofLog = logFailure.get();
        if (ofLog != null) {
            throw new StoreException(
                    ofLog.kind(),
                    "store.background-error",
                    "writes are stopped, since the write-ahead log failed: " + ofLog.getMessage()
                            + "; remove the cause, then call resume()",
                    ofLog);
        }
    }
}
