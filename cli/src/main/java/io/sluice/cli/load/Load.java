// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.WriteOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One load on an open store: writers in parallel, then an explicit flush, then everything is read back. */
final class Load {
    private static final Duration SHORTEST_WAIT = Duration.ofMillis(1);
    /** As the programs that this load is taken from write. */
    private static final WriteOptions UNLOGGED =
            WriteOptions.builder().disableWal(true).build();

    private final Store store;
    private final List<ColumnFamilyHandle> columnFamilies;
    private final Workload workload;
    private final int parts;
    private final LoadProgress progress;
    private final BooleanSupplier stopped;
    private final Latencies putLatencies = new Latencies();
    private final LongAdder writes = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private volatile boolean failed;

    /** @param stopped whether it shall end early: no more is written then, nor read back */
    Load(
            Store store,
            List<ColumnFamilyHandle> columnFamilies,
            Workload workload,
            int parts,
            LoadProgress progress,
            BooleanSupplier stopped) {
        this.store = store;
        this.columnFamilies = columnFamilies;
        this.workload = workload;
        this.parts = parts;
        this.progress = progress;
        this.stopped = stopped;
    }

    /**
     * What was written.
     *
     * @param writes puts that returned
     * @param bytes of their keys and values
     * @param nanos from the first put to the last, ns
     * @param latencies of puts
     */
    record Written(long writes, long bytes, long nanos, Latencies.Percentiles latencies) {}

    /** Writes until the workload ends, or the limit where there is one. */
    Written write(@Nullable Duration limit) throws IOException, InterruptedException {
        progress.begin(LoadProgress.Phase.WRITE, workload.expectedEntries());
        long begin = System.nanoTime();
        long limitNanos = limit == null ? Long.MAX_VALUE : limit.toNanos();
        inParallel("writer", part -> {
            workload.write(part, (columnFamily, key, value) -> {
                long before = System.nanoTime();
                if (failed || stopped.getAsBoolean() || before - begin >= limitNanos) {
                    return false;
                }
                store.put(columnFamilies.get(columnFamily), UNLOGGED, key, value);
                putLatencies.record(System.nanoTime() - before);
                writes.increment();
                bytes.add(key.length + (long) value.length);
                progress.step();
                return true;
            });
        });
        return new Written(writes.sum(), bytes.sum(), System.nanoTime() - begin, putLatencies.percentiles());
    }

    /** Flushes one column family after the other, waiting for all of them up to the limit. */
    void flush(Duration limit) throws IOException {
        progress.begin(LoadProgress.Phase.FLUSH, columnFamilies.size());
        long begin = System.nanoTime();
        for (ColumnFamilyHandle columnFamily : columnFamilies) {
            Duration left = limit.minusNanos(System.nanoTime() - begin);
            Duration timeout = left.compareTo(SHORTEST_WAIT) < 0 ? SHORTEST_WAIT : left;
            store.flush(FlushOptions.builder().timeout(timeout).build(), columnFamily);
            progress.step();
        }
    }

    /** Reads back every key and compares it with its last value. */
    Verifier verify() throws IOException, InterruptedException {
        progress.begin(LoadProgress.Phase.VERIFY, Math.min(workload.expectedEntries(), writes.sum()));
        Verifier verifier = new Verifier(store, columnFamilies, progress);
        inParallel(
                "verifier",
                part -> workload.check(
                        part,
                        (columnFamily, key, value) ->
                                !stopped.getAsBoolean() && verifier.accept(columnFamily, key, value)));
        return verifier;
    }

    @FunctionalInterface
    private interface PartTask {
        void run(int part) throws IOException, InterruptedException;
    }

    /** Runs a task for each part, and the workload's feeding beside them; the first failure stops all. */
    private void inParallel(String name, PartTask task) throws IOException, InterruptedException {
        AtomicInteger threads = new AtomicInteger();
        ExecutorService executor = Executors.newFixedThreadPool(parts + 1, runnable -> {
            Thread thread = new Thread(runnable, "load-" + name + "-" + threads.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        });
        try {
            CompletionService<Boolean> running = new ExecutorCompletionService<>(executor);
            List<Callable<Boolean>> tasks = new ArrayList<>();
            tasks.add(() -> {
                workload.feed();
                return true;
            });
            for (int i = 0; i < parts; i++) {
                int part = i;
                tasks.add(() -> {
                    task.run(part);
                    return true;
                });
            }
            tasks.forEach(running::submit);
            for (int i = 0; i < tasks.size(); i++) {
                running.take().get();
            }
        } catch (InterruptedException e) {
            stop();
            throw e;
        } catch (ExecutionException e) {
            stop();
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new IllegalStateException(e.getCause());
        } finally {
            executor.shutdownNow();
        }
    }

    private void stop() {
        failed = true;
        workload.stop();
    }
}
