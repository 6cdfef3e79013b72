// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.flush.FlushInfo;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.flush.JobId;
import io.sluice.store.manifest.VersionSet;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.sst.TableIdentity;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts a flush where a column family has enough sealed memtables, and sees it through: a failed attempt is repeated
 * after a pause that doubles; one that can't succeed, or has failed too often, is parked and stops writes until {@link
 * #resume()}. Where storage is full, writes stop at the first failure, for they could only fill memory; it is repeated
 * until it succeeds, and writes begin again then. Its memtables are kept all the while.
 *
 * <p>All of it runs on the scheduler's thread, which waits for nothing; the installer's thread verifies and installs. A
 * task is on one of the two, or with its executor, so nothing here needs a lock. The public methods may be called by any
 * thread and return at once.
 */
final class FlushScheduler {
    private static final Logger LOGGER = LoggerFactory.getLogger(FlushScheduler.class);

    private final EngineEnvironment environment;
    private final SchedulerThread scheduler;
    private final EngineSettings settings;
    private final StoreIdentity identity;
    private final VersionSet versions;
    private final Snapshots snapshots;
    private final FlushRouter router;
    private final FlushInstaller installer;
    private final Health health;
    private final Listeners listeners;
    private final EngineStatistics statistics;
    private final Holders holders;
    private final Owner owner;
    private final Queue<FlushTask> parked = new ArrayDeque<>();
    private final Set<FlushTask> live = new HashSet<>();
    private int pauses;

    /** The store. */
    interface Owner {
        /** Writes have stopped: those who wait must look again. */
        void writesStopped();

        /** Writes begin again: every column family is to be scheduled. */
        void writesResumed();

        /** A column family's flush has ended. On the scheduler's thread. */
        void flushEnded(ColumnFamily family);
    }

    FlushScheduler(
            EngineEnvironment environment,
            SchedulerThread scheduler,
            EngineSettings settings,
            StoreIdentity identity,
            VersionSet versions,
            Snapshots snapshots,
            FlushRouter router,
            FlushInstaller installer,
            Health health,
            Listeners listeners,
            EngineStatistics statistics,
            Holders holders,
            Owner owner) {
        this.environment = environment;
        this.scheduler = scheduler;
        this.settings = settings;
        this.identity = identity;
        this.versions = versions;
        this.snapshots = snapshots;
        this.router = router;
        this.installer = installer;
        this.health = health;
        this.listeners = listeners;
        this.statistics = statistics;
        this.holders = holders;
        this.owner = owner;
    }

    /** Looks whether a column family has something to flush, and whether its flush is urgent. */
    void schedule(ColumnFamily family) {
        onScheduler(() -> begin(family));
    }

    /** Lets no flush begin until {@link #unpause}; those that run go on. */
    void pause() {
        onScheduler(() -> pauses++);
    }

    /** Ends one {@link #pause}. */
    void unpause() {
        onScheduler(() -> {
            pauses = Math.max(0, pauses - 1);
            owner.writesResumed();
        });
    }

    /** Ends every {@link #pause}: the store is closing, and what it holds is to be flushed. */
    void endPauses() {
        onScheduler(() -> pauses = 0);
    }

    /** Tries parked flushes, and those that pause, again. */
    void resume() {
        onScheduler(this::retryNow);
    }

    /** Installs what waits for a log that failed, if nothing is missing any more. */
    void installHeld() {
        try {
            environment.installer().execute(installer::installHeld);
        } catch (RejectedExecutionException closing) {
            LOGGER.debug("the store is closing");
        }
    }

    /** Gives up the flush of a dropped column family that waits to be tried again; one that runs ends by itself. */
    void dropped(ColumnFamily family) {
        onScheduler(() -> {
            for (FlushTask task : List.copyOf(live)) {
                if (task.columnFamily == family && (parked.remove(task) || endsPause(task))) {
                    abandon(task);
                }
            }
        });
    }

    private void retryNow() {
        List<FlushTask> waiting = new ArrayList<>(parked);
        parked.clear();
        for (FlushTask task : live) {
            if (endsPause(task)) {
                waiting.add(task);
            }
        }
        for (FlushTask task : waiting) {
            task.retry = null;
            task.failures = 0;
            task.lastFailure = null;
            start(task);
        }
    }

    /** Whether a task was waiting for its next attempt, which won't come by itself any more. */
    private static boolean endsPause(FlushTask task) {
        Future<?> retry = task.retry;
        return retry != null && retry.cancel(false);
    }

    private void begin(ColumnFamily family) {
        FlushTask task = health.flushError() == null && pauses == 0 ? family.beginTask() : null;
        if (task != null) {
            holders.enter();
            live.add(task);
            start(task);
        }
        family.urgeIfShort();
    }

    private void start(FlushTask task) {
        FlushJob job;
        try {
            job = newJob(task);
        } catch (StoreException e) {
            fail(task, null, e);
            return;
        }
        task.startNanos = environment.nanoClock().getAsLong();
        listeners.tell(listener -> listener.onFlushBegin(FlushInfos.begun(job, task)));
        try {
            FlushExecutor.Running running = router.start(task, job);
            task.running = running;
            Attempt attempt = new Attempt(task, job, running);
            var unused = running.result()
                    .whenComplete((result, error) -> onInstaller(attempt, () -> complete(attempt, result, error)));
        } catch (RuntimeException | Error e) { // such as no memory for a thread: the task must end all the same
            fail(task, job, asStoreException(job, e));
        }
    }

    private FlushJob newJob(FlushTask task) throws StoreException {
        ColumnFamily family = task.columnFamily;
        if (task.fileNumber == 0) {
            task.epochNumber = versions.newEpochNumber(family.id());
        }
        if (task.fileNumber == 0 || task.fileNumberUsed) {
            task.fileNumber = versions.newFileNumber();
            task.fileNumberUsed = false;
        }
        List<SealedMemtable> memtables = task.memtables();
        long oldest =
                memtables.stream().mapToLong(SealedMemtable::creationTime).min().orElse(0);
        TableIdentity table = new TableIdentity(
                family.id(),
                family.name(),
                identity.dbId(),
                identity.sessionId(),
                environment.hostId(),
                "",
                task.fileNumber,
                oldest,
                oldest,
                environment.clock().instant().getEpochSecond());
        return new FlushJob(
                new JobId(identity.dbId(), identity.epoch().number(), family.id(), task.newestMemtable()),
                family.name(),
                memtables,
                snapshots.list(), // other readers hold the memtables, in their views
                task.fileNumber,
                task.epochNumber,
                family.settings().tableOptions(),
                table,
                identity.storageUri(),
                identity.epoch().directory());
    }

    /** On the installer's thread. */
    private void complete(Attempt attempt, @Nullable FlushResult result, @Nullable Throwable error) {
        try {
            if (result == null) {
                throw asStoreException(attempt.job, error);
            }
            installer.install(attempt.task, attempt.job, result, attempt);
        } catch (IOException | RuntimeException | Error e) {
            attempt.failed(e);
        }
    }

    /** One run of a task's job, told on the installer's thread what came of it. */
    private final class Attempt implements FlushInstaller.Outcome {
        private final FlushTask task;
        private final FlushJob job;
        private final FlushExecutor.Running running;

        Attempt(FlushTask task, FlushJob job, FlushExecutor.Running running) {
            this.task = task;
            this.job = job;
            this.running = running;
        }

        @Override
        public void installed(FlushInfo info) {
            onScheduler(() -> {
                end(task);
                listeners.tell(listener -> listener.onFlushCompleted(info));
                recover();
                begin(task.columnFamily);
                owner.flushEnded(task.columnFamily);
            });
            running.settled(true);
        }

        @Override
        public void failed(Throwable e) {
            if (e instanceof IOException io) {
                StoreException cause = causeOf(io);
                onScheduler(() -> fail(task, job, cause));
            } else {
                LOGGER.error("flush {} met an error of the program", job.id(), e);
                onScheduler(() -> fail(task, job, asStoreException(job, e)));
            }
            running.settled(false);
        }

        @Override
        public void held() {
            onScheduler(() -> owner.flushEnded(task.columnFamily)); // who waits for it is to learn of the log's failure
        }

        @Override
        public void refused(StoreException ofLog) {
            onScheduler(() -> {
                listeners.tell(listener -> listener.onFlushFailed(FlushInfos.begun(job, task), ofLog));
                abandon(task);
                if (task.columnFamily.active().firstLog() == 0) {
                    begin(task.columnFamily); // else it begins when that one is sealed
                }
            });
            running.settled(false);
        }
    }

    /** A deposed owner's attempts find their directory gone, whatever else that looks like. */
    private StoreException causeOf(IOException e) {
        try {
            return StoreException.wrap("flush.failed", identity.epoch().fencedOr(e));
        } catch (RuntimeException | Error onAsking) {
            e.addSuppressed(onAsking);
            return StoreException.wrap("flush.failed", e);
        }
    }

    private void fail(FlushTask task, @Nullable FlushJob job, StoreException cause) {
        if (task.columnFamily.isDropped() || (health.isClosed() && cause.kind() == Kind.CLOSED)) {
            abandon(task);
            return;
        }
        task.failures++;
        task.lastFailure = cause;
        statistics.flushesFailed.increment();
        boolean noSpace = cause.kind() == Kind.NO_SPACE;
        boolean forGood = cause.kind() == Kind.FENCED || (!noSpace && task.failures > settings.maxBgErrorResumeCount());
        // Before anyone hears of it, who might answer with resume().
        boolean stopped = forGood ? health.fail(cause) : noSpace && health.suspend(cause);
        if (forGood) {
            parked.add(task);
            LOGGER.error("a flush of column family {} failed for good; writes stop", task.columnFamily.name(), cause);
        } else {
            retryLater(task, cause);
        }
        if (job != null) {
            listeners.tell(listener -> listener.onFlushFailed(FlushInfos.begun(job, task), cause));
        }
        if (stopped) {
            listeners.tell(listener -> listener.onBackgroundError(cause));
        }
        if (forGood || noSpace) {
            owner.writesStopped();
        }
    }

    private void retryLater(FlushTask task, StoreException cause) {
        long pause = RetryPause.nanos(settings.bgErrorResumeRetryInterval(), task.failures);
        LOGGER.warn(
                "a flush of column family {} failed, attempt {} follows in {} ms",
                task.columnFamily.name(),
                task.failures + 1,
                TimeUnit.NANOSECONDS.toMillis(pause),
                cause);
        try {
            task.retry = scheduler.schedule(() -> restart(task), pause);
        } catch (RejectedExecutionException closing) {
            abandon(task);
        }
    }

    /** After a flush has succeeded: lets writes begin again where they waited for space. */
    private void recover() {
        StoreException passed = health.recover();
        if (passed != null) {
            LOGGER.info("writes begin again: there is space");
            listeners.tell(listener -> listener.onErrorRecoveryCompleted(passed));
            retryNow();
            owner.writesResumed();
        }
    }

    private void restart(FlushTask task) {
        task.retry = null;
        if (live.contains(task)) {
            start(task);
        }
    }

    /** The last thing that is done here: gives up all that is under way, so that nothing is kept for it. */
    void abandonAll() {
        List.copyOf(live).forEach(this::abandon);
        parked.clear();
    }

    private void abandon(FlushTask task) {
        task.columnFamily.flushes().abandon(task);
        end(task);
        owner.flushEnded(task.columnFamily);
    }

    private void end(FlushTask task) {
        if (live.remove(task)) {
            task.release();
            holders.exit();
        }
    }

    private void onScheduler(Runnable action) {
        boolean unused = scheduler.execute(action); // a closed store has nothing to flush any more
    }

    private void onInstaller(Attempt attempt, Runnable action) {
        try {
            environment.installer().execute(action);
        } catch (RejectedExecutionException closing) {
            attempt.running.settled(false);
            onScheduler(() -> abandon(attempt.task));
        }
    }

    private static StoreException asStoreException(FlushJob job, @Nullable Throwable error) {
        Throwable cause = error instanceof CompletionException c && c.getCause() != null ? c.getCause() : error;
        return cause instanceof StoreException s
                ? s
                : new StoreException(
                        cause instanceof IOException ? Kind.IO : Kind.REMOTE,
                        "flush.failed",
                        "flush " + job.id() + " failed: " + cause,
                        cause);
    }
}
