// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.bench.common.Values;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.HdrHistogram.Histogram;

/**
 * Fills a store with random keys, as db_bench's {@code fillrandom} does: each writer makes its puts one after the other
 * as fast as it can, and takes the time after each. So a put's latency includes the choice of its key, and a put that
 * waits delays its writer's next ones (the load is closed; latencies tell nothing about arrivals at a fixed rate).
 */
final class Fill {
    private static final long LONGEST_NS = 600_000_000_000L;
    private static final int DIGITS = 3;

    private final Load load;
    private final Values values;
    private final long seed;

    /** A fill with the keys that this seed gives. */
    Fill(Load load, Values values, long seed) {
        this.load = load;
        this.values = values;
        this.seed = seed;
    }

    /** Makes all puts, then flushes. */
    Timing run(FillTarget target) throws Exception {
        CountDownLatch ready = new CountDownLatch(load.writers());
        CountDownLatch go = new CountDownLatch(1);
        ExecutorService writers = Executors.newFixedThreadPool(load.writers(), task -> {
            Thread thread = new Thread(task, "bench-writer");
            thread.setDaemon(true);
            return thread;
        });
        try {
            List<Future<Histogram>> running = new ArrayList<>();
            for (int i = 0; i < load.writers(); i++) {
                Writer writer = new Writer(target, i);
                running.add(writers.submit(() -> {
                    ready.countDown();
                    go.await();
                    return writer.call();
                }));
            }
            ready.await();
            long began = System.nanoTime();
            go.countDown();
            Histogram latency = newHistogram();
            for (Future<Histogram> writer : running) {
                latency.add(writer.get());
            }
            long written = System.nanoTime();
            target.flush();
            return new Timing(written - began, System.nanoTime() - began, latency);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        } finally {
            writers.shutdownNow();
        }
    }

    private static Histogram newHistogram() {
        return new Histogram(LONGEST_NS, DIGITS);
    }

    /**
     * How long a fill took.
     *
     * @param putNs from the first put's begin to the last one's end
     * @param flushedNs from the first put's begin until all is flushed
     * @param latency of each put, ns
     */
    record Timing(long putNs, long flushedNs, Histogram latency) {}

    /** One thread's puts. Allocates nothing on the way. */
    private final class Writer implements Callable<Histogram> {
        private final FillTarget target;
        private final SplittableRandom numbers;
        private final Histogram latency = newHistogram();
        private final ByteBuffer key = ByteBuffer.allocateDirect(load.keySize());
        private final ByteBuffer value = values.view();

        Writer(FillTarget target, int index) {
            this.target = target;
            this.numbers = Keys.numbers(seed, index);
            key.put(Keys.template(load.keySize()));
        }

        @Override
        public Histogram call() throws Exception {
            long last = System.nanoTime();
            for (long left = load.putsOfWriter(); left > 0; left--) {
                long number = numbers.nextLong(load.num());
                Keys.setNumber(key.clear(), number);
                values.select(value, number);
                target.put((int) (number % load.columnFamilies()), key, value);
                long now = System.nanoTime();
                latency.recordValue(Math.min(now - last, LONGEST_NS));
                last = now;
            }
            return latency;
        }
    }
}
