// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one run gave.
 *
 * @param puts made
 * @param putSeconds from the first put's begin to the last one's end
 * @param flushedSeconds from the first put's begin until all was flushed
 * @param cpuSeconds processor time of the process that made the puts, until all was flushed
 * @param p50Us median latency of a put, µs
 * @param p99Us its 99th percentile, µs
 * @param p999Us its 99.9th percentile, µs
 * @param verification what reading back gave, or null where only the number of puts is known
 * @param details what else there is to tell
 */
record Measurement(
        long puts,
        double putSeconds,
        double flushedSeconds,
        double cpuSeconds,
        double p50Us,
        double p99Us,
        double p999Us,
        @Nullable Verification verification,
        Map<String, Object> details) {

    /** Puts per second, until the last put returned. */
    double putsPerSecond() {
        return puts / putSeconds;
    }

    /** Puts per second, until all was flushed. */
    double putsPerSecondFlushed() {
        return puts / flushedSeconds;
    }

    /** Processor time of the process that made the puts, with its share of flushing, µs a put. */
    double cpuUsPerPut() {
        return cpuSeconds * 1e6 / puts;
    }
}
