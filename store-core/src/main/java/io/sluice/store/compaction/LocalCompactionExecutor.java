// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compacts on threads of this process. Safe for concurrent use. */
public final class LocalCompactionExecutor implements CompactionExecutor {
    /** The builder that stands in the properties of what this builds. */
    public static final String BUILDER = "local";

    private static final Logger LOGGER = LoggerFactory.getLogger(LocalCompactionExecutor.class);

    private final CompactionAttempt.Place place;
    private final Executor jobs;
    private final Set<LocalRun> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * An executor.
     *
     * @param jobs runs the jobs; stays the caller's
     * @param subcompactions runs all ranges of a job but its first; must not be the same threads, which wait for them
     * @param limiter of what is written
     * @param nanoClock for statistics
     * @param hostId for the tables' properties
     */
    public LocalCompactionExecutor(
            Storage storage,
            Executor jobs,
            Executor subcompactions,
            RateLimiter limiter,
            LongSupplier nanoClock,
            String hostId) {
        this.place = new CompactionAttempt.Place(storage, subcompactions, limiter, nanoClock, hostId, BUILDER);
        this.jobs = jobs;
    }

    @Override
    public Running start(CompactionJob job) {
        return start(job, CompactionProgress.NONE);
    }

    /**
     * Starts the next attempt at a job that other attempts have failed at, behind what they have finished: for executors
     * that fall back on this machine.
     *
     * @param from what they have finished; none of them may live
     */
    public Running start(CompactionJob job, CompactionProgress from) {
        LocalRun run = new LocalRun(job, from);
        running.add(run);
        try {
            jobs.execute(run);
        } catch (RejectedExecutionException e) {
            run.fail(closedError(job));
        }
        return run;
    }

    /** Makes what runs end at its next step; does not wait for it. */
    @Override
    public void close() {
        closed = true;
        running.forEach(run -> run.end(closedError(run.job)));
    }

    private static StoreException closedError(CompactionJob job) {
        return new StoreException(
                Kind.CLOSED, "compaction.closed", "compaction " + job.id() + " ended: the store is closing");
    }

    private final class LocalRun implements Running, Runnable {
        private final CompactionJob job;
        private final CompactionProgress from;
        private final CompletableFuture<CompactionResult> result = new CompletableFuture<>();
        private final AtomicReference<@Nullable StoreException> end = new AtomicReference<>();
        private volatile @Nullable CompactionAttempt attempt;

        LocalRun(CompactionJob job, CompactionProgress from) {
            this.job = job;
            this.from = from;
        }

        @Override
        public void run() {
            CompactionResult made;
            try {
                made = compact();
            } catch (IOException | RuntimeException | Error e) {
                fail(e);
                return;
            }
            running.remove(this);
            result.complete(made);
        }

        private CompactionResult compact() throws IOException {
            if (closed) {
                throw closedError(job);
            }
            checkEnd();
            int number = CompactionAttempt.createDirectory(place.storage(), job);
            CompactionAttempt begun = new CompactionAttempt(place, job, number, from, CompactionAttempt.Listener.NONE);
            attempt = begun;
            try {
                checkEnd(); // it may have been told before there was an attempt
                return begun.run();
            } catch (IOException | RuntimeException | Error e) {
                deleteAttempt(job.attemptDirectory(number), e);
                throw e;
            }
        }

        private void checkEnd() throws StoreException {
            StoreException reason = end.get();
            if (reason != null) {
                throw reason;
            }
        }

        void end(StoreException reason) {
            end.compareAndSet(null, reason);
            CompactionAttempt begun = attempt;
            if (begun != null) {
                begun.abort(reason);
            }
        }

        void fail(Throwable e) {
            running.remove(this);
            result.completeExceptionally(e);
        }

        @Override
        public CompletableFuture<CompactionResult> result() {
            return result;
        }

        @Override
        public void abort() {
            end(CompactionAttempt.aborted(job, "it is not wanted any more"));
        }

        @Override
        public void settled(boolean installed) {
            // It holds nothing elsewhere.
        }
    }

    private void deleteAttempt(String directory, Throwable cause) {
        try {
            place.storage().deleteRecursively(directory);
        } catch (IOException e) {
            cause.addSuppressed(e);
            LOGGER.debug("what a failed compaction left in {} can't be deleted", directory, e);
        }
    }
}
