// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class PhasesTest {
    private static final long MS = 1_000_000;

    @Test
    void shouldCountWhatComesAfterTheWarmUpOnly() {
        Load load = new Load();
        load.warmUpMillis = 10;
        load.millis = 20;
        AtomicLong garbage = new AtomicLong(1000);
        Phases phases = new Phases(load, garbage::get);
        phases.start(0);
        for (int ms = 1; ms < 10; ms++) {
            assertThat(phases.record(77 * MS, ms * MS)).isTrue();
        }
        assertThat(phases.record(77 * MS, 10 * MS)).isTrue();
        garbage.set(1500);
        for (int ms = 11; ms < 30; ms++) {
            assertThat(phases.record(2000, ms * MS)).isTrue();
        }
        assertThat(phases.record(4000, 30 * MS)).isFalse();
        Measurement result = phases.result();
        assertThat(result.operations()).isEqualTo(20);
        assertThat(result.seconds()).isEqualTo(0.02);
        assertThat(result.garbagePerOperation()).isEqualTo(25);
        assertThat(result.percentileUs(50)).isBetween(2.0, 2.01);
        assertThat(result.percentileUs(100)).isBetween(4.0, 4.01);
    }

    @Test
    void shouldCountGarbageFromTheEndOfTheWarmUp() {
        Load load = new Load();
        load.warmUpMillis = 10;
        load.millis = 10;
        AtomicLong garbage = new AtomicLong(1000);
        Phases phases = new Phases(load, () -> garbage.getAndAdd(300));
        phases.start(0);
        assertThat(phases.count(5, 10 * MS)).isTrue();
        assertThat(phases.count(3, 20 * MS)).isFalse();
        assertThat(phases.result().garbagePerOperation()).isEqualTo(100);
    }

    @Test
    void shouldReadWhatItWrote() {
        Histogram histogram = new Histogram(60_000_000_000L, 3);
        histogram.recordValue(5000);
        histogram.recordValue(7000);
        Measurement read = Measurement.read(new Measurement(2, 0.5, 16, histogram).write());
        assertThat(read.operationsPerSecond()).isEqualTo(4);
        assertThat(read.garbage()).isEqualTo(16);
        assertThat(read.histogram()).isEqualTo(histogram);
        Measurement less = Measurement.read("{\"operations\":3,\"seconds\":1.5}");
        assertThat(less.operationsPerSecond()).isEqualTo(2);
        assertThat(less.garbagePerOperation()).isNaN();
        assertThat(less.percentileUs(50)).isNaN();
    }
}
