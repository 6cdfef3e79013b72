// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.write.WriteRate;
import java.util.function.LongSupplier;

/**
 * Sets the rate of delayed writes: lower while the bytes that wait for compaction grow, higher while they shrink, by the
 * rules of {@code SetupDelay} and {@code RecalculateWriteStallConditions} in db/column_family.cc. Safe for concurrent
 * use.
 */
final class WriteController {
    private static final long MIN_RATE = 16 << 10;
    private static final double GROWING = 0.8;
    private static final double SHRINKING = 1 / GROWING;
    private static final double NEAR_STOP = 0.6;
    private static final double RECOVERED = 1.4;

    private final WriteRate rate;
    private final LongSupplier nanoClock;

    @GuardedBy("this")
    private long maxRate;

    @GuardedBy("this")
    private int delayed;

    @GuardedBy("this")
    private int stopped;

    /**
     * What a column family's new pressure follows from.
     *
     * @param nearStop whether it is about to stop writes
     * @param pendingBefore bytes that waited for compaction at the last look
     * @param pending those that wait now
     * @param compacts whether automatic compactions are on
     */
    record Debt(boolean nearStop, long pendingBefore, long pending, boolean compacts) {}

    /** A controller of {@code rate}, which stands at {@code delayed_write_rate}. */
    WriteController(WriteRate rate, LongSupplier nanoClock) {
        this.rate = rate;
        this.nanoClock = nanoClock;
        this.maxRate = rate.bytesPerSecond();
    }

    /** {@code delayed_write_rate}. */
    synchronized long maxRate() {
        return maxRate;
    }

    /** Sets {@code delayed_write_rate}. */
    synchronized void maxRate(long bytesPerSecond) {
        maxRate = bytesPerSecond;
        rate.bytesPerSecond(bytesPerSecond, nanoClock.getAsLong());
    }

    /** Takes note of a column family's pressure, also where it stays the same. */
    synchronized void update(WritePressure before, WritePressure now, Debt debt) {
        boolean wasStopped = stopped > 0;
        boolean wasDelayed = delayed > 0;
        stopped += (now.isStopped() ? 1 : 0) - (before.isStopped() ? 1 : 0);
        delayed += (now.isDelayed() ? 1 : 0) - (before.isDelayed() ? 1 : 0);
        long time = nanoClock.getAsLong();
        if (wasDelayed && delayed == 0) {
            rate.clear(time);
        }
        if (now.isDelayed()) {
            rate.bytesPerSecond(delayedRate(debt, wasStopped || debt.nearStop(), wasDelayed), time);
        } else if (now == WritePressure.NONE && wasDelayed) {
            rate.bytesPerSecond(scaled(RECOVERED), time);
        }
    }

    @GuardedBy("this")
    private long delayedRate(Debt debt, boolean penalize, boolean wasDelayed) {
        if (!debt.compacts()) {
            return maxRate;
        }
        if (!wasDelayed || maxRate <= MIN_RATE) {
            return rate.bytesPerSecond();
        }
        if (penalize) {
            return scaled(NEAR_STOP);
        }
        if (debt.pendingBefore() > 0 && debt.pendingBefore() <= debt.pending()) {
            return scaled(GROWING);
        }
        return debt.pendingBefore() > debt.pending() ? scaled(SHRINKING) : rate.bytesPerSecond();
    }

    @GuardedBy("this")
    private long scaled(double factor) {
        long wanted = (long) (rate.bytesPerSecond() * factor);
        return Math.min(maxRate, Math.max(wanted, Math.min(MIN_RATE, maxRate)));
    }
}
