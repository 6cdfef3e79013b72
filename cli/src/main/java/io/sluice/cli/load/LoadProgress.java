// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import java.util.concurrent.atomic.LongAdder;

/** How far a load is. Counted by its threads, read by whoever shows it. */
public final class LoadProgress {
    private final LongAdder done = new LongAdder();
    private volatile Phase phase = Phase.OPEN;
    private volatile long total;

    /** What a load does, in this order. */
    public enum Phase {
        /** Opens the store. */
        OPEN,
        /** Writes. */
        WRITE,
        /** Flushes each column family. */
        FLUSH,
        /** Reads everything back. */
        VERIFY
    }

    /** Begins a phase of so many steps, 0 where their number is not known. */
    void begin(Phase next, long steps) {
        total = steps;
        done.reset();
        phase = next;
    }

    void step() {
        done.increment();
    }

    /** What it does. */
    public Phase phase() {
        return phase;
    }

    /** Steps of the phase done. */
    public long done() {
        return done.sum();
    }

    /** Steps of the phase, 0 where not known. */
    public long total() {
        return total;
    }
}
