// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;

/**
 * Bounds the bytes that flushes and compactions write in a second: RocksDB's {@code rate_limiter}. Bytes are given out in
 * small amounts, in the order of asking; those of high priority go before those of low. Safe for concurrent use.
 */
public final class RateLimiter {
    /** The time that one amount is for, ns; RocksDB's refill period. */
    private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final LongSupplier nanoClock;
    private final Map<Priority, AtomicLong> passed = new EnumMap<>(Priority.class);
    private volatile long bytesPerSecond;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** From when on the next bytes may pass; not far in the past, so that idle time is not saved up. */
    @GuardedBy("lock")
    private long freeAt;

    @GuardedBy("lock")
    private int highWaiting;

    @GuardedBy("lock")
    private boolean closed;

    /** Who goes first. */
    public enum Priority {
        /** Flushes, which writes wait for. */
        HIGH,
        /** Compactions. */
        LOW
    }

    /**
     * A limiter.
     *
     * @param bytesPerSecond 0 for no limit
     */
    public RateLimiter(long bytesPerSecond, LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.bytesPerSecond = bytesPerSecond;
        this.freeAt = nanoClock.getAsLong();
        for (Priority priority : Priority.values()) {
            passed.put(priority, new AtomicLong());
        }
    }

    /** Bytes per second, 0 for no limit. */
    public long bytesPerSecond() {
        return bytesPerSecond;
    }

    /** Sets the limit for bytes to come, 0 for none. */
    public void bytesPerSecond(long rate) {
        lock.lock();
        try {
            bytesPerSecond = rate;
            freeAt = nanoClock.getAsLong();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Bytes that passed. */
    public long bytesThrough(Priority priority) {
        return counter(priority).get();
    }

    /** Returns when so many bytes may be written. */
    public void request(long bytes, Priority priority) throws IOException {
        counter(priority).addAndGet(bytes);
        long left = bytes;
        while (left > 0 && bytesPerSecond > 0) {
            left -= take(left, priority);
        }
    }

    /** A file whose appends wait for their turn. It closes {@code file}. */
    public WritableFile limit(WritableFile file, Priority priority) {
        return new LimitedFile(file, priority);
    }

    /** Lets everybody pass from now on: who waits should end soon. */
    public void close() {
        lock.lock();
        try {
            closed = true;
            bytesPerSecond = 0;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for an amount of at most {@code wanted} bytes; returns how many it was. */
    private long take(long wanted, Priority priority) throws IOException {
        int high = priority == Priority.HIGH ? 1 : 0;
        lock.lock();
        try {
            highWaiting += high;
            try {
                return awaitTurn(wanted, high > 0);
            } finally {
                highWaiting -= high;
                changed.signalAll();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the thread was interrupted while it waited for the rate limiter", e);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private long awaitTurn(long wanted, boolean isHigh) throws InterruptedException {
        for (; ; ) {
            long rate = bytesPerSecond;
            if (rate <= 0 || closed) {
                return wanted;
            }
            long now = nanoClock.getAsLong();
            long wait = freeAt - now;
            if (wait <= 0 && (isHigh || highWaiting == 0)) {
                long amount = Math.min(wanted, Math.max(1, rate * PERIOD_NANOS / NANOS_PER_SECOND));
                freeAt = Math.max(freeAt, now - PERIOD_NANOS) + (long) ((double) amount / rate * NANOS_PER_SECOND);
                return amount;
            }
            long unused = changed.awaitNanos(wait > 0 ? wait : PERIOD_NANOS); // a high one that is done signals
        }
    }

    private AtomicLong counter(Priority priority) {
        AtomicLong counter = passed.get(priority);
        if (counter == null) {
            throw new AssertionError("no counter for " + priority);
        }
        return counter;
    }

    private final class LimitedFile implements WritableFile {
        private final WritableFile file;
        private final Priority priority;

        LimitedFile(WritableFile file, Priority priority) {
            this.file = file;
            this.priority = priority;
        }

        @Override
        public void append(DirectBuffer source, int offset, int length) throws IOException {
            request(length, priority);
            file.append(source, offset, length);
        }

        @Override
        public long position() {
            return file.position();
        }

        @Override
        public void flush() throws IOException {
            file.flush();
        }

        @Override
        public void sync() throws IOException {
            file.sync();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
