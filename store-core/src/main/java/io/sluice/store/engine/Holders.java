// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts who still uses what the store gives back at its end: the store itself, its views, its flushes. So closing never
 * waits for an iterator that someone forgot, and never takes memory or files from under it. Safe for concurrent use.
 */
final class Holders {
    private final AtomicInteger count = new AtomicInteger(1);
    private final Runnable onLast;

    /** Counts one holder, the store. {@code onLast} runs once, on the thread of the last to leave. */
    Holders(Runnable onLast) {
        this.onLast = onLast;
    }

    /** Adds a holder; the caller is one, or acts for one. */
    void enter() {
        count.incrementAndGet();
    }

    void exit() {
        if (count.decrementAndGet() == 0) {
            onLast.run();
        }
    }
}
