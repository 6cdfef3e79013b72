// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sluice.flush.placement.PlacementDriver.Placement;
import io.sluice.flush.placement.PlacementDriver.Verdict;
import io.sluice.flush.placement.WorkerRegistry.Reservation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PlacementDriverTest {
    private static final long TIMEOUT_NANOS = Duration.ofMillis(2500).toNanos();
    private static final Load BUSY_GENERATOR = new Load(0, 1000);

    private long now;
    private final WorkerRegistry registry = new WorkerRegistry(() -> now, TIMEOUT_NANOS);
    private final PlacementDriver driver = new PlacementDriver(registry, LoadLimits.DEFAULT);

    private Reservation place() {
        Placement placement = driver.place(BUSY_GENERATOR, List.of());
        assertThat(placement.verdict()).isEqualTo(Verdict.WORKER);
        return Objects.requireNonNull(placement.reservation());
    }

    private Load load(String worker) {
        return Objects.requireNonNull(registry.load(worker));
    }

    @Test
    @Tag("A24")
    void shouldAddTheSharesOfOutputAndJobs() {
        LoadLimits seed = LoadLimits.DEFAULT;
        assertThat(seed.maxHdfsIo()).isEqualTo(100L << 20);
        assertThat(seed.maxBackgroundJobs()).isEqualTo(32);
        assertThat(seed.score(Load.NONE)).isZero();
        assertThat(seed.score(new Load(50L << 20, 8))).isCloseTo(0.75, within(1e-12));
        assertThat(new LoadLimits(1L << 20, 4).score(new Load(1L << 20, 2))).isCloseTo(1.5, within(1e-12));
    }

    @Test
    @Tag("A24")
    void shouldNotOverflowAboveTwoGibibytesPerSecond() {
        assertThat(LoadLimits.DEFAULT.score(new Load(3L << 30, 0))).isCloseTo(30.72, within(1e-9));
        assertThat(new LoadLimits(1, 1).score(new Load(Long.MAX_VALUE, Long.MAX_VALUE)))
                .isPositive()
                .isFinite();
    }

    @Test
    @Tag("A25")
    void shouldChooseTheLeastLoadedWorker() {
        for (String id : List.of("a", "b", "c")) {
            registry.register(id);
        }
        registry.heartbeat("a", new Load(20L << 20, 0), 0);
        registry.heartbeat("b", new Load(0, 3), 0);
        registry.heartbeat("c", new Load(30L << 20, 1), 0);
        assertThat(place().workerId()).isEqualTo("b");
    }

    @Test
    @Tag("A25")
    void shouldBreakTiesFairly() {
        List<String> ids = List.of("a", "b", "c");
        ids.forEach(registry::register);
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < 300; i++) {
            Reservation reservation = place();
            counts.merge(reservation.workerId(), 1, Integer::sum);
            reservation.release();
        }
        assertThat(counts).containsExactlyInAnyOrderEntriesOf(Map.of("a", 100, "b", 100, "c", 100));
    }

    @Test
    @Tag("A26")
    void shouldLeaveTheFlushToAGeneratorWithLessLoadThanEveryWorker() {
        registry.register("a");
        registry.register("b");
        registry.heartbeat("a", new Load(0, 2), 0);
        registry.heartbeat("b", new Load(0, 3), 0);
        // The flush itself counts on the generator's side: with it, the generator has as much as the best worker.
        assertThat(driver.place(new Load(0, 1), List.of()).verdict()).isEqualTo(Verdict.WORKER);
        registry.heartbeat("a", new Load(0, 3), 1); // the one just placed is known to be ours
        assertThat(driver.place(Load.NONE, List.of()).verdict()).isEqualTo(Verdict.GENERATOR_LESS_LOADED);
        registry.heartbeat("b", Load.NONE, 0);
        assertThat(driver.place(Load.NONE, List.of()).verdict()).isEqualTo(Verdict.WORKER);
    }

    @Test
    @Tag("A26")
    void shouldSpreadABurstOverTheWorkersRatherThanLeaveItToAGeneratorThatWouldHaveItAll() {
        registry.register("a");
        registry.register("b");
        for (int othersWithoutPlace = 5; othersWithoutPlace >= 0; othersWithoutPlace--) {
            assertThat(driver.place(new Load(0, othersWithoutPlace), List.of()).verdict())
                    .isEqualTo(othersWithoutPlace > 0 ? Verdict.WORKER : Verdict.GENERATOR_LESS_LOADED);
        }
        assertThat(load("a").jobs() + load("b").jobs()).isEqualTo(5);
        assertThat(driver.place(new Load(0, 1), List.of()).verdict())
                .as("one flush here, and this one: as much as the better worker has")
                .isEqualTo(Verdict.WORKER);
    }

    @Test
    void shouldReserveALoadAtPlacementAndReleaseItOnce() {
        registry.register("a");
        Reservation first = place();
        Reservation second = place();
        assertThat(load("a").jobs()).isEqualTo(2);
        // The worker now reports one of them itself: it does not count twice.
        registry.heartbeat("a", new Load(0, 1), 1);
        assertThat(load("a").jobs()).isEqualTo(2);
        first.release();
        first.release();
        assertThat(load("a").jobs()).isEqualTo(1);
        second.release();
        assertThat(load("a").jobs()).isZero();
    }

    @Test
    void shouldNotTakeAReleaseOfAnEarlierLifeFromALaterOne() {
        registry.register("a");
        Reservation old = place();
        registry.register("a");
        Reservation fresh = place();
        old.release();
        assertThat(load("a").jobs()).isEqualTo(1);
        fresh.release();
        assertThat(load("a").jobs()).isZero();
    }

    @Test
    @Tag("A29")
    void shouldNotSelectAWorkerAfterItsTimeout() {
        registry.register("silent");
        registry.register("alive");
        registry.heartbeat("alive", new Load(90L << 20, 20), 0);
        assertThat(place().workerId()).isEqualTo("silent");
        now += TIMEOUT_NANOS - 1;
        registry.heartbeat("alive", new Load(90L << 20, 20), 0);
        assertThat(place().workerId()).isEqualTo("silent");
        now += 1;
        assertThat(place().workerId()).isEqualTo("alive");
        assertThat(registry.expire()).containsExactly("silent");
        assertThat(registry.heartbeat("silent", Load.NONE, 0)).isFalse();
        now += TIMEOUT_NANOS;
        assertThat(driver.place(BUSY_GENERATOR, List.of()).verdict()).isEqualTo(Verdict.NO_WORKER);
    }

    @Test
    void shouldNotChooseAvoidedWorkers() {
        registry.register("a");
        registry.register("b");
        List<String> chosen = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            chosen.add(Objects.requireNonNull(
                            driver.place(BUSY_GENERATOR, List.of("a")).reservation())
                    .workerId());
        }
        assertThat(chosen).containsOnly("b");
        assertThat(driver.placeAgain(List.of("a", "b")).verdict()).isEqualTo(Verdict.NO_WORKER);
    }

    @Test
    void shouldMeterTheLastSeconds() {
        RateMeter meter = new RateMeter(() -> now);
        meter.add(8L << 30);
        assertThat(meter.bytesPerSecond()).isEqualTo(2L << 30);
        now += Duration.ofMillis(3999).toNanos();
        assertThat(meter.bytesPerSecond()).isEqualTo(2L << 30);
        now += Duration.ofMillis(500).toNanos();
        assertThat(meter.bytesPerSecond()).isZero();
        now += Duration.ofDays(1).toNanos();
        meter.add(4000);
        assertThat(meter.bytesPerSecond()).isEqualTo(1000);
    }
}
