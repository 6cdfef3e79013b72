// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.memory.MemoryPool;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Where writes wait for the memtables' pool. A writer that found no memory registers, tries again, and waits only if it
 * failed once more, so that no release in between is missed. Safe for concurrent use.
 */
final class MemoryWait {
    private static final long LOOK_NANOS = 100_000_000;

    private final MemoryPool pool;
    private final Health health;
    private final BooleanSupplier nothingToFlush;
    private final long limitNanos;
    private final LongSupplier nanoClock;
    private final Consumer<Boolean> onStall;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private long releases;

    @GuardedBy("lock")
    private boolean registered;

    @GuardedBy("lock")
    private int waiting;

    @GuardedBy("lock")
    private boolean gathering;

    /**
     * Waits on a pool's memory.
     *
     * @param nothingToFlush whether no flush will give memory back: what is used then, iterators hold
     * @param limit of a wait while there is nothing to flush; the iterator may be that of the thread that waits
     * @param onStall told when the first begins to wait and the last ceases to, with the lock held
     */
    MemoryWait(
            MemoryPool pool,
            Health health,
            BooleanSupplier nothingToFlush,
            Duration limit,
            LongSupplier nanoClock,
            Consumer<Boolean> onStall) {
        this.pool = pool;
        this.health = health;
        this.nothingToFlush = nothingToFlush;
        this.limitNanos = limit.toNanos();
        this.nanoClock = nanoClock;
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

    /**
     * Waits for a release after the ticket was drawn, or for the store's end.
     *
     * @param reliever seals and flushes something; returns at once. Asked now, and again while nothing comes: what it has
     *     flushed an iterator may hold
     * @throws StoreException {@code BUSY} {@code store.memory.held} where only iterators hold memory, and go on to
     */
    void await(long ticket, Runnable reliever) throws StoreException {
        reliever.run();
        await(() -> isReleased(ticket), reliever);
    }

    /**
     * Waits until nobody gathers memory, and says that the caller does, until {@link #endGathering()}.
     *
     * @throws StoreException as {@link #await}
     */
    void beginGathering() throws StoreException {
        await(this::isMyTurn, () -> {}); // who gathers asks for relief
    }

    /** Lets the next one gather. */
    void endGathering() {
        synchronized (lock) {
            gathering = false;
            lock.notifyAll();
        }
    }

    private void await(BooleanSupplier isOver, Runnable reliever) throws StoreException {
        changeWaiting(1);
        try {
            long heldFrom = 0;
            boolean isHeld = false;
            while (!isOverSoon(isOver)) {
                boolean wasHeld = isHeld;
                isHeld = nothingToFlush.getAsBoolean(); // not under the lock, which releases take under others
                long now = nanoClock.getAsLong();
                if (isHeld && !wasHeld) {
                    heldFrom = now;
                } else if (isHeld && now - heldFrom >= limitNanos) {
                    throw new StoreException(
                            Kind.BUSY,
                            "store.memory.held",
                            "all memtables are flushed, and iterators hold the memory of flushed ones, " + pool.inUse()
                                    + " of " + pool.capacity()
                                    + " bytes: close iterators that are open for long, or raise db_write_buffer_size");
                }
                if (!isHeld) {
                    reliever.run();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(
                    Kind.BUSY, "store.interrupted", "the thread was interrupted while it waited for memory", e);
        } finally {
            changeWaiting(-1);
        }
    }

    /** Waits until the next look, or until it is over. */
    private boolean isOverSoon(BooleanSupplier isOver) throws StoreException, InterruptedException {
        long look = nanoClock.getAsLong() + Math.min(LOOK_NANOS, limitNanos);
        synchronized (lock) {
            for (; ; ) {
                health.checkWritable();
                if (isOver.getAsBoolean()) {
                    return true;
                }
                long left = look - nanoClock.getAsLong();
                if (left <= 0) {
                    return false;
                }
                lock.wait(1 + left / 1_000_000);
            }
        }
    }

    private boolean isReleased(long ticket) {
        synchronized (lock) {
            return releases != ticket;
        }
    }

    /** Whether it is, now: takes it then. */
    private boolean isMyTurn() {
        synchronized (lock) {
            boolean free = !gathering;
            gathering = true;
            return free;
        }
    }

    private void changeWaiting(int by) {
        synchronized (lock) {
            int before = waiting;
            waiting += by;
            if ((before == 0) != (waiting == 0)) {
                onStall.accept(waiting != 0);
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
