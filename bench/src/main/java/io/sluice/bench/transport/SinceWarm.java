// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

/**
 * What a server counts: operations, and its thread's garbage, from the end of its warm-up to the last time it looked. It
 * looks seldom, since to ask for the garbage takes time.
 */
final class SinceWarm {
    private static final int LOOK_EACH = 1024;

    private final long warmUpNs;
    private final long lookEach;
    private long warmAtNs;
    private long seen;
    private long counted;
    private long firstGarbage;
    private long lastGarbage;
    private long firstNs;
    private long lastNs;
    private boolean warm;

    SinceWarm(Load load) {
        // Blocks are few.
        lookEach = load.mode.isOneSided() ? 1 : LOOK_EACH;
        warmUpNs = load.warmUpMillis * 1_000_000L;
    }

    /** The client is there. */
    void start() {
        warmAtNs = System.nanoTime() + warmUpNs;
    }

    /** An operation has ended. */
    void count() {
        if (++seen % lookEach == 0) {
            look();
        }
    }

    private void look() {
        long nowNs = System.nanoTime();
        if (!warm && nowNs - warmAtNs >= 0) {
            warm = true;
            firstGarbage = Garbage.ofThisThread();
            firstNs = nowNs;
            lastNs = nowNs;
            seen = 0;
        } else if (warm) {
            lastGarbage = Garbage.ofThisThread();
            counted = seen;
            lastNs = nowNs;
        }
    }

    /** What was counted so far. */
    Measurement result() {
        return counted == 0
                ? new Measurement(0, 0, -1, null)
                : new Measurement(counted, (lastNs - firstNs) / 1e9, lastGarbage - firstGarbage, null);
    }
}
