// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Lets one alert through in each interval, whoever asks. Safe for concurrent use. */
final class AlertLimiter {
    private final LongSupplier nanoClock;
    private final AtomicLong last = new AtomicLong();
    private volatile boolean any;

    AlertLimiter(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        last.set(nanoClock.getAsLong());
    }

    /** Whether this alert may go out. */
    boolean tryAcquire(Duration interval) {
        long before = last.get();
        long now = nanoClock.getAsLong();
        if (any && now - before < interval.toNanos()) {
            return false;
        }
        if (!last.compareAndSet(before, now)) {
            return false; // another went out meanwhile
        }
        any = true;
        return true;
    }
}
