// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Counts the writers inside, and closes: after that nobody enters, and the closer waits for those inside.
 *
 * <p>Thread safety: any thread may enter and leave; several may close.
 */
final class WriterGate {
    private static final long CLOSED = 1L << 32;

    /** The writers inside, and the bit that lets no more in. */
    private final PaddedLong state = new PaddedLong(0);

    private volatile @Nullable Thread closer;

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
            LockSupport.unpark(closer);
        }
    }

    /** Whether it is closed, with writers inside perhaps. */
    boolean isClosed() {
        return (state.get() & CLOSED) != 0;
    }

    /** Closes, and returns when the last writer has left. The calling thread must not be inside. */
    synchronized void close() {
        closer = Thread.currentThread();
        long seen = state.get();
        while ((seen & CLOSED) == 0 && !state.compareAndSet(seen, seen | CLOSED)) {
            seen = state.get();
        }
        while (state.get() != CLOSED) {
            LockSupport.park(this);
        }
        closer = null;
    }
}
