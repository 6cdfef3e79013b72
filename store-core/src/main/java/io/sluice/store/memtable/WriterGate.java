// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import java.util.concurrent.CompletableFuture;

/**
 * Counts the writers inside, and closes: after that nobody enters, and whoever wants to know is told when all have left.
 *
 * <p>Thread safety: any thread may enter and leave; several may close.
 */
final class WriterGate {
    private static final long CLOSED = 1L << 32;

    /** The writers inside, and the bit that lets no more in. */
    private final PaddedLong state = new PaddedLong(0);

    private final CompletableFuture<Void> empty = new CompletableFuture<>();

    /** Lets a writer in, unless the gate is closed. */
    boolean tryEnter() {
        if (isClosed()) {
            return false;
        }
        if ((state.incrementAndGet() & CLOSED) == 0) {
            return true;
        }
        exit();
        return false;
    }

    /** Lets a writer out. */
    void exit() {
        if (state.decrementAndGet() == CLOSED) {
            empty.complete(null);
        }
    }

    /** Whether it is closed, with writers inside perhaps. */
    boolean isClosed() {
        return (state.get() & CLOSED) != 0;
    }

    /**
     * Closes. What is returned completes when the last writer has left, on that one's thread unless all have left already.
     */
    CompletableFuture<Void> close() {
        long seen = state.get();
        while ((seen & CLOSED) == 0 && !state.compareAndSet(seen, seen | CLOSED)) {
            seen = state.get();
        }
        if (state.get() == CLOSED) {
            empty.complete(null);
        }
        return empty;
    }
}
