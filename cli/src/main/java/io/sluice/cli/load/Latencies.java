// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** Latencies of one kind of operation, recorded by any number of threads, up to a minute, in three digits. */
final class Latencies {
    private static final long LONGEST_NS = TimeUnit.MINUTES.toNanos(1);

    private final Recorder recorder = new Recorder(LONGEST_NS, 3);

    void record(long nanos) {
        recorder.recordValue(Math.min(Math.max(nanos, 0), LONGEST_NS));
    }

    /** What was recorded; ends recording. */
    Percentiles percentiles() {
        Histogram histogram = recorder.getIntervalHistogram();
        return new Percentiles(
                micros(histogram.getValueAtPercentile(50)),
                micros(histogram.getValueAtPercentile(99)),
                micros(histogram.getValueAtPercentile(99.9)),
                micros(histogram.getMaxValue()));
    }

    private static double micros(long nanos) {
        return Math.round(nanos / 100.0) / 10.0;
    }

    /**
     * Latencies, µs.
     *
     * @param p50 median
     * @param p99 of 100
     * @param p999 of 1,000
     * @param max the longest
     */
    record Percentiles(double p50, double p99, double p999, double max) {}
}
