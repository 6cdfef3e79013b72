// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Tells where all threads are when nothing goes on for long. Its thread ends when it is closed. */
final class Watchdog implements AutoCloseable {
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final AtomicLong progress = new AtomicLong();
    private final long limitNs;
    private final Consumer<String> onHang;
    private final Thread thread = new Thread(this::watch, "stress-watchdog");
    private volatile boolean closed;

    /** Starts watching. */
    Watchdog(long limitSeconds, Consumer<String> onHang) {
        this.limitNs = TimeUnit.SECONDS.toNanos(limitSeconds);
        this.onHang = onHang;
        thread.setDaemon(true);
        thread.start();
    }

    /** Something went on. */
    void progress() {
        progress.lazySet(progress.getPlain() + 1);
    }

    private void watch() {
        long seen = -1;
        long since = System.nanoTime();
        while (!closed) {
            if (progress.get() != seen) {
                seen = progress.get();
                since = System.nanoTime();
            } else if (System.nanoTime() - since > limitNs) {
                onHang.accept("nothing went on for " + TimeUnit.NANOSECONDS.toSeconds(limitNs) + " s" + stacks());
                return;
            }
            LockSupport.parkNanos(PAUSE_NS);
        }
    }

    private static String stacks() {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<Thread, StackTraceElement[]> each :
                Thread.getAllStackTraces().entrySet()) {
            text.append(System.lineSeparator()).append(each.getKey());
            for (StackTraceElement frame : each.getValue()) {
                text.append(System.lineSeparator()).append("    at ").append(frame);
            }
        }
        return text.toString();
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        LockSupport.unpark(thread);
        thread.join();
    }
}
