// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.StoreException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Hands out ranges of sequence numbers and makes them visible in their order, so that a reader at {@link #visible()} sees
 * each write whole and misses none below. Lock-free; allocates nothing. Safe for concurrent use.
 *
 * <p>Invariants: (1) ranges are disjoint, ascending, and without gaps; whoever takes one publishes it, soon, and waits
 * for nothing in between. (2) {@code ends} holds, at the index of a published range's first number, its last. A range is
 * entered only when its first number is at most {@code RING} above {@code visible}, so that the entries of two ranges that
 * are not visible yet never share an index. (3) An entry that is not above {@code visible} is an old one: nothing is ever
 * cleared.
 */
public final class Sequencer {
    private static final int RING = 1024;
    private static final int SPINS = 64;
    private static final int YIELDS = 64;
    private static final long PARK_NANOS = 20_000;
    private static final VarHandle VISIBLE;

    static {
        try {
            VISIBLE = MethodHandles.lookup().findVarHandle(Sequencer.class, "visible", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final AtomicLong next;
    private final AtomicLongArray ends = new AtomicLongArray(RING);
    private volatile long visible;

    /** Goes on after {@code last}, which is visible. */
    public Sequencer(long last) {
        this.next = new AtomicLong(last + 1);
        this.visible = last;
    }

    /** The highest sequence number such that all writes up to it can be seen. */
    public long visible() {
        return visible;
    }

    /**
     * Takes {@code count} numbers, at least 1, which the caller publishes without waiting for anything.
     *
     * @return the first of them
     * @throws StoreException {@code write.sequence.exhausted} where the numbers are used up
     */
    public long take(int count) throws StoreException {
        if (next.get() > InternalKey.MAX_SEQUENCE - Integer.MAX_VALUE) {
            throw new StoreException(
                    StoreException.Kind.NOT_SUPPORTED,
                    "write.sequence.exhausted",
                    "the store has used its 2^56 sequence numbers: copy its data into a new one");
        }
        return next.getAndAdd(count);
    }

    /** Makes a range visible; returns when it is. */
    public void publish(long first, int count) {
        long last = first + count - 1;
        for (int round = 0; first - visible > RING; round++) {
            idle(round);
        }
        ends.set(index(first), last);
        for (int round = 0; advance() < last; round++) {
            idle(round);
        }
    }

    /** Moves {@code visible} over all ranges that follow it without a gap. */
    private long advance() {
        long seen = visible;
        for (; ; ) {
            long end = ends.get(index(seen + 1));
            if (end <= seen) {
                return seen;
            }
            seen = VISIBLE.compareAndSet(this, seen, end) ? end : visible;
        }
    }

    private static int index(long sequence) {
        return (int) sequence & RING - 1;
    }

    /** Waits for a writer ahead, who is between two steps of memory work, or was taken off its processor there. */
    @SuppressWarnings(
            "ThreadPriorityCheck") // a hint that helps where threads outnumber processors; nothing relies on it
    private static void idle(int round) {
        if (round < SPINS) {
            Thread.onSpinWait();
        } else if (round < SPINS + YIELDS) {
            Thread.yield();
        } else {
            LockSupport.parkNanos(PARK_NANOS);
        }
    }
}
