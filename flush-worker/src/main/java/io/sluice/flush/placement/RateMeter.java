// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.placement;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.function.LongSupplier;

/**
 * Bytes per second over the last few seconds, in slots of half a second. Safe for concurrent use.
 *
 * <p>Invariant: slot {@code i} holds what was added in the half second {@code n} with {@code n % SLOTS == i}, for the
 * last {@code SLOTS} half seconds up to {@code current}; older ones are zero.
 */
public final class RateMeter {
    private static final int SLOTS = 8;
    private static final long SLOT_NANOS = 500_000_000L;
    private static final double WINDOW_SECONDS = SLOTS * SLOT_NANOS / 1e9;

    private final LongSupplier nanoClock;
    private final long origin;

    @GuardedBy("this")
    private final long[] slots = new long[SLOTS];

    @GuardedBy("this")
    private long current;

    /** A meter that starts at 0. */
    public RateMeter(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.origin = nanoClock.getAsLong();
    }

    /** Counts bytes that were written just now. */
    public synchronized void add(long bytes) {
        advance();
        slots[(int) (current % SLOTS)] += bytes;
    }

    /** Bytes per second lately. */
    public synchronized long bytesPerSecond() {
        advance();
        double sum = 0;
        for (long slot : slots) {
            sum += slot;
        }
        return (long) (sum / WINDOW_SECONDS);
    }

    @GuardedBy("this")
    private void advance() {
        long now = (nanoClock.getAsLong() - origin) / SLOT_NANOS;
        for (long slot = Math.max(current + 1, now - SLOTS + 1); slot <= now; slot++) {
            slots[(int) (slot % SLOTS)] = 0;
        }
        current = Math.max(current, now);
    }
}
