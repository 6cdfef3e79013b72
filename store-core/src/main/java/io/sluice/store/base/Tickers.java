// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts by {@link Ticker}, or nothing where it is off. Safe for concurrent use; counting allocates nothing and waits for nobody. */
public final class Tickers {
    /** Counts nothing. */
    public static final Tickers OFF = new Tickers(false);

    private final boolean on;
    private final Map<Ticker, LongAdder> counts = new EnumMap<>(Ticker.class);

    /** Counts that begin at 0, or none. */
    public Tickers(boolean on) {
        this.on = on;
        for (Ticker ticker : Ticker.values()) {
            counts.put(ticker, new LongAdder());
        }
    }

    /** Whether anything is counted. */
    public boolean isOn() {
        return on;
    }

    /** Counts one. */
    public void count(Ticker ticker) {
        count(ticker, 1);
    }

    /** Counts so many. */
    public void count(Ticker ticker, long number) {
        if (on) {
            adder(ticker).add(number);
        }
    }

    /** What was counted; 0 where it is off. */
    public long of(Ticker ticker) {
        return adder(ticker).sum();
    }

    private LongAdder adder(Ticker ticker) {
        LongAdder adder = counts.get(ticker);
        if (adder == null) {
            throw new AssertionError("no counter for " + ticker);
        }
        return adder;
    }
}
