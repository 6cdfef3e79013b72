// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class EstimatesTest {
    private static final RemoteCompactionSettings SETTINGS = RemoteCompactionSettings.builder()
            .httpWorkers(List.of(RemoteWorker.of("http://a")))
            .build();

    private static long seconds(double seconds) {
        return (long) (seconds * 1e9);
    }

    @Tag("B38")
    @Test
    void shouldAdaptTheSpeedToEachColumnFamily() {
        SpeedEstimate speeds = new SpeedEstimate();
        assertThat(speeds.of("x", 10e6)).isEqualTo(10e6);
        for (int i = 0; i < 30; i++) {
            speeds.measured("x", 100_000_000, seconds(1));
            speeds.measured("y", 1_000_000, seconds(1));
        }
        assertThat(speeds.of("x", 10e6)).isCloseTo(100e6, within(1e6));
        assertThat(speeds.of("y", 10e6)).isCloseTo(1e6, within(1e4));
        for (int i = 0; i < 30; i++) {
            speeds.measured("x", 50_000_000, seconds(1));
        }
        assertThat(speeds.of("x", 10e6)).isCloseTo(50e6, within(1e6));
        speeds.measured("z", 0, seconds(1));
        speeds.measured("z", 1, 0);
        assertThat(speeds.of("z", 10e6)).isEqualTo(10e6);
    }

    @Tag("B37")
    @Test
    void shouldGiveAnAttemptTheLargestOfTheThreeTimes() {
        // 10 × 100 MB ÷ 10 MB/s
        assertThat(AttemptDeadline.limit(SETTINGS, 10e6, 100_000_000)).isEqualTo(Duration.ofSeconds(100));
        assertThat(AttemptDeadline.limit(SETTINGS, 10e6, 1000)).isEqualTo(SETTINGS.overallTimeout());
        RemoteCompactionSettings slowAnswers =
                SETTINGS.toBuilder().httpTimeout(Duration.ofSeconds(7)).build();
        assertThat(AttemptDeadline.limit(slowAnswers, 10e6, 1000)).isEqualTo(Duration.ofSeconds(7));
        assertThat(AttemptDeadline.limit(SETTINGS, 1, Long.MAX_VALUE)).isEqualTo(RemoteCompactionSettings.MAX_TIME);
    }

    @Tag("B37")
    @Test
    void shouldPutTheDeadlineOffWithProgress() {
        AttemptDeadline deadline = new AttemptDeadline(SETTINGS, 10e6, 100_000_000, 0);
        assertThat(deadline.remainingNanos(seconds(99))).isEqualTo(seconds(1));
        deadline.progressed(50_000_000, seconds(99));
        assertThat(deadline.remainingNanos(seconds(99))).isEqualTo(seconds(50));
        deadline.progressed(50_000_000, seconds(148)); // none
        deadline.progressed(50_000_001, seconds(148)); // none worth the name
        deadline.progressed(40_000_000, seconds(148)); // late
        assertThat(deadline.remainingNanos(seconds(149))).isZero();
        deadline.progressed(Long.MAX_VALUE, seconds(148));
        assertThat(deadline.remainingNanos(seconds(148))).isEqualTo(seconds(5)); // the least
        deadline.progressed(Long.MAX_VALUE, seconds(152));
        assertThat(deadline.remainingNanos(seconds(153))).isZero();
        deadline.start(seconds(200));
        assertThat(deadline.remainingNanos(seconds(200))).isEqualTo(seconds(100));
    }

    @Tag("B50")
    @Test
    @Timeout(60)
    void shouldLetOneAlertThroughInEachInterval() throws InterruptedException {
        AtomicLong clock = new AtomicLong();
        AlertLimiter limiter = new AlertLimiter(clock::get);
        Duration interval = Duration.ofSeconds(60);
        for (int round = 0; round < 200; round++) {
            AtomicInteger alerts = new AtomicInteger();
            CountDownLatch begin = new CountDownLatch(1);
            var threads = Executors.newFixedThreadPool(4);
            for (int i = 0; i < 4; i++) {
                threads.execute(() -> {
                    try {
                        begin.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    if (limiter.tryAcquire(interval)) {
                        alerts.incrementAndGet();
                    }
                });
            }
            begin.countDown();
            threads.shutdown();
            assertThat(threads.awaitTermination(30, java.util.concurrent.TimeUnit.SECONDS))
                    .isTrue();
            assertThat(alerts).hasValue(1);
            clock.addAndGet(interval.toNanos() - 1);
            assertThat(limiter.tryAcquire(interval)).isFalse();
            clock.addAndGet(1);
        }
    }
}
