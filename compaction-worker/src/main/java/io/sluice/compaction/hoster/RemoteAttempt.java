// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.compaction.document.CodeVersions;
import io.sluice.compaction.document.ErrorDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.JobName;
import io.sluice.compaction.document.OutputDocument;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Progress.State;
import io.sluice.compaction.document.ResultDocument;
import io.sluice.compaction.document.ResultFile;
import io.sluice.compaction.document.SegmentDocument;
import io.sluice.compaction.document.Submitted;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionAttempt;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionProgress;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.compaction.KeyRange;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One attempt at a job by one worker. Used once, by the job's thread. */
final class RemoteAttempt {
    /** The store's error for progress that contradicts itself. */
    static final String PROGRESS_CODE = "compaction.progress";

    private static final Logger LOG = LoggerFactory.getLogger(RemoteAttempt.class);

    /** The longest that the end of an attempt is held up to tell the worker of it. */
    private static final Duration MAX_GOODBYE = Duration.ofSeconds(1);
    /** Between two requests for news, where the worker has none and does not wait. */
    private static final Duration LEAST_WAIT = Duration.ofMillis(50);
    /** Calls in a row that may fail before the worker counts as lost, as long as the deadline has not passed. */
    private static final int MAX_LOST_CALLS = 3;

    /** How long a worker may go on with an attempt of which it hears no more. */
    private static final long MAX_TIME_MS = RemoteCompactionSettings.MAX_TIME.toMillis();

    private final RemoteCompactionExecutor owner;
    private final JobPlace place;
    private final CompactionJob job;
    private final RemoteCompactionSettings settings;
    private final RemoteWorker worker;
    /** Where the attempt is asked for: at the worker's address, or where the worker says that it is itself. */
    private RemoteWorker target;

    private final Candidates candidates;
    private final Ending ending;
    private CompactionProgress progress;
    private int seen;

    /** Pages look at these two. */
    private volatile int number;

    private volatile @Nullable Submitted submission;

    /**
     * An attempt.
     *
     * @param progress of earlier attempts
     * @param number of a directory that is there and unused, or 0
     */
    RemoteAttempt(
            RemoteCompactionExecutor owner,
            JobPlace place,
            RemoteWorker worker,
            Candidates candidates,
            Ending ending,
            CompactionProgress progress,
            int number) {
        this.owner = owner;
        this.place = place;
        this.job = place.job();
        this.settings = owner.settings();
        this.worker = worker;
        this.target = worker;
        this.candidates = candidates;
        this.ending = ending;
        this.progress = progress;
        this.number = number;
    }

    RemoteWorker worker() {
        return worker;
    }

    /** The attempt's number, from 1 on; 0 before its directory is there. */
    int number() {
        return number;
    }

    /** What this and earlier attempts have come to. */
    CompactionProgress progress() {
        return progress;
    }

    /** What the worker answered, or null where it has not taken the job. */
    @Nullable
    Submitted taken() {
        return submission;
    }

    /**
     * Returns with the worker's result, or throws when the worker was told to end, where it could be reached.
     *
     * @throws AttemptException in all other cases
     */
    CompactionResult run() throws AttemptException {
        ending.check();
        createDirectory();
        long bytes = job.compaction().inputSize();
        AttemptDeadline deadline = new AttemptDeadline(settings, owner.speed(job), bytes, owner.nanoTime());
        JobDocument task = document();
        Submitted taken = submit(task);
        submission = taken;
        try {
            check(taken);
            owner.counters().adopted(task.segments().size());
            CompactionResult made = follow(taken, deadline);
            view().await(made);
            return made;
        } catch (AttemptException e) {
            shutdown(taken);
            CompactionResult made = e.reason() == FallbackReason.WORKER_LOST ? left() : null;
            if (made != null) {
                return made;
            }
            throw e;
        }
    }

    /** What a worker that nobody reaches any more may have left: the attempt was at its end then. */
    private @Nullable CompactionResult left() {
        SharedView view = view();
        try {
            for (; ; ) {
                try {
                    ResultDocument document = ResultFile.read(place.storage(), JobName.of(job.id()), number);
                    if (document == null) {
                        return null;
                    }
                    CompactionResult made = document.compactionResult();
                    view.await(made);
                    return made;
                } catch (StoreException e) {
                    if (e.kind() != Kind.CORRUPTION) {
                        throw e;
                    }
                    view.pause(e.getMessage() + "; the file", "is not whole"); // or not yet, as it is seen here
                }
            }
        } catch (IOException e) {
            LOG.warn("{}: the result of attempt {} can't be used: {}", job.id(), number, e.getMessage());
            return null;
        }
    }

    private SharedView view() {
        return new SharedView(place.storage(), ending, owner::nanoTime, settings.overallTimeout());
    }

    private void createDirectory() throws AttemptException {
        if (number > 0) {
            return;
        }
        try {
            number = CompactionAttempt.createDirectory(place.storage(), job);
        } catch (IOException e) {
            throw new AttemptException(
                    FallbackReason.STORAGE_ERROR, StoreException.wrap("compaction.remote.directory", e));
        }
    }

    private JobDocument document() throws AttemptException {
        try {
            return JobDocument.of(job, number, MAX_TIME_MS, progress, owner.hoster());
        } catch (IllegalArgumentException e) {
            throw new AttemptException(
                    FallbackReason.JOB_ERROR,
                    Kind.INVALID_ARGUMENT,
                    "compaction.remote.job",
                    "compaction " + job.id() + " can't be told to a worker: " + e.getMessage(),
                    e);
        }
    }

    private Submitted submit(JobDocument document) throws AttemptException {
        try {
            return ending.await(
                    owner.client().submit(worker, document, settings.httpTimeout()),
                    settings.httpTimeout().plus(MAX_GOODBYE));
        } catch (TimeoutException e) {
            throw new AttemptException(
                    FallbackReason.WORKER_LOST,
                    Kind.TIMED_OUT,
                    "compaction.remote.timeout",
                    "compaction " + job.id() + ": worker " + worker + " did not answer in " + settings.httpTimeout(),
                    e);
        }
    }

    private void check(Submitted taken) throws AttemptException {
        if (candidates.hasFailed(taken)) {
            throw new AttemptException(
                    FallbackReason.FAILED_BEFORE,
                    new StoreException(
                            Kind.REMOTE,
                            "compaction.remote.failed-before",
                            "compaction " + job.id() + " came to worker " + taken.worker()
                                    + " again, which failed at it"));
        }
        try {
            CodeVersions.COMPATIBLE.check("worker " + taken.worker(), taken.codeVersion());
        } catch (StoreException e) {
            throw new AttemptException(FallbackReason.WORKER_ERROR, e);
        }
    }

    private CompactionResult follow(Submitted taken, AttemptDeadline deadline) throws AttemptException {
        @Nullable State state = null;
        int lostCalls = 0;
        for (; ; ) {
            long asked = owner.nanoTime();
            long left = deadline.remainingNanos(asked);
            if (left <= 0) {
                throw overdue(taken, state);
            }
            Progress report;
            try {
                report = ask(taken, lostCalls > 0, Duration.ofNanos(left));
                lostCalls = 0;
            } catch (AttemptException e) {
                if (isForgotten(e) && goDirect(taken)) {
                    continue;
                }
                if (e.reason() != FallbackReason.WORKER_LOST || ++lostCalls > MAX_LOST_CALLS || isForgotten(e)) {
                    throw e;
                }
                LOG.info("{}: worker {} does not answer: {}", job.id(), taken.worker(), e.getMessage());
                ending.pause(settings.retrySleepTime());
                continue;
            } catch (TimeoutException e) {
                throw overdue(taken, state);
            }
            if (!report.token().equals(taken.token())) {
                throw badAnswer("the progress of " + taken.token(), "of " + report.token());
            }
            boolean isNews = record(report) || report.state() != state;
            boolean begins = report.state() == State.RUNNING && state != State.RUNNING;
            if (begins || isPatient(report)) {
                deadline.start(owner.nanoTime()); // its time in the queue does not count
            }
            state = report.state();
            deadline.progressed(report.counts().bytesRead(), owner.nanoTime());
            CompactionResult made = end(report);
            if (made != null) {
                return made;
            }
            if (!isNews && owner.nanoTime() - asked < LEAST_WAIT.toNanos()) {
                ending.pause(LEAST_WAIT); // it does not wait for news, so we do
            }
        }
    }

    /** In a worker's queue the job waits as long as it must, where it can't be done here instead. */
    private boolean isPatient(Progress report) {
        return report.state() == State.WAITING && !settings.allowFallbackToLocal();
    }

    private AttemptException overdue(Submitted taken, @Nullable State state) {
        String where = "compaction " + job.id() + ", attempt " + number + " at " + taken.worker();
        if (state == State.WAITING) {
            return new AttemptException(
                    FallbackReason.WORKER_BUSY,
                    new StoreException(
                            Kind.BUSY,
                            "compaction.remote.queue",
                            where + " was in the queue for as long as it may take"));
        }
        return new AttemptException(
                FallbackReason.DEADLINE,
                new StoreException(
                        Kind.TIMED_OUT,
                        "compaction.remote.deadline",
                        where + " made no progress for longer than timeout_multiplier, http_timeout and overall_timeout"
                                + " allow"));
    }

    /** Where the last call found nobody, asks without waiting first: a connection that hangs is then found sooner. */
    private Progress ask(Submitted taken, boolean probe, Duration left) throws AttemptException, TimeoutException {
        return ending.await(
                probe
                        ? owner.client().probe(target, taken.token(), seen, settings.httpTimeout())
                        : owner.client().await(target, taken.token(), seen),
                left);
    }

    /** Whether a proxy that does not know tokens may have asked another worker, and there is a way round it. */
    private boolean goDirect(Submitted taken) {
        RemoteWorker direct = target.equals(worker) ? worker.at(taken.address()) : null;
        if (direct == null) {
            return false;
        }
        LOG.debug("{}: {} does not know it: asking {}", job.id(), worker, direct);
        target = direct;
        return true;
    }

    private static boolean isForgotten(AttemptException e) {
        return e.error().kind() == Kind.NOT_FOUND;
    }

    /** Takes in what is new, and tells whether anything is; what is known, or leaves a gap, is not. */
    private boolean record(Progress report) throws AttemptException {
        int before = seen;
        List<KeyRange> ranges = report.keyRanges();
        if (!ranges.isEmpty() && !ranges.equals(progress.ranges())) {
            progress = progress.withRanges(ranges);
        }
        int known = seen - report.seen();
        for (int i = known; known >= 0 && i < report.segments().size(); i++) {
            SegmentDocument segment = report.segments().get(i);
            OutputDocument output = segment.output();
            if (output != null && output.attempt() != number) {
                throw badAnswer("an output of attempt " + number, "of attempt " + output.attempt());
            }
            progress = progress.with(segment.segment(JobName.of(job.id())));
            seen++;
        }
        return seen > before;
    }

    /** The result, or null where the attempt goes on. */
    private @Nullable CompactionResult end(Progress report) throws AttemptException {
        ErrorDocument error = report.error();
        ResultDocument result = report.result();
        if (report.state() == State.FINISHED && result != null) {
            if (!result.job().equals(JobName.of(job.id())) || result.attempt() != number) {
                throw badAnswer(
                        "the result of attempt " + number + " at " + job.id(),
                        "of attempt " + result.attempt() + " at " + result.job());
            }
            return result.compactionResult();
        }
        if (report.state().hasEnded()) {
            if (error == null) {
                throw badAnswer("a result or an error", report.state() + " without");
            }
            throw failure(report.state(), error);
        }
        return null;
    }

    private AttemptException failure(State state, ErrorDocument error) {
        if (state == State.HANDED_BACK) {
            // One that has no room any more may have some later; one that leaves has not.
            return new AttemptException(
                    error.kind() == Kind.BUSY ? FallbackReason.WORKER_BUSY : FallbackReason.HANDED_BACK,
                    error.exception());
        }
        if (error.code().equals(PROGRESS_CODE)) {
            progress = CompactionProgress.NONE; // what was recorded is of no use to anybody
            return new AttemptException(FallbackReason.WORKER_ERROR, error.exception());
        }
        return new AttemptException(FallbackReason.of(error), error.exception());
    }

    /** Best effort: a worker that does not hear it can harm nothing, and ends at its next file at the latest. */
    private void shutdown(Submitted taken) {
        Duration limit = settings.httpTimeout().compareTo(MAX_GOODBYE) < 0 ? settings.httpTimeout() : MAX_GOODBYE;
        try {
            new Ending().await(owner.client().shutdown(target, taken.token(), limit), limit);
        } catch (AttemptException | TimeoutException e) {
            LOG.debug("{}: worker {} was not told to end", job.id(), taken.worker(), e);
        }
    }

    private AttemptException badAnswer(String expected, String found) {
        return new AttemptException(
                FallbackReason.BAD_ANSWER,
                new StoreException(
                        Kind.REMOTE,
                        "compaction.remote.answer",
                        "compaction " + job.id() + ": worker " + worker + ": expected " + expected + ", found "
                                + found));
    }
}
