// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import io.sluice.cli.load.LoadProgress.Phase;
import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Shows how far a load is: a bar for each phase on a terminal, a line every few seconds elsewhere. For one thread. */
public final class ProgressView implements AutoCloseable {
    private static final long LINE_INTERVAL_NS = 3_000_000_000L;
    private static final int WIDTH = 90;

    private final PrintStream out;
    private final boolean terminal;
    private final LongSupplier nanoClock;
    private @Nullable Phase shown;
    private @Nullable ProgressBar bar;
    private long lastLine;

    /**
     * Creates a view.
     *
     * @param out stderr, in general
     * @param terminal whether it is one; the launcher knows
     * @param nanoClock for the lines' interval
     */
    public ProgressView(PrintStream out, boolean terminal, LongSupplier nanoClock) {
        this.out = out;
        this.terminal = terminal;
        this.nanoClock = nanoClock;
    }

    /** The view of this process's stderr. */
    public static ProgressView ofStderr() {
        return new ProgressView(System.err, Boolean.getBoolean("sluice.terminal"), System::nanoTime);
    }

    /** Shows a state; {@code total} is 0 where it is not known. */
    public void show(Phase phase, long done, long total) {
        if (terminal) {
            showBar(phase, done, total);
        } else if (phase != shown || nanoClock.getAsLong() - lastLine >= LINE_INTERVAL_NS) {
            out.printf(
                    Locale.ROOT,
                    "sluice: %s%s%n",
                    word(phase),
                    phase == Phase.WRITE || phase == Phase.VERIFY ? counts(done, total) : "");
            lastLine = nanoClock.getAsLong();
        }
        shown = phase;
    }

    private void showBar(Phase phase, long done, long total) {
        if (phase != shown || bar == null) {
            close();
            bar = new ProgressBarBuilder()
                    .setTaskName(String.format(Locale.ROOT, "%-15s", word(phase)))
                    .setInitialMax(total == 0 ? -1 : total)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(200)
                    .setConsumer(new ConsoleProgressBarConsumer(out, WIDTH))
                    .showSpeed()
                    .build();
        }
        bar.stepTo(done);
    }

    private static String counts(long done, long total) {
        return total == 0
                ? String.format(Locale.ROOT, " %,d", done)
                : String.format(Locale.ROOT, " %,d of %,d", done, total);
    }

    private static String word(Phase phase) {
        return switch (phase) {
            case OPEN -> "opening";
            case WRITE -> "writing";
            case FLUSH -> "flushing";
            case VERIFY -> "reading back";
        };
    }

    /** Ends the bar's line. */
    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
