// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Lets one alert through in each interval, whoever asks. Safe for concurrent use. */
final class AlertLimiter {
    private final LongSupplier nanoClock;

    @GuardedBy("this")
    private long last;

    @GuardedBy("this")
    private boolean any;

    AlertLimiter(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /** Whether this alert may go out. */
    synchronized boolean tryAcquire(Duration interval) {
        long now = nanoClock.getAsLong();
        if (any && now - last < interval.toNanos()) {
            return false;
        }
        last = now;
        any = true;
        return true;
    }
}
