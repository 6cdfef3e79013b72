// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import java.util.concurrent.atomic.LongAdder;

/** Counts by {@link Ticker}, or nothing where it is off. Safe for concurrent use; counting allocates nothing and waits for nobody. */
public final class Tickers {
    /** Counts nothing. */
    public static final Tickers OFF = new Tickers(false);

    private final LongAdder[] counts;

    /** Counts that begin at 0, or none. */
    public Tickers(boolean on) {
        counts = new LongAdder[on ? Ticker.values().length : 0];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
        }
    }

    /** Whether anything is counted. */
    public boolean isOn() {
        return counts.length > 0;
    }

    /** Counts one. */
    public void count(Ticker ticker) {
        count(ticker, 1);
    }

    /** Counts so many. */
    public void count(Ticker ticker, long number) {
        if (counts.length > 0) {
            counts[ticker.ordinal()].add(number);
        }
    }

    /** What was counted; 0 where it is off. */
    public long of(Ticker ticker) {
        return counts.length > 0 ? counts[ticker.ordinal()].sum() : 0;
    }
}
