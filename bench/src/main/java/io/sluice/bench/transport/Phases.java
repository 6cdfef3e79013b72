// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * A run of one side: first it warms up, then it counts. Used by one thread. Times are of {@link System#nanoTime}. What is
 * recorded while warming up goes the same way and is thrown away, so that nothing is new when it counts.
 */
final class Phases {
    private static final long HIGHEST_NS = 60_000_000_000L;

    private final long warmUpNs;
    private final long measureNs;
    private final LongSupplier garbage;
    private final Histogram histogram = new Histogram(HIGHEST_NS, 3);
    private long startNs;
    private long endNs;
    private long operations;
    private long garbageBefore;
    private boolean counting;
    private @Nullable Measurement result;

    Phases(Load load, LongSupplier garbage) {
        this.warmUpNs = load.warmUpMillis * 1_000_000L;
        this.measureNs = load.millis * 1_000_000L;
        this.garbage = garbage;
    }

    /** Begins to warm up. */
    void start(long nowNs) {
        startNs = nowNs;
        endNs = nowNs + warmUpNs;
    }

    /** An operation that took so long has ended at {@code nowNs}; false where it was the last one. */
    boolean record(long tookNs, long nowNs) {
        histogram.recordValue(Math.min(Math.max(tookNs, 0), HIGHEST_NS));
        return count(1, nowNs);
    }

    /** Operations whose times don't count have ended; false where they were the last. */
    boolean count(long more, long nowNs) {
        operations += more;
        return nowNs - endNs < 0 || nextPhase(nowNs);
    }

    private boolean nextPhase(long nowNs) {
        if (counting) {
            long bytes = garbage.getAsLong() - garbageBefore;
            result = new Measurement(operations, (nowNs - startNs) / 1e9, bytes, histogram);
            return false;
        }
        counting = true;
        histogram.reset();
        operations = 0;
        garbageBefore = garbage.getAsLong();
        startNs = nowNs;
        endNs = nowNs + measureNs;
        return true;
    }

    /** Whether what ends now counts. */
    boolean isCounting() {
        return counting;
    }

    /** What was measured; after the last operation. */
    Measurement result() {
        if (result == null) {
            throw new IllegalStateException("not ended");
        }
        return result;
    }
}
