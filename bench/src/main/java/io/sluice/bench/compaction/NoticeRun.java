// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.compaction;

import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Small compactions one after the other, each by a worker over HTTP on loopback. */
final class NoticeRun {
    private static final int DIGITS = 3;
    private static final double NS_PER_MS = 1e6;
    private static final long KEYS = 100;

    private NoticeRun() {}

    /**
     * Measures.
     *
     * @param jobs that count
     * @param warmUp jobs before these
     */
    static Map<String, Object> run(Path directory, int jobs, int warmUp) throws IOException {
        Histogram dispatch = new Histogram(DIGITS);
        Histogram notice = new Histogram(DIGITS);
        Histogram both = new Histogram(DIGITS);
        JobTimes.Worker worker = new JobTimes.Worker();
        try (Pool pool = Pool.start(1, 8, directory, worker)) {
            JobTimes times = JobTimes.of(pool.client(), worker);
            try (BenchStore store =
                    BenchStore.create(directory.resolve("notice"), times, 64 << 20, 1 << 20, false, 100)) {
                store.fill(KEYS);
                store.flush();
                store.compact();
                for (int i = -warmUp; i < jobs; i++) {
                    compactOne(store);
                    if (i >= 0) {
                        dispatch.recordValue(times.dispatchNs());
                        notice.recordValue(times.noticeNs());
                        both.recordValue(times.dispatchNs() + times.noticeNs());
                    }
                }
            }
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("jobs", jobs);
        put(figures, "dispatch", dispatch);
        put(figures, "notice", notice);
        put(figures, "both", both);
        return figures;
    }

    private static void compactOne(BenchStore store) throws StoreException {
        store.put(0);
        store.put(KEYS - 1);
        store.flush();
        store.compact();
    }

    private static void put(Map<String, Object> figures, String name, Histogram histogram) {
        figures.put(name + "_p50_ms", Round.to(histogram.getValueAtPercentile(50) / NS_PER_MS, DIGITS));
        figures.put(name + "_p99_ms", Round.to(histogram.getValueAtPercentile(99) / NS_PER_MS, DIGITS));
    }
}
