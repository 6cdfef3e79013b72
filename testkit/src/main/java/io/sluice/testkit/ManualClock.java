// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** A clock that moves only when told. As a {@link LongSupplier} it counts nanoseconds. Safe for concurrent use. */
public final class ManualClock implements LongSupplier, InstantSource {
    private static final Instant ORIGIN = Instant.parse("2026-01-01T00:00:00Z");

    private final AtomicLong elapsedNs = new AtomicLong();

    /** Moves it on. */
    public void advance(Duration step) {
        if (step.isNegative()) {
            throw new IllegalArgumentException("step=" + step + ", expected not negative");
        }
        elapsedNs.addAndGet(step.toNanos());
    }

    @Override
    public long getAsLong() {
        return elapsedNs.get();
    }

    @Override
    public Instant instant() {
        return ORIGIN.plusNanos(elapsedNs.get());
    }
}
