// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import io.sluice.bench.common.Values;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Runs one benchmark on a store, as db_bench does: a closed load, each thread as fast as it can. */
final class Workload {
    private static final long LONGEST_NS = 600_000_000_000L;
    private static final int DIGITS = 3;
    private static final int NUMBER_LENGTH = 8;

    private final DbBenchFlags flags;
    private final Values values;
    private final long seed;

    Workload(DbBenchFlags flags, long seed) {
        this.flags = flags;
        this.values = new Values(flags.valueSize);
        this.seed = seed;
    }

    /** Runs a benchmark that has operations: any but {@link Benchmark#STATS}. */
    Report run(Benchmark benchmark, DbTarget target) throws Exception {
        int measured = benchmark == Benchmark.COMPACT ? 1 : flags.threads;
        int all = benchmark == Benchmark.READWHILEWRITING ? measured + 1 : measured;
        CountDownLatch ready = new CountDownLatch(all);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger readers = new AtomicInteger(measured);
        List<Worker> workers = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(all, task -> {
            Thread thread = new Thread(task, "bench-" + benchmark.text());
            thread.setDaemon(true);
            return thread;
        });
        try {
            ExecutorCompletionService<Worker> running = new ExecutorCompletionService<>(threads);
            for (int i = 0; i < all; i++) {
                Worker worker = new Worker(benchmark, target, i, i < measured, readers);
                workers.add(worker);
                running.submit(() -> {
                    ready.countDown();
                    go.await();
                    return worker.run();
                });
            }
            ready.await();
            go.countDown();
            for (int i = 0; i < all; i++) {
                running.take().get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        } finally {
            threads.shutdownNow();
        }
        return report(benchmark, workers.subList(0, measured));
    }

    private Report report(Benchmark benchmark, List<Worker> workers) {
        long began = workers.stream().mapToLong(worker -> worker.began).min().orElseThrow();
        long ended = workers.stream().mapToLong(worker -> worker.ended).max().orElseThrow();
        long operations = workers.stream().mapToLong(worker -> worker.done).sum();
        long found = workers.stream().mapToLong(worker -> worker.found).sum();
        double threadNs = workers.stream()
                .mapToLong(worker -> worker.ended - worker.began)
                .sum();
        Histogram latencies = flags.histogram ? new Histogram(LONGEST_NS, DIGITS) : null;
        if (latencies != null) {
            for (Worker worker : workers) {
                if (worker.latencies != null) {
                    latencies.add(worker.latencies);
                }
            }
        }
        boolean looksUp = benchmark == Benchmark.READRANDOM
                || benchmark == Benchmark.READWHILEWRITING
                || benchmark == Benchmark.SEEKRANDOM;
        return new Report(
                benchmark,
                Math.max(1, operations),
                threadNs / 1e9,
                Math.max(1, ended - began) / 1e9,
                workers.stream().mapToLong(worker -> worker.bytes).sum(),
                looksUp ? String.format(Locale.ROOT, "(%d of %d found)", found, operations) : "",
                latencies);
    }

    /** One thread's part. */
    private final class Worker {
        private final Benchmark benchmark;
        private final DbTarget target;
        private final boolean measured;
        private final AtomicInteger readers;
        private final SplittableRandom random;
        private final @Nullable Histogram latencies;
        private final ByteBuffer key = ByteBuffer.allocateDirect(flags.keySize);
        private final ByteBuffer keyHere = ByteBuffer.allocateDirect(flags.keySize);
        private final ByteBuffer value = values.view();
        private final ByteBuffer read = ByteBuffer.allocateDirect(flags.valueSize + 1);
        private long began;
        private long ended;
        private long last;
        private long done;
        private long found;
        private long bytes;

        Worker(Benchmark benchmark, DbTarget target, int index, boolean measured, AtomicInteger readers) {
            this.benchmark = benchmark;
            this.target = target;
            this.measured = measured;
            this.readers = readers;
            this.random = new SplittableRandom(seed * 1_000_003 + index);
            this.latencies = flags.histogram ? new Histogram(LONGEST_NS, DIGITS) : null;
            byte[] template = new byte[flags.keySize];
            Arrays.fill(template, NUMBER_LENGTH, template.length, (byte) '0');
            key.put(template);
        }

        Worker run() throws Exception {
            began = System.nanoTime();
            last = began;
            try {
                if (measured) {
                    measure();
                } else {
                    while (readers.get() > 0) {
                        put(random.nextLong(flags.num));
                    }
                }
            } finally {
                readers.decrementAndGet();
            }
            ended = System.nanoTime();
            return this;
        }

        private void measure() throws Exception {
            switch (benchmark) {
                case FILLSEQ -> {
                    for (long i = 0; i < flags.writes(); i++) {
                        put(i % flags.num);
                    }
                }
                case FILLRANDOM, OVERWRITE -> {
                    for (long i = 0; i < flags.writes(); i++) {
                        put(random.nextLong(flags.num));
                    }
                }
                case READRANDOM, READWHILEWRITING -> readRandom();
                case READSEQ -> walk(true);
                case READREVERSE -> walk(false);
                case SEEKRANDOM -> seekRandom();
                case DELETERANDOM -> {
                    for (long i = 0; i < flags.writes(); i++) {
                        target.delete(key(random.nextLong(flags.num)));
                        finished(0);
                    }
                }
                case COMPACT -> {
                    target.compact();
                    finished(0);
                }
                case STATS -> throw new IllegalStateException("has no operations");
            }
        }

        private void readRandom() throws Exception {
            for (long i = 0; i < flags.reads(); i++) {
                int length = target.get(key(random.nextLong(flags.num)), read.clear());
                found += length >= 0 ? 1 : 0;
                finished(length >= 0 ? flags.keySize + (long) length : 0);
            }
        }

        private void walk(boolean forward) throws Exception {
            try (DbTarget.Cursor cursor = target.cursor()) {
                if (forward) {
                    cursor.seekToFirst();
                } else {
                    cursor.seekToLast();
                }
                for (long i = 0; i < flags.reads() && cursor.isValid(); i++) {
                    long length = cursor.key(keyHere.clear()) + (long) cursor.value(read.clear());
                    if (forward) {
                        cursor.next();
                    } else {
                        cursor.prev();
                    }
                    finished(length);
                }
            }
        }

        private void seekRandom() throws Exception {
            for (long i = 0; i < flags.reads(); i++) {
                long number = random.nextLong(flags.num);
                try (DbTarget.Cursor cursor = target.cursor()) {
                    cursor.seek(key(number));
                    long length = 0;
                    if (cursor.isValid()) {
                        length = cursor.key(keyHere.clear());
                        found += keyHere.position(0).limit((int) length).equals(key(number)) ? 1 : 0;
                    }
                    for (int step = 0; step < flags.seekNexts && cursor.isValid(); step++) {
                        length += cursor.key(keyHere.clear()) + (long) cursor.value(read.clear());
                        cursor.next();
                    }
                    finished(flags.seekNexts == 0 ? 0 : length);
                }
            }
        }

        private void put(long number) throws Exception {
            values.select(value, number);
            target.put(key(number), value);
            finished(flags.keySize + (long) flags.valueSize);
        }

        private ByteBuffer key(long number) {
            return key.clear().putLong(0, number);
        }

        private void finished(long length) {
            done++;
            bytes += length;
            if (latencies != null) {
                long now = System.nanoTime();
                latencies.recordValue(Math.min(now - last, LONGEST_NS));
                last = now;
            }
        }
    }
}
