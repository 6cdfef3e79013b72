// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.tool;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Tells on stderr how far a tool is: a line every few seconds, none where it takes less. Used by one thread. */
public final class Progress {
    private static final long INTERVAL_NS = 3_000_000_000L;
    /** Calls between looks at the clock. */
    private static final int STRIDE_MASK = 0xfff;

    private final PrintWriter err;
    private final LongSupplier nanoClock;
    private String phase = "";
    private long count;
    private long lastLine;

    /** Starts its clock. */
    public Progress(PrintWriter err, LongSupplier nanoClock) {
        this.err = err;
        this.nanoClock = nanoClock;
        this.lastLine = nanoClock.getAsLong();
    }

    /** Names what is being done from now on. */
    public void phase(String name) {
        phase = name;
        count = 0;
        tell();
    }

    /** Counts an entry. */
    public void entry() {
        if ((++count & STRIDE_MASK) == 0) {
            tell();
        }
    }

    private void tell() {
        long now = nanoClock.getAsLong();
        if (now - lastLine >= INTERVAL_NS) {
            lastLine = now;
            err.printf(
                    Locale.ROOT,
                    "sluice: %s%s%n",
                    phase,
                    count == 0 ? "" : String.format(Locale.ROOT, ", %,d entries", count));
            err.flush();
        }
    }
}
