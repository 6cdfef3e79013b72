// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.compaction.document.ErrorDocument;
import io.sluice.compaction.hoster.FallbackReason.Next;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionExecutor;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionProgress;
import io.sluice.store.compaction.CompactionResult;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A job under way: attempts at one worker after another, then this process itself. Its own thread runs {@link #run} and
 * is the only one that takes in what workers say, each in the attempt that it belongs to; so what comes twice, too late or
 * in another order changes nothing. The engine calls the rest from other threads.
 */
final class RemoteCompactionRun implements CompactionExecutor.Running, Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteCompactionRun.class);

    private final RemoteCompactionExecutor owner;
    private final CompactionJob job;
    private final Ending ending = new Ending();
    private final CompletableFuture<CompactionResult> result = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final long startNanos;

    /** The latest, for pages. */
    private volatile @Nullable RemoteAttempt attempt;

    /** What all attempts have come to. */
    private CompactionProgress progress = CompactionProgress.NONE;

    /** The worker whose result the engine has, or null. */
    @GuardedBy("this")
    private @Nullable RemoteWorker builder;

    @GuardedBy("this")
    private @Nullable CompactionResult built;

    @GuardedBy("this")
    private CompactionExecutor.@Nullable Running local;

    @GuardedBy("this")
    private boolean aborted;

    RemoteCompactionRun(RemoteCompactionExecutor owner, CompactionJob job) {
        this.owner = owner;
        this.job = job;
        this.startNanos = owner.nanoTime();
    }

    CompactionJob job() {
        return job;
    }

    /** When it was started, by the owner's clock. */
    long startNanos() {
        return startNanos;
    }

    /** The latest attempt, or null before there is one. */
    @Nullable
    RemoteAttempt attempt() {
        return attempt;
    }

    @Override
    public CompletableFuture<CompactionResult> result() {
        return result;
    }

    @Override
    public void run() {
        try {
            AttemptException last = tryRemote();
            if (last != null) {
                fallBack(last);
            }
        } catch (RuntimeException | Error e) { // such as no memory for a local run: the engine must learn of the end
            LOG.error("{}: remote compaction failed unexpectedly", job.id(), e);
            result.completeExceptionally(e);
        } finally {
            owner.ended(this);
            ended.complete(null);
        }
    }

    /** Null where a worker did the job. */
    private @Nullable AttemptException tryRemote() {
        try (JobPlace place = owner.place(job, ending)) {
            AttemptException last = tryRemote(place);
            progress = place.usableHere(progress);
            return last;
        } catch (AttemptException e) {
            return counted(e);
        } catch (IOException e) {
            StoreException cause = StoreException.wrap("compaction.remote.copy", e);
            boolean isDamaged = cause.kind() == Kind.CORRUPTION;
            return counted(
                    new AttemptException(isDamaged ? FallbackReason.JOB_ERROR : FallbackReason.STORAGE_ERROR, cause));
        }
    }

    private AttemptException counted(AttemptException failure) {
        owner.counters().failed(failure.reason());
        return failure;
    }

    private @Nullable AttemptException tryRemote(JobPlace place) {
        Candidates candidates = new Candidates(owner.workers());
        AttemptException last = null;
        long start = owner.nanoTime();
        int directory = 0;
        for (int attempts = 0; attempts < owner.settings().httpMaxRetry(); ) {
            RemoteWorker worker = candidates.pick();
            if (worker == null) {
                boolean waits = candidates.someAreBusy() && !isTired(start);
                AttemptException ended = waits ? pause() : last == null ? noWorker() : last;
                if (ended != null) {
                    return ended;
                }
                candidates.forgetBusy();
                continue;
            }
            RemoteAttempt next = new RemoteAttempt(owner, place, worker, candidates, ending, progress, directory);
            attempt = next;
            AttemptException failure = attempt(next, worker, place);
            progress = next.progress();
            if (failure == null) {
                return null;
            }
            boolean isRepeated = failure.reason() == FallbackReason.FAILED_BEFORE;
            last = isRepeated && last != null ? last : failure;
            boolean isUnused = failure.reason() == FallbackReason.WORKER_BUSY && next.taken() == null;
            directory = isUnused ? next.number() : 0;
            switch (failure.reason().next()) {
                case END -> {
                    return failure;
                }
                case LATER -> candidates.busy(worker);
                case ELSEWHERE_FREE -> candidates.failed(worker, next.taken());
                case ELSEWHERE -> {
                    attempts++;
                    candidates.failed(worker, next.taken());
                }
            }
        }
        return last;
    }

    /** Whether the job has waited for busy workers for as long as an attempt may take, and may go on here instead. */
    private boolean isTired(long start) {
        RemoteCompactionSettings settings = owner.settings();
        long limit = AttemptDeadline.limit(
                        settings, owner.speed(job), job.compaction().inputSize())
                .toNanos();
        return settings.allowFallbackToLocal() && owner.nanoTime() - start > limit;
    }

    private @Nullable AttemptException pause() {
        try {
            ending.pause(owner.settings().retrySleepTime());
            return null;
        } catch (AttemptException e) {
            return e;
        }
    }

    private AttemptException noWorker() {
        AttemptException failure = new AttemptException(
                FallbackReason.NO_WORKER,
                new StoreException(
                        Kind.REMOTE, "compaction.remote.no-worker", "compaction " + job.id() + ": no worker is left"));
        return counted(failure);
    }

    /** Null where the worker did the job. */
    private @Nullable AttemptException attempt(RemoteAttempt next, RemoteWorker worker, JobPlace place) {
        try {
            CompactionResult made = fetch(place, next.run());
            owner.workers().succeeded(worker);
            synchronized (this) {
                builder = worker;
                built = made;
            }
            result.complete(made);
            return null;
        } catch (AttemptException e) {
            return failed(worker, e);
        } catch (RuntimeException | Error e) {
            LOG.error("{}: remote compaction met an error of the program", job.id(), e);
            return failed(
                    worker,
                    new AttemptException(
                            FallbackReason.INTERNAL,
                            Kind.REMOTE,
                            "compaction.remote.internal",
                            "compaction " + job.id() + ": an error of the program: " + e,
                            e));
        }
    }

    private static CompactionResult fetch(JobPlace place, CompactionResult made) throws AttemptException {
        try {
            return place.fetch(made);
        } catch (AttemptException e) {
            throw e;
        } catch (StoreException e) {
            boolean isWorkers = e.kind() == Kind.CORRUPTION;
            throw new AttemptException(isWorkers ? FallbackReason.BAD_ANSWER : FallbackReason.STORAGE_ERROR, e);
        } catch (IOException e) {
            throw new AttemptException(FallbackReason.STORAGE_ERROR, StoreException.wrap("compaction.remote.copy", e));
        }
    }

    private AttemptException failed(RemoteWorker worker, AttemptException failure) {
        owner.counters().failed(failure.reason());
        if (failure.reason().next() == Next.ELSEWHERE) {
            LOG.warn("{}: worker {} failed: {}: {}", job.id(), worker, failure.reason(), failure.getMessage());
            owner.workers().failed(worker, owner.settings().retrySleepTime());
            owner.alert(failure, worker);
        } else {
            LOG.info("{}: worker {}: {}: {}", job.id(), worker, failure.reason(), failure.getMessage());
        }
        return failure;
    }

    /** Hands the job to this process, or fails it where that is not wanted. Does not wait. */
    private void fallBack(AttemptException last) {
        boolean isOver = last.reason() == FallbackReason.ABORTED || ending.isOver();
        if (isOver || !owner.settings().allowFallbackToLocal()) {
            result.completeExceptionally(asOfThisJob(last));
            return;
        }
        owner.counters().local(last.reason());
        LOG.warn("{} is compacted locally: {}: {}", job.id(), last.reason(), last.getMessage());
        startLocal(progress);
    }

    /** Where the engine would take the worker's error for one of the job itself, which no repetition mends, but it is none. */
    private static StoreException asOfThisJob(AttemptException last) {
        StoreException error = last.error();
        boolean looksHopeless = error.kind() == Kind.CORRUPTION || error.kind() == Kind.INVALID_ARGUMENT;
        if (last.reason() == FallbackReason.JOB_ERROR || !looksHopeless) {
            return error;
        }
        return new StoreException(
                Kind.REMOTE, error.code(), ErrorDocument.of(error).message(), error);
    }

    private void startLocal(CompactionProgress from) {
        CompactionExecutor.Running running = owner.context().local().start(job, from);
        boolean isUnwanted;
        synchronized (this) {
            local = running;
            isUnwanted = aborted;
        }
        if (isUnwanted) {
            running.abort();
        }
        var unused = running.result().whenComplete((made, failure) -> {
            if (failure == null) {
                result.complete(made);
            } else if (!from.equals(CompactionProgress.NONE) && isOfProgress(failure)) {
                LOG.warn(
                        "{}: what workers told of their progress contradicts itself, it is not used",
                        job.id(),
                        failure);
                startLocal(CompactionProgress.NONE);
            } else {
                result.completeExceptionally(failure);
            }
        });
    }

    private static boolean isOfProgress(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof StoreException e && e.code().equals(RemoteAttempt.PROGRESS_CODE);
    }

    @Override
    public void abort() {
        end("it is not wanted any more");
    }

    /** Ends the job soon. */
    void end(String why) {
        CompactionExecutor.Running running;
        synchronized (this) {
            aborted = true;
            running = local;
        }
        ending.end(new StoreException(
                Kind.CLOSED, "compaction.remote.aborted", "compaction " + job.id() + " ended: " + why));
        if (running != null) {
            running.abort();
        }
    }

    /** Completes when the job's thread is done with it. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    @Override
    public void settled(boolean installed) {
        CompactionExecutor.Running running;
        RemoteWorker worker;
        CompactionResult made;
        synchronized (this) {
            running = local;
            worker = builder;
            made = built;
        }
        if (running != null) {
            running.settled(installed);
        }
        if (worker == null || made == null) {
            return;
        }
        if (installed) {
            owner.installed(job, made);
        } else {
            owner.counters().failed(FallbackReason.NOT_INSTALLED);
            owner.workers().failed(worker, Duration.ofSeconds(1));
        }
    }
}
