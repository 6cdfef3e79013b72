// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What one benchmark gave.
 *
 * @param operations of all threads
 * @param threadSeconds the threads' times, added up
 * @param seconds from the first thread's begin to the last one's end
 * @param bytes of keys and values, 0 where they don't count
 * @param message what stands behind, such as how many keys were found
 * @param latencies of each operation in ns, or null where they were not taken
 */
record Report(
        Benchmark benchmark,
        long operations,
        double threadSeconds,
        double seconds,
        long bytes,
        String message,
        @Nullable Histogram latencies) {
    private static final double[] PERCENTILES = {50, 75, 99, 99.9, 99.99};
    private static final double NS_PER_US = 1e3;
    private static final double MIB = 1048576;

    double operationsPerSecond() {
        return operations / seconds;
    }

    /** db_bench's line. */
    String line() {
        String rate = bytes == 0 ? "" : String.format(Locale.ROOT, " %6.1f MB/s", bytes / MIB / seconds);
        return String.format(
                Locale.ROOT,
                "%-12s : %11.3f micros/op %d ops/sec %.3f seconds %d operations;%s%s",
                benchmark.text(),
                threadSeconds * 1e6 / operations,
                (long) operationsPerSecond(),
                seconds,
                operations,
                rate,
                message.isEmpty() ? "" : " " + message);
    }

    /** That line, and its lines of latencies where they were taken. */
    void print(PrintWriter out) {
        out.println(line());
        if (latencies != null) {
            out.printf(
                    Locale.ROOT,
                    "Microseconds per %s:%nCount: %d Average: %.4f  StdDev: %.2f%nMin: %.0f  Median: %.4f  Max: %.0f%n",
                    benchmark.unit().name().toLowerCase(Locale.ROOT),
                    latencies.getTotalCount(),
                    latencies.getMean() / NS_PER_US,
                    latencies.getStdDeviation() / NS_PER_US,
                    latencies.getMinValue() / NS_PER_US,
                    latencies.getValueAtPercentile(50) / NS_PER_US,
                    latencies.getMaxValue() / NS_PER_US);
            out.print("Percentiles:");
            for (double percentile : PERCENTILES) {
                out.printf(Locale.ROOT, " P%s: %.2f", text(percentile), at(latencies, percentile));
            }
            out.println();
        }
        out.flush();
    }

    /** As JSON takes it. */
    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("benchmark", benchmark.text());
        json.put("operations", operations);
        json.put("ops_per_sec", Math.round(operationsPerSecond()));
        json.put("micros_per_op", rounded(threadSeconds * 1e6 / operations));
        json.put("seconds", rounded(seconds));
        json.put("mb_per_sec", rounded(bytes / MIB / seconds));
        if (!message.isEmpty()) {
            json.put("message", message);
        }
        if (latencies != null) {
            Map<String, Object> percentiles = new LinkedHashMap<>();
            for (double percentile : PERCENTILES) {
                percentiles.put("p" + text(percentile), rounded(at(latencies, percentile)));
            }
            percentiles.put("max", rounded(latencies.getMaxValue() / NS_PER_US));
            json.put("latency_us", percentiles);
        }
        return json;
    }

    private static double at(Histogram latencies, double percentile) {
        return latencies.getValueAtPercentile(percentile) / NS_PER_US;
    }

    private static String text(double percentile) {
        return percentile == Math.rint(percentile) ? Long.toString((long) percentile) : Double.toString(percentile);
    }

    static double rounded(double value) {
        return Math.round(value * 1e3) / 1e3;
    }
}
