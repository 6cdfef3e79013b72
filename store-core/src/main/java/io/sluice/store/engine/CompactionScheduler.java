// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionExecutor;
import io.sluice.store.compaction.CompactionInfo;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts compactions where they are due or asked for, and sees them through. A failed one is chosen anew after a pause
 * that doubles; where that does not help, or can't, writes stop until {@link #resume()}.
 *
 * <p>All of it runs on the scheduler's thread, which waits for nothing; the installer's thread verifies and installs. A
 * task is on one of the two, or with its executor, so nothing here needs a lock. The public methods may be called by any
 * thread and return at once.
 */
final class CompactionScheduler {
    private static final Logger LOGGER = LoggerFactory.getLogger(CompactionScheduler.class);

    private final SchedulerThread scheduler;
    private final Executor installerThread;
    private final EngineSettings settings;
    private final CompactionJobs jobs;
    private final CompactionExecutor executor;
    private final CompactionInstaller installer;
    private final ColumnFamilies columnFamilies;
    private final Health health;
    private final Listeners listeners;
    private final CompactionCounters statistics;
    private final Holders holders;
    private final TablePurge purge;
    private final Runnable onBackgroundError;
    private final IntSupplier maxCompactions;

    private final Map<ColumnFamily, FamilyCompactions> families = new HashMap<>();
    private final Set<ColumnFamily> due = new LinkedHashSet<>();
    private final List<ManualCompaction> manuals = new ArrayList<>();
    private final Set<CompactionTask> live = new HashSet<>();
    private final IdleWaiters idleWaiters = new IdleWaiters();
    private int pauses;
    private boolean closed;

    CompactionScheduler(
            SchedulerThread scheduler,
            Executor installerThread,
            EngineSettings settings,
            CompactionJobs jobs,
            CompactionExecutor executor,
            CompactionInstaller installer,
            ColumnFamilies columnFamilies,
            Health health,
            Listeners listeners,
            CompactionCounters statistics,
            Holders holders,
            TablePurge purge,
            IntSupplier maxCompactions,
            Runnable onBackgroundError) {
        this.scheduler = scheduler;
        this.installerThread = installerThread;
        this.settings = settings;
        this.jobs = jobs;
        this.executor = executor;
        this.installer = installer;
        this.columnFamilies = columnFamilies;
        this.health = health;
        this.listeners = listeners;
        this.statistics = statistics;
        this.holders = holders;
        this.purge = purge;
        this.maxCompactions = maxCompactions;
        this.onBackgroundError = onBackgroundError;
    }

    /** Looks whether a column family has something to compact. */
    void schedule(ColumnFamily family) {
        boolean unused = scheduler.execute(() -> {
            due.add(family);
            advance();
        });
    }

    /** Queues a compaction that the program asked for. */
    void submit(ManualCompaction manual) {
        if (!scheduler.execute(() -> {
            if (closed || manual.columnFamily.isDropped()) {
                manual.done.completeExceptionally(CompactionErrors.ended(manual.columnFamily, closed));
                return;
            }
            manuals.add(manual);
            advance();
        })) {
            manual.done.completeExceptionally(CompactionErrors.closed());
        }
    }

    /** Gives up a compaction that the program asked for and waits for no more. */
    void cancel(ManualCompaction manual) {
        manual.canceled = true;
        boolean unused = scheduler.execute(() -> {
            live.stream().filter(task -> task.manual == manual).forEach(CompactionTask::abort);
            advance();
        });
    }

    /** Lets nothing begin until {@link #unpause}; completes when nothing runs. */
    CompletableFuture<Void> pause() {
        CompletableFuture<Void> quiet = new CompletableFuture<>();
        if (!scheduler.execute(() -> {
            pauses++;
            waitFor(quiet);
        })) {
            quiet.completeExceptionally(CompactionErrors.closed());
        }
        return quiet;
    }

    /** Ends one {@link #pause}. */
    void unpause() {
        boolean unused = scheduler.execute(() -> {
            pauses = Math.max(0, pauses - 1);
            due.addAll(columnFamilies.all());
            advance();
        });
    }

    /** Completes when nothing runs and nothing is due; with the background error where there is one. */
    CompletableFuture<Void> whenIdle() {
        CompletableFuture<Void> idle = new CompletableFuture<>();
        if (!scheduler.execute(() -> {
            due.addAll(columnFamilies.all());
            waitFor(idle);
        })) {
            idle.completeExceptionally(CompactionErrors.closed());
        }
        return idle;
    }

    /** Tries again what failed. */
    void resume() {
        boolean unused = scheduler.execute(() -> {
            families.values().forEach(FamilyCompactions::forgetFailures);
            due.addAll(columnFamilies.all());
            advance();
        });
    }

    /** Ends what a dropped column family has under way. */
    void dropped(ColumnFamily family) {
        boolean unused = scheduler.execute(() -> {
            live.stream().filter(task -> task.columnFamily == family).forEach(CompactionTask::abort);
            due.remove(family);
            forgetIfGone(family);
            advance();
        });
    }

    /** Begins nothing any more, and tells what runs to end. */
    void close() {
        boolean unused = scheduler.execute(() -> {
            closed = true;
            live.forEach(CompactionTask::abort);
            advance();
        });
    }

    /** The last thing that is done here: gives up all that is under way, so that nothing is kept for it. */
    void abandonAll() {
        closed = true;
        List.copyOf(live).forEach(this::end);
        advance();
    }

    private void waitFor(CompletableFuture<Void> idle) {
        idleWaiters.add(idle);
        advance();
    }

    /** Starts what can be started, and ends who waits for nothing. */
    private void advance() {
        stepManuals();
        if (mayBegin() && manuals.stream().noneMatch(manual -> manual.exclusive)) {
            pickAutomatic();
        }
        tellWaiters();
    }

    private boolean mayBegin() {
        return !closed && pauses == 0 && health.error() == null;
    }

    private void pickAutomatic() {
        for (boolean found = true; found && live.size() < limit(); ) {
            found = false;
            for (ColumnFamily family : List.copyOf(due)) {
                if (live.size() >= limit()) {
                    return;
                }
                CompactionTask task = family.isDropped() ? null : pick(family);
                if (task == null) {
                    due.remove(family); // until something of it ends, or is flushed
                } else {
                    found = true;
                    start(task);
                }
            }
        }
    }

    /** Where compaction falls behind, all that are allowed, by RocksDB's rule; else what the executor takes. */
    private int limit() {
        boolean behind =
                columnFamilies.all().stream().anyMatch(family -> family.debt().wantsMoreThreads());
        int most = Math.max(1, maxCompactions.getAsInt());
        return behind ? most : Math.max(1, Math.min(most, executor.capacity()));
    }

    private @Nullable CompactionTask pick(ColumnFamily family) {
        FamilyCompactions state = state(family);
        if (state.isPausing || family.settings().compaction().disableAutoCompactions()) {
            return null;
        }
        try {
            return jobs.pick(family, state);
        } catch (StoreException dropped) {
            LOGGER.debug("column family {} is gone", family.name(), dropped);
            return null;
        }
    }

    private void stepManuals() {
        for (ManualCompaction manual : List.copyOf(manuals)) {
            if (manual.isRunning) {
                if (manual.exclusive) {
                    return;
                }
                continue;
            }
            if (closed || manual.canceled || manual.columnFamily.isDropped()) {
                finish(manual, CompactionErrors.ended(manual.columnFamily, closed));
                continue;
            }
            StoreException error = health.error();
            if (error != null) {
                finish(manual, error);
            } else if (pauses == 0 && (!manual.exclusive || live.isEmpty())) {
                step(manual);
            }
            if (manual.exclusive && manuals.contains(manual)) {
                return; // those behind it wait
            }
        }
    }

    private void step(ManualCompaction manual) {
        if (live.size() >= Math.max(1, maxCompactions.getAsInt())) {
            return;
        }
        try {
            CompactionTask task = jobs.step(manual, state(manual.columnFamily));
            if (task != null) {
                manual.isRunning = true;
                start(task);
            } else if (manual.isLast) {
                finish(manual, null);
            }
        } catch (StoreException e) {
            finish(manual, e);
        }
    }

    private void finish(ManualCompaction manual, @Nullable StoreException error) {
        manuals.remove(manual);
        if (error == null) {
            manual.done.complete(null);
        } else {
            manual.done.completeExceptionally(error);
        }
    }

    private void start(CompactionTask task) {
        holders.enter();
        live.add(task);
        state(task.columnFamily).begin(task);
        listeners.tell(listener -> listener.onCompactionBegin(CompactionInfos.begun(task)));
        if (task.compaction.trivialMove()) {
            onInstaller(task, () -> complete(task, () -> installer.move(task)), () -> {});
            return;
        }
        try {
            CompactionJob job = jobs.job(task);
            CompactionExecutor.Running running = executor.start(job);
            task.running = running;
            var unused = running.result()
                    .whenComplete((result, error) -> onInstaller(
                            task,
                            () -> running.settled(complete(task, () -> install(task, job, result, error))),
                            () -> running.settled(false)));
        } catch (StoreException | RuntimeException | Error e) { // such as no memory for a thread: the task must end
            LOGGER.error("compaction {} could not be started", task.id, e);
            fail(task, CompactionErrors.of(task, e));
        }
    }

    private interface Install {
        CompactionInfo run() throws IOException;
    }

    private CompactionInfo install(
            CompactionTask task, CompactionJob job, @Nullable CompactionResult result, @Nullable Throwable error)
            throws IOException {
        if (result == null) {
            installer.deleteJobDirectory(job);
            StoreException cause = CompactionErrors.of(task, error);
            task.isHopeless = CompactionErrors.isHopeless(cause);
            throw cause;
        }
        return installer.install(task, job, result);
    }

    /** On the installer's thread; whether it was installed. */
    private boolean complete(CompactionTask task, Install install) {
        try {
            CompactionInfo info = install.run();
            boolean unused = scheduler.execute(() -> {
                state(task.columnFamily).forgetFailures();
                listeners.tell(listener -> listener.onCompactionCompleted(info));
                end(task);
                ManualCompaction manual = task.manual;
                if (manual != null) {
                    manual.outputs.addAll(info.outputFiles());
                    if (manual.isLast) {
                        finish(manual, null);
                    }
                }
                advance();
            });
            return true;
        } catch (IOException e) {
            boolean unused = scheduler.execute(() -> fail(task, StoreException.wrap("compaction.failed", e)));
        } catch (RuntimeException | Error e) {
            LOGGER.error("compaction {} met an error of the program", task.id, e);
            boolean unused = scheduler.execute(() -> fail(task, CompactionErrors.of(task, e)));
        }
        return false;
    }

    private void fail(CompactionTask task, StoreException cause) {
        end(task);
        ManualCompaction manual = task.manual;
        if (manual != null) {
            finish(manual, cause);
        }
        boolean isUnwanted = task.aborted || closed || task.columnFamily.isDropped();
        if (!isUnwanted) {
            statistics.failed.increment();
            listeners.tell(listener -> listener.onCompactionFailed(CompactionInfos.begun(task), cause));
            if (manual == null) {
                retryLater(task, cause);
            }
        }
        advance();
    }

    private void retryLater(CompactionTask task, StoreException cause) {
        ColumnFamily family = task.columnFamily;
        FamilyCompactions state = state(family);
        state.failures++;
        boolean lasts = cause.kind() != Kind.NO_SPACE && state.failures > settings.maxBgErrorResumeCount();
        if (cause.kind() == Kind.FENCED || task.isHopeless || lasts) {
            LOGGER.error("a compaction of column family {} failed for good; writes stop", family.name(), cause);
            if (health.fail(cause)) {
                listeners.tell(listener -> listener.onBackgroundError(cause));
            }
            onBackgroundError.run();
            return;
        }
        long pause = RetryPause.nanos(settings.bgErrorResumeRetryInterval(), state.failures);
        LOGGER.warn(
                "a compaction of column family {} failed, the next is chosen in {} ms",
                family.name(),
                TimeUnit.NANOSECONDS.toMillis(pause),
                cause);
        state.isPausing = true;
        var unused = scheduler.schedule(
                () -> {
                    state.isPausing = false;
                    due.add(family);
                    advance();
                },
                pause);
    }

    private void end(CompactionTask task) {
        if (!live.remove(task)) {
            return;
        }
        FamilyCompactions state = state(task.columnFamily);
        state.end(task);
        forgetIfGone(task.columnFamily);
        ManualCompaction manual = task.manual;
        if (manual != null) {
            manual.isRunning = false;
        }
        due.add(task.columnFamily);
        task.version.release();
        purge.request();
        holders.exit();
    }

    private void forgetIfGone(ColumnFamily family) {
        FamilyCompactions state = families.get(family);
        if (family.isDropped() && state != null && state.isIdle()) {
            families.remove(family);
        }
    }

    private void tellWaiters() {
        StoreException error = closed ? CompactionErrors.closed() : health.error();
        boolean quiet = live.isEmpty()
                && columnFamilies.all().stream()
                        .noneMatch(family -> family.flushes().isFlushing());
        boolean pausing = families.values().stream().anyMatch(state -> state.isPausing);
        boolean idle = quiet && (pauses > 0 || (due.isEmpty() && manuals.isEmpty() && !pausing));
        if (error != null || idle) {
            idleWaiters.tell(error);
        }
    }

    private FamilyCompactions state(ColumnFamily family) {
        return families.computeIfAbsent(family, FamilyCompactions::new);
    }

    private void onInstaller(CompactionTask task, Runnable action, Runnable onClosing) {
        try {
            installerThread.execute(action);
        } catch (RejectedExecutionException closing) {
            onClosing.run();
            boolean unused = scheduler.execute(() -> {
                end(task);
                advance();
            });
        }
    }
}
