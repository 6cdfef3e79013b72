// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import java.time.Duration;

/** How long to wait before something that failed is tried again: twice as long after each failure, up to a bound. */
final class RetryPause {
    private static final Duration MAX = Duration.ofMinutes(1);

    private RetryPause() {}

    /** The pause after so many failures in a row, ns; {@code first} is that after one. */
    static long nanos(Duration first, int failures) {
        long doubled = first.toNanos() << Math.min(failures - 1, 20);
        return Math.max(first.toNanos(), Math.min(doubled, MAX.toNanos()));
    }
}
