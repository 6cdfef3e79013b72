// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
    @Test
    void shouldLetAllPassWithoutALimit() throws Exception {
        RateLimiter limiter = new RateLimiter(0, () -> 0);
        limiter.request(1L << 40, RateLimiter.Priority.LOW);
        assertThat(limiter.bytesThrough(RateLimiter.Priority.LOW)).isEqualTo(1L << 40);
        assertThat(limiter.bytesThrough(RateLimiter.Priority.HIGH)).isZero();
    }

    @Test
    void shouldSpreadBytesOverTime() throws Exception {
        long start = System.nanoTime();
        RateLimiter limiter = new RateLimiter(1 << 20, System::nanoTime);
        for (int i = 0; i < 8; i++) {
            limiter.request(64 << 10, RateLimiter.Priority.LOW);
        }
        // half a second's worth, less two periods that may be due at once
        assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(250));
    }

    @Test
    void shouldLetWaitersPassWhenTheLimitGoes() throws Exception {
        RateLimiter limiter = new RateLimiter(1, System::nanoTime);
        CompletableFuture<Void> done = CompletableFuture.runAsync(() -> {
            try {
                limiter.request(1000, RateLimiter.Priority.LOW);
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        limiter.bytesPerSecond(0);
        done.get(10, TimeUnit.SECONDS);
    }

    @Test
    void shouldPreferHighPriority() throws Exception {
        RateLimiter limiter = new RateLimiter(100 << 10, System::nanoTime);
        limiter.request(30 << 10, RateLimiter.Priority.LOW); // uses up what is due
        CompletableFuture<Long> low = timed(limiter, RateLimiter.Priority.LOW);
        CompletableFuture<Long> high = timed(limiter, RateLimiter.Priority.HIGH);
        assertThat(high.get(10, TimeUnit.SECONDS)).isLessThan(low.get(10, TimeUnit.SECONDS));
    }

    private static CompletableFuture<Long> timed(RateLimiter limiter, RateLimiter.Priority priority) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        limiter.request(40 << 10, priority);
                        return System.nanoTime();
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                },
                task -> new Thread(task).start());
    }
}
