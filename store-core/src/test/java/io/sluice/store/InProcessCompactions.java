// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionAttempt;
import io.sluice.store.compaction.CompactionContext;
import io.sluice.store.compaction.CompactionExecutor;
import io.sluice.store.compaction.CompactionExecutorFactory;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionProgress;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.compaction.CompactionSegment;
import io.sluice.store.compaction.KeyRange;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A remote executor whose workers are threads that die between outputs, hang, or come late. */
final class InProcessCompactions implements CompactionExecutorFactory, CompactionExecutor {
    /** How many segments an attempt finishes before it dies, by its number; adopted ones count. */
    volatile IntUnaryOperator life = attempt -> Integer.MAX_VALUE;
    /** What tampers with results. */
    volatile UnaryOperator<CompactionResult> tamper = UnaryOperator.identity();
    /** Attempts elsewhere before the job is given up, or falls back. */
    volatile int maxAttempts = Integer.MAX_VALUE;

    volatile boolean fallsBack;
    /** What each job fails with, before any attempt. */
    volatile @Nullable StoreException refusal;
    /** What it says that it takes at a time. */
    volatile int capacity = 1;
    /** Which jobs wait for before they begin. */
    volatile CountDownLatch gate = new CountDownLatch(0);
    /** Whether the first attempt gets stuck with its first segment until {@link #free}; the job waits for nobody else. */
    volatile boolean sticks;
    /** Whether what is stuck does not even end when it is closed. */
    volatile boolean staysStuck;

    final AtomicInteger jobs = new AtomicInteger();
    final AtomicInteger attempts = new AtomicInteger();
    final AtomicInteger ended = new AtomicInteger();
    final AtomicInteger installed = new AtomicInteger();
    final AtomicInteger givenUp = new AtomicInteger();
    final CountDownLatch stuck = new CountDownLatch(1);
    private final CountDownLatch freed = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "worker");
        thread.setDaemon(true);
        return thread;
    });
    private final List<CompletableFuture<CompactionResult>> pending = new ArrayList<>();
    private volatile @Nullable CompactionContext context;

    void free() {
        freed.countDown();
    }

    CompactionContext context() {
        return Objects.requireNonNull(context);
    }

    @Override
    public CompactionExecutor create(CompactionContext given) {
        context = given;
        return this;
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public Running start(CompactionJob job) {
        jobs.incrementAndGet();
        CompletableFuture<CompactionResult> result = new CompletableFuture<>();
        synchronized (pending) {
            pending.add(result);
        }
        threads.execute(() -> run(job, result));
        return new Running() {
            @Override
            public CompletableFuture<CompactionResult> result() {
                return result;
            }

            @Override
            public void abort() {
                if (!staysStuck) {
                    result.completeExceptionally(new StoreException(Kind.CLOSED, "test.aborted", "aborted"));
                }
            }

            @Override
            public void settled(boolean isInstalled) {
                (isInstalled ? installed : givenUp).incrementAndGet();
            }
        };
    }

    private void run(CompactionJob job, CompletableFuture<CompactionResult> result) {
        StoreException refused = refusal;
        if (refused != null) {
            result.completeExceptionally(refused);
            return;
        }
        try {
            gate.await();
        } catch (InterruptedException e) {
            result.completeExceptionally(e);
            return;
        }
        Recorder recorder = new Recorder(CompactionProgress.NONE);
        Exception last = null;
        for (int attempt = 1; attempt <= maxAttempts && !result.isDone(); attempt++) {
            attempts.incrementAndGet();
            try {
                Storage storage = context().storage();
                int number = CompactionAttempt.createDirectory(storage, job);
                recorder = new Recorder(recorder.progress);
                recorder.left = life.applyAsInt(number);
                String worker = "worker-" + number;
                CompactionAttempt.Place place = new CompactionAttempt.Place(
                        storage, threads, new RateLimiter(0, System::nanoTime), System::nanoTime, worker, worker);
                if (sticks && number == 1 && stuck.getCount() > 0) {
                    Recorder late = recorder;
                    CompactionProgress from = recorder.progress;
                    threads.execute(() -> runLate(new CompactionAttempt(place, job, number, from, late)));
                    stuck.await();
                    continue;
                }
                CompactionResult made = new CompactionAttempt(place, job, number, recorder.progress, recorder).run();
                result.complete(tamper.apply(made));
                return;
            } catch (IOException | InterruptedException e) {
                last = e;
            }
        }
        if (fallsBack) {
            var unused = context()
                    .local()
                    .start(job, recorder.progress)
                    .result()
                    .whenComplete((made, error) -> {
                        if (made != null) {
                            result.complete(made);
                        } else {
                            result.completeExceptionally(error);
                        }
                    });
        } else if (!sticks) {
            result.completeExceptionally(new StoreException(Kind.REMOTE, "test.workers", "no worker is left: " + last));
        }
    }

    private void runLate(CompactionAttempt attempt) {
        try {
            var unused = attempt.run();
        } catch (IOException tooLate) {
            // Nobody asks any more.
        }
        ended.incrementAndGet();
    }

    @Override
    public void close() {
        synchronized (pending) {
            if (!staysStuck) {
                pending.forEach(result -> result.completeExceptionally(
                        new StoreException(Kind.CLOSED, "test.closed", "the workers were closed")));
            }
        }
    }

    private final class Recorder implements CompactionAttempt.Listener {
        volatile CompactionProgress progress;
        private int left = Integer.MAX_VALUE;

        Recorder(CompactionProgress from) {
            this.progress = from;
        }

        @Override
        public void ranges(List<KeyRange> ranges) {
            progress = progress.withRanges(ranges);
        }

        @Override
        public void finished(CompactionSegment segment) throws IOException {
            if (left-- == 0) {
                throw new StoreException(Kind.REMOTE, "test.died", "the worker died");
            }
            progress = progress.with(segment);
            if (sticks && stuck.getCount() > 0) {
                stuck.countDown();
                try {
                    freed.await();
                } catch (InterruptedException e) {
                    throw new StoreException(Kind.REMOTE, "test.died", "the worker was interrupted", e);
                }
            }
        }
    }
}
