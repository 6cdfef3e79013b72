// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A number that many threads write, alone in its cache lines: beside fields that searches read, each write would take
 * those from the searching processors too. Safe for concurrent use.
 */
final class PaddedLong {
    /** Longs in 128 bytes: processors fetch lines of 64 in pairs. */
    private static final int PADDING = 16;

    private final AtomicLongArray cells = new AtomicLongArray(PADDING + 1 + PADDING);

    PaddedLong(long initial) {
        cells.set(PADDING, initial);
    }

    long get() {
        return cells.get(PADDING);
    }

    long getAndSet(long value) {
        return cells.getAndSet(PADDING, value);
    }

    long incrementAndGet() {
        return cells.incrementAndGet(PADDING);
    }

    long decrementAndGet() {
        return cells.decrementAndGet(PADDING);
    }

    boolean compareAndSet(long expected, long value) {
        return cells.compareAndSet(PADDING, expected, value);
    }

    /** Raises the number to {@code value} where it is below. */
    void raise(long value) {
        for (long seen = get(); seen < value; seen = get()) {
            compareAndSet(seen, value);
        }
    }
}
