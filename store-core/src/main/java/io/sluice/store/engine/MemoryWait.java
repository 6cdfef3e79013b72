// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.memory.MemoryPool;
import java.util.function.Consumer;

/**
 * Where writes wait for the memtables' pool. A writer that found no memory registers, tries again, and waits only if it
 * failed once more, so that no release in between is missed. Safe for concurrent use.
 */
final class MemoryWait {
    private final MemoryPool pool;
    private final Health health;
    private final Consumer<Boolean> onStall;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private long releases;

    @GuardedBy("lock")
    private boolean registered;

    @GuardedBy("lock")
    private int waiting;

    /** {@code onStall} is told when the first begins to wait and the last ceases to, with the lock held. */
    MemoryWait(MemoryPool pool, Health health, Consumer<Boolean> onStall) {
        this.pool = pool;
        this.health = health;
        this.onStall = onStall;
    }

    /** A ticket that tells {@link #await} which releases are not news. */
    long register() {
        synchronized (lock) {
            if (!registered) {
                registered = true;
                pool.onRelease(this::released);
            }
            return releases;
        }
    }

    /** Waits for a release after the ticket was drawn, or for the store's end. */
    void await(long ticket) throws StoreException {
        synchronized (lock) {
            if (waiting++ == 0) {
                onStall.accept(true);
            }
            try {
                while (releases == ticket) {
                    health.checkWritable();
                    lock.wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StoreException(
                        Kind.BUSY, "store.interrupted", "the thread was interrupted while it waited for memory", e);
            } finally {
                if (--waiting == 0) {
                    onStall.accept(false);
                }
            }
        }
    }

    /** Makes all who wait look again. */
    void wake() {
        synchronized (lock) {
            lock.notifyAll();
        }
    }

    private void released() {
        synchronized (lock) {
            registered = false;
            releases++;
            lock.notifyAll();
        }
    }
}
