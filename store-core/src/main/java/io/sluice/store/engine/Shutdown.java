// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionExecutor;
import io.sluice.store.flush.FlushExecutor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Ends a store's writers, executors, threads, files and lock, each in bounded time. What does not end keeps what it uses:
 * its memory, the log, and the lock.
 */
final class Shutdown {
    private final Opening.Parts parts;
    private final FlushScheduler flushes;
    private final CompactionScheduler compactions;
    private final WriteLog log;
    private final long timeoutNanos;
    private final long stepNanos;
    private final List<String> hanging = new ArrayList<>();
    private boolean interrupted;

    Shutdown(Opening.Parts parts, FlushScheduler flushes, CompactionScheduler compactions, WriteLog log) {
        this.parts = parts;
        this.flushes = flushes;
        this.compactions = compactions;
        this.log = log;
        this.timeoutNanos = parts.settings().shutdownTimeout().toNanos();
        this.stepNanos = parts.environment().closingStep().toNanos();
    }

    /**
     * Waits for writers inside the store, and for those who only sync the log, {@code shutdown_timeout} at most: they may hang
     * in its storage.
     */
    void awaitWriters(List<CompletableFuture<Void>> left) {
        CompletableFuture<Void> all = CompletableFuture.allOf(
                CompletableFuture.allOf(left.toArray(CompletableFuture[]::new)),
                CompletableFuture.runAsync(log::awaitGroups, parts.environment().logs()));
        long deadline = parts.environment().nanoClock().getAsLong() + timeoutNanos;
        for (; ; ) {
            try {
                var unused = all.get(deadline - parts.environment().nanoClock().getAsLong(), TimeUnit.NANOSECONDS);
                return;
            } catch (ExecutionException e) {
                return; // told by the column family; what is in its memtable is in the log
            } catch (TimeoutException e) {
                hanging.add("writers");
                return;
            } catch (InterruptedException e) {
                interrupted = true; // what they write is acknowledged all the same
            }
        }
    }

    /**
     * Runs it, to the end also where the calling thread is interrupted. Where a thread hangs in storage, the lock stays
     * with this process, so that nobody else opens a store that the thread may still write to.
     *
     * @param syncLog whether the logs hold what is in no table
     */
    void run(boolean syncLog) throws IOException {
        interrupted |= Thread.interrupted();
        try {
            runUninterrupted(syncLog);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Whether something has not ended. */
    boolean hangs() {
        return !hanging.isEmpty();
    }

    private void runUninterrupted(boolean syncLog) throws IOException {
        FlushExecutor remote = parts.remote();
        if (remote != null) {
            remote.close();
        }
        CompactionExecutor remoteCompactor = parts.remoteCompactor();
        if (remoteCompactor != null) {
            remoteCompactor.close();
        }
        parts.local().close();
        parts.compactor().close();
        parts.limiter().close();
        EngineEnvironment environment = parts.environment();
        environment.flushes().shutdown();
        environment.compactions().shutdown();
        await("flushes", environment.flushes());
        await("compactions", environment.compactions());
        environment.subcompactions().shutdown();
        await("subcompactions", environment.subcompactions());
        environment.installer().shutdown();
        await("installer", environment.installer());
        environment.scheduler().execute(flushes::abandonAll);
        environment.scheduler().execute(compactions::abandonAll);
        environment.scheduler().shutdown();
        await("scheduler", environment.scheduler());
        environment.scheduler().shutdownNow();
        environment.purge().shutdown();
        await("purge", environment.purge());
        CompletableFuture<Boolean> closed = new CompletableFuture<>();
        if (hanging.isEmpty()) {
            environment.logs().execute(() -> tryCloseFiles(syncLog, closed));
        }
        environment.logs().shutdown();
        await("logs", environment.logs(), stepNanos + timeoutNanos);
        environment.events().shutdown();
        if (!hanging.isEmpty()) {
            throw new StoreException(
                    Kind.TIMED_OUT,
                    "store.close.hangs",
                    parts.identity().storageUri()
                            + ": threads hang, in storage perhaps (" + String.join(", ", hanging)
                            + "); the store's lock is kept until this process ends");
        }
        try {
            var unused = Futures.join(closed, "closing the store's files");
        } catch (IOException e) {
            throw parts.identity().epoch().fencedOr(e); // a deposed owner's files can't be closed in order
        } finally {
            parts.lock().close();
        }
    }

    /** On the thread of the logs, for it may hang. */
    private void tryCloseFiles(boolean syncLog, CompletableFuture<Boolean> closed) {
        try {
            closeFiles(syncLog);
            closed.complete(true);
        } catch (Throwable e) { // told to whoever closes
            closed.completeExceptionally(e);
        }
    }

    private void closeFiles(boolean syncLog) throws IOException {
        try {
            log.close(syncLog);
        } finally {
            parts.versions().close();
        }
    }

    private void await(String what, ExecutorService executor) {
        await(what, executor, stepNanos);
    }

    private void await(String what, ExecutorService executor, long nanos) {
        for (; ; ) {
            try {
                if (!executor.awaitTermination(nanos, TimeUnit.NANOSECONDS)) {
                    hanging.add(what);
                }
                return;
            } catch (InterruptedException e) {
                interrupted = true; // its threads end all the same
            }
        }
    }
}
