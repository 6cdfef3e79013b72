// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.compaction;

import io.sluice.bench.common.Spread;
import io.sluice.cli.command.CommandFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What it takes from asking for a compaction of one key until a worker begins with it, in a store of few files and one of
 * many, in turns. The inputs are alike: one new file, and the one file of the lowest level that has the key.
 */
final class StartRun {
    private static final int VALUE_SIZE = 1000;
    private static final long KEYS_IN_FILE = 5; // what a block of 4 KiB takes
    private static final double NS_PER_MS = 1e6;

    private final Path directory;
    private final Pool pool;
    private final JobTimes.Worker worker;

    private StartRun(Path directory, Pool pool, JobTimes.Worker worker) {
        this.directory = directory;
        this.pool = pool;
        this.worker = worker;
    }

    /** One store. */
    private static final class Side {
        private final BenchStore store;
        private final JobTimes times;
        private final long keys;
        private final int files;
        private final double[] startNs;
        private final double[] dispatchNs;

        Side(BenchStore store, JobTimes times, long keys, int files, int jobs) {
            this.store = store;
            this.times = times;
            this.keys = keys;
            this.files = files;
            this.startNs = new double[jobs];
            this.dispatchNs = new double[jobs];
        }
    }

    static Map<String, Object> run(Path directory, int few, int many, int jobs, int warmUp)
            throws IOException, CommandFailure {
        JobTimes.Worker worker = new JobTimes.Worker();
        try (Pool pool = Pool.start(1, 8, directory, worker)) {
            return new StartRun(directory, pool, worker).measure(few, many, jobs, warmUp);
        }
    }

    private Map<String, Object> measure(int few, int many, int jobs, int warmUp) throws IOException, CommandFailure {
        Side small = open("few", few, jobs);
        try (BenchStore first = small.store) {
            Side large = open("many", many, jobs);
            try (BenchStore second = large.store) {
                for (int i = -warmUp; i < jobs; i++) {
                    measure(small, i);
                    measure(large, i);
                }
                first.verify(small.keys, 1000);
                second.verify(large.keys, 1000);
            }
            return figures(small, large);
        }
    }

    private Side open(String name, int files, int jobs) throws IOException {
        JobTimes times = JobTimes.of(pool.client(), worker);
        long keys = files * KEYS_IN_FILE;
        long size = 1 << 10; // cut behind each block
        // Filled without workers: only the measured jobs are theirs.
        try (BenchStore store = BenchStore.create(directory.resolve(name), null, size, 16 << 20, false, VALUE_SIZE)) {
            store.put(0);
            store.put(keys - 1);
            store.flush();
            store.fill(keys); // over the file before, or files would be moved as they are
            store.flush();
            store.compact();
        }
        BenchStore store = BenchStore.create(directory.resolve(name), times, size, 16 << 20, false, VALUE_SIZE);
        return new Side(store, times, keys, store.files(), jobs);
    }

    private static void measure(Side side, int round) throws IOException {
        long key = side.keys / 2;
        side.store.put(key);
        side.store.flush();
        long asked = System.nanoTime();
        side.store.compact(key);
        if (round >= 0) {
            side.startNs[round] = side.times.beganNs() - asked;
            side.dispatchNs[round] = side.times.dispatchNs();
        }
    }

    private static Map<String, Object> figures(Side small, Side large) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("files_few", small.files);
        figures.put("files_many", large.files);
        figures.put("start_few_ms", Round.to(Spread.of(small.startNs).median() / NS_PER_MS, 3));
        figures.put("start_many_ms", Round.to(Spread.of(large.startNs).median() / NS_PER_MS, 3));
        figures.put(
                "start_ratio",
                Round.to(
                        Spread.of(large.startNs).median()
                                / Spread.of(small.startNs).median(),
                        3));
        figures.put(
                "dispatch_ratio",
                Round.to(
                        Spread.of(large.dispatchNs).median()
                                / Spread.of(small.dispatchNs).median(),
                        3));
        return figures;
    }
}
