// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** Threads that wait until what a lock guards has changed, each for so long at most. Safe for concurrent use. */
final class ChangeWait {
    private final ReentrantLock lock;
    private final Condition changed;

    ChangeWait(ReentrantLock lock) {
        this.lock = lock;
        this.changed = lock.newCondition();
    }

    /** What ends a wait early by throwing. Runs with the lock held, at each look. */
    interface Check {
        void run() throws StoreException;
    }

    /** Makes all who wait look again. */
    void tell() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits while {@code held} holds, of which it looks with the lock held.
     *
     * @param nanos at most so long
     * @return whether it holds no more
     */
    boolean awaitWhile(BooleanSupplier held, long nanos, Check check) throws StoreException {
        lock.lock();
        try {
            long left = nanos;
            while (held.getAsBoolean()) {
                check.run();
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } catch (InterruptedException e) {
            throw interrupted(e);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for what others complete. With no lock held.
     *
     * @param nanos at most so long
     * @return whether it is complete
     */
    static boolean await(CompletableFuture<Void> running, long nanos) throws StoreException {
        try {
            var unused = running.get(nanos, TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a memtable can't be switched", e.getCause());
        }
    }

    private static StoreException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new StoreException(
                Kind.BUSY, "store.interrupted", "the thread was interrupted while it waited for a flush", e);
    }
}
