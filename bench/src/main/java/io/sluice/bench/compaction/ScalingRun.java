// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.compaction;

import io.sluice.cli.command.CommandFailure;
import io.sluice.compaction.hoster.RemoteCompaction;
import io.sluice.compaction.worker.StorageOpener;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Jobs a second, with workers that wait a while before each: so a machine of few cores can show how jobs spread. Three
 * stores for each worker have a small compaction under way at all times, and each worker takes one at a time.
 */
final class ScalingRun {
    private static final int STORES_PER_WORKER = 3;
    private static final int KEYS = 10;
    private static final double NS_PER_SECOND = 1e9;

    private ScalingRun() {}

    /**
     * Measures.
     *
     * @param wait in place of a job's work
     * @param jobs of one worker that count
     */
    static Map<String, Object> run(Path directory, int workers, Duration wait, int jobs)
            throws IOException, CommandFailure, InterruptedException {
        double one = jobsPerSecond(directory.resolve("one"), 1, wait, jobs);
        double many = jobsPerSecond(directory.resolve("many"), workers, wait, jobs);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("workers", workers);
        figures.put("wait_ms", wait.toMillis());
        figures.put("one_jobs_per_s", Round.to(one, 3));
        figures.put("all_jobs_per_s", Round.to(many, 3));
        figures.put("scaling", Round.to(many / one, 2));
        return figures;
    }

    private static double jobsPerSecond(Path directory, int workers, Duration wait, int jobs)
            throws IOException, CommandFailure, InterruptedException {
        StorageOpener slow = uri -> {
            try {
                TimeUnit.NANOSECONDS.sleep(wait.toNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException();
            }
            return Storages.open(uri, Map.of());
        };
        int stores = workers * STORES_PER_WORKER;
        int wanted = jobs * workers;
        ExecutorService threads = Executors.newFixedThreadPool(stores);
        AtomicBoolean stop = new AtomicBoolean();
        try (Pool pool = Pool.start(workers, 1, directory, slow)) {
            RemoteCompaction remote = pool.client();
            List<Future<?>> loads = new ArrayList<>();
            for (int i = 0; i < stores; i++) {
                Path path = directory.resolve("store-" + i);
                loads.add(threads.submit(() -> load(path, remote, stop)));
            }
            try {
                await(remote, stores, loads); // each has had its turn
                long before = remote.statistics().remoteJobs();
                long began = System.nanoTime();
                await(remote, before + wanted, loads);
                long ended = System.nanoTime();
                return (remote.statistics().remoteJobs() - before) / ((ended - began) / NS_PER_SECOND);
            } finally {
                stop.set(true);
                for (Future<?> load : loads) {
                    result(load);
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static boolean load(Path path, RemoteCompaction remote, AtomicBoolean stop) throws StoreException {
        try (BenchStore store = BenchStore.create(path, remote, 1 << 20, 1 << 20, false, 100)) {
            while (!stop.get()) {
                store.fill(KEYS);
                store.flush();
                store.compact();
            }
        }
        return true;
    }

    private static void await(RemoteCompaction remote, long jobs, List<Future<?>> loads)
            throws CommandFailure, InterruptedException {
        while (remote.statistics().remoteJobs() < jobs) {
            for (Future<?> load : loads) {
                if (load.isDone()) {
                    result(load);
                }
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private static void result(Future<?> load) throws CommandFailure, InterruptedException {
        try {
            load.get();
        } catch (ExecutionException e) {
            throw new CommandFailure("a store failed: " + e.getCause(), e);
        }
    }
}
