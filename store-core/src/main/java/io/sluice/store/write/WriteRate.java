// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

import java.util.concurrent.atomic.AtomicLong;

/** Spreads writes over time, to so many bytes per second. Lock-free. Safe for concurrent use. */
public final class WriteRate {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final AtomicLong freeAt;
    private volatile long bytesPerSecond;

    /** A rate in bytes per second, above 0, from {@code now} (ns) on. */
    public WriteRate(long bytesPerSecond, long now) {
        this.bytesPerSecond = bytesPerSecond;
        this.freeAt = new AtomicLong(now);
    }

    /** Bytes per second. */
    public long bytesPerSecond() {
        return bytesPerSecond;
    }

    /** Sets the rate, above 0, for the writes to come; those that have their turns ahead of them count at the new one. */
    public void bytesPerSecond(long rate, long now) {
        double factor = (double) bytesPerSecond / rate;
        bytesPerSecond = rate;
        freeAt.updateAndGet(seen -> seen - now > 0 ? now + (long) ((seen - now) * factor) : seen);
    }

    /** Forgets the turns taken: those who have them wait no more. */
    public void clear(long now) {
        freeAt.set(now);
    }

    /** Takes a turn for a write, and returns how long it must wait for it, in ns; 0 for not at all. */
    public long reserve(long bytes, long now) {
        double length = (double) bytes * NANOS_PER_SECOND / bytesPerSecond;
        for (; ; ) {
            long seen = freeAt.get();
            long start = seen - now > 0 ? seen : now;
            if (freeAt.compareAndSet(seen, start + (long) length)) {
                return start - now;
            }
        }
    }
}
