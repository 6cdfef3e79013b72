// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.JobName;
import io.sluice.compaction.document.Progress.State;
import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionCounts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The attempts that a worker has: takes them up to its bounds, starts them by {@link Turns}, ends those that nobody wants
 * any more, and remembers outcomes for a while. Safe for concurrent use.
 *
 * <p>Invariants, under the lock:
 * <ol>
 *   <li>{@code usedSubcompactions} is the sum over {@code running}; it exceeds the bound only where one attempt runs alone.
 *   <li>An attempt is in {@code waiting}, in {@code running}, or has ended; in {@code byToken} and {@code byName} from its
 *       acceptance until its outcome is forgotten. So a submission is admitted or refused in one step.
 * </ol>
 */
final class AttemptTable {
    private static final Logger LOG = LoggerFactory.getLogger(AttemptTable.class);

    /** Outcomes that are remembered. */
    private static final int MAX_ENDED = 256;

    /** How long smaller jobs may overtake the most urgent one, which does not fit. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final CompactionCounts NOTHING = new CompactionCounts(0, 0, 0, 0);

    private final WorkerSettings settings;
    private final AttemptRunner runner;
    private final Executor threads;
    private final ScheduledExecutorService timer;
    private final LongSupplier nanoClock;
    private final Supplier<String> tokens;
    private final Consumer<HostedAttempt> ran;

    @GuardedBy("this")
    private final Map<String, HostedAttempt> byToken = new HashMap<>();

    @GuardedBy("this")
    private final Map<Name, HostedAttempt> byName = new HashMap<>();

    @GuardedBy("this")
    private final List<HostedAttempt> waiting = new ArrayList<>();

    @GuardedBy("this")
    private final List<HostedAttempt> running = new ArrayList<>();

    @GuardedBy("this")
    private final Turns turns = new Turns();

    @GuardedBy("this")
    private final List<HostedAttempt> ended = new ArrayList<>();

    @GuardedBy("this")
    private final Map<HostedAttempt, ScheduledFuture<?>> deadlines = new HashMap<>();

    @GuardedBy("this")
    private int usedSubcompactions;

    @GuardedBy("this")
    private long finished;

    @GuardedBy("this")
    private long failed;

    @GuardedBy("this")
    private long handedBack;

    /** What ended attempts did; those under way come on top. */
    @GuardedBy("this")
    private CompactionCounts endedCounts = NOTHING;

    @GuardedBy("this")
    private long rejected;

    @GuardedBy("this")
    private boolean stopping;

    private record Name(String instance, JobName job, int attempt) {
        static Name of(JobDocument document) {
            return new Name(document.hoster().instanceName(), document.job(), document.attempt());
        }
    }

    /**
     * A table without attempts.
     *
     * @param ran hears of each attempt that was given a thread, on that, before it counts as ended
     */
    AttemptTable(
            WorkerSettings settings,
            AttemptRunner runner,
            Executor threads,
            ScheduledExecutorService timer,
            LongSupplier nanoClock,
            Supplier<String> tokens,
            Consumer<HostedAttempt> ran) {
        this.settings = settings;
        this.runner = runner;
        this.threads = threads;
        this.timer = timer;
        this.nanoClock = nanoClock;
        this.tokens = tokens;
        this.ran = ran;
    }

    /** An attempt that was taken already by the same name, or null. */
    synchronized @Nullable HostedAttempt known(JobDocument document) {
        HostedAttempt attempt = byName.get(Name.of(document));
        if (attempt != null) {
            attempt.contact(nanoClock.getAsLong());
        }
        return attempt;
    }

    /**
     * Takes an attempt, or finds it taken. Where there is no room for it, one of a store that has more of them waiting is
     * handed back.
     *
     * @throws StoreException {@code BUSY} where the bounds are reached, {@code CLOSED} where the worker is leaving
     */
    HostedAttempt submit(JobDocument document, String storageUri) throws StoreException {
        HostedAttempt attempt;
        HostedAttempt displaced = null;
        synchronized (this) {
            HostedAttempt known = known(document);
            if (known != null) {
                return known;
            }
            if (stopping) {
                throw WorkerErrors.leaving(settings.id());
            }
            attempt = new HostedAttempt(tokens.get(), document, storageUri, nanoClock);
            waiting.add(attempt);
            if (waiting.size() > settings.maxWaiting() && next() != attempt) {
                displaced = Turns.displaced(waiting, attempt);
                waiting.remove(displaced == null ? attempt : displaced);
                if (displaced == null) {
                    rejected++;
                    throw WorkerErrors.busy(settings.id(), settings.maxWaiting());
                }
                remember(displaced);
            }
            byToken.put(attempt.token(), attempt);
            byName.put(Name.of(document), attempt);
            deadlines.put(
                    attempt,
                    timer.schedule(
                            () -> end(attempt, State.FAILED, WorkerErrors.overdue(document.timeoutMs())),
                            document.timeoutMs(),
                            TimeUnit.MILLISECONDS));
        }
        if (displaced != null) {
            displaced.abort(State.HANDED_BACK, WorkerErrors.displaced(settings.id()));
        }
        watch(attempt, settings.orphanLimit());
        dispatch();
        return attempt;
    }

    /** The attempt of a token, or null; asking keeps it alive. */
    synchronized @Nullable HostedAttempt find(String token) {
        HostedAttempt attempt = byToken.get(token);
        if (attempt != null) {
            attempt.contact(nanoClock.getAsLong());
        }
        return attempt;
    }

    /** The attempt of a token, or null, for somebody who only looks at it. */
    synchronized @Nullable HostedAttempt look(String token) {
        return byToken.get(token);
    }

    /** Attempts that run, then those that wait, in the order in which they came. */
    synchronized List<HostedAttempt> live() {
        List<HostedAttempt> live = new ArrayList<>(running);
        live.addAll(waiting);
        return live;
    }

    /** Attempts that ended and are remembered, the newest first. */
    synchronized List<HostedAttempt> ended() {
        List<HostedAttempt> newest = new ArrayList<>(ended);
        Collections.reverse(newest);
        return newest;
    }

    /** Ends an attempt soon. */
    void end(HostedAttempt attempt, State state, StoreException reason) {
        attempt.abort(state, reason);
        boolean wasWaiting;
        synchronized (this) {
            wasWaiting = waiting.remove(attempt);
            if (wasWaiting) {
                remember(attempt);
            }
        }
        if (wasWaiting) {
            dispatch();
        }
    }

    /** Takes nothing any more and hands all attempts back. */
    void leave() {
        List<HostedAttempt> all;
        synchronized (this) {
            stopping = true;
            all = new ArrayList<>(waiting);
            all.addAll(running);
        }
        all.forEach(attempt -> end(attempt, State.HANDED_BACK, WorkerErrors.leaving(settings.id())));
    }

    synchronized boolean isStopping() {
        return stopping;
    }

    /** Whether nothing runs or waits. */
    synchronized boolean isIdle() {
        return running.isEmpty() && waiting.isEmpty();
    }

    synchronized WorkerStatus status() {
        return new WorkerStatus(
                running.size(), usedSubcompactions, waiting.size(), finished, failed, handedBack, rejected, stopping);
    }

    /** What all attempts have read, written and finished since the start, those under way included. */
    synchronized CompactionCounts done() {
        CompactionCounts done = endedCounts;
        for (HostedAttempt attempt : running) {
            done = sum(done, attempt.counts());
        }
        return done;
    }

    private static CompactionCounts sum(CompactionCounts a, CompactionCounts b) {
        return new CompactionCounts(
                a.inputEntries() + b.inputEntries(),
                a.bytesRead() + b.bytesRead(),
                a.bytesWritten() + b.bytesWritten(),
                a.outputs() + b.outputs());
    }

    /** Ends an attempt when nobody has asked for it so long. */
    private void watch(HostedAttempt attempt, Duration pause) {
        try {
            var unused = timer.schedule(() -> lookForAskers(attempt), pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("the worker ends", e);
        }
    }

    private void lookForAskers(HostedAttempt attempt) {
        if (attempt.hasEnded()) {
            return;
        }
        long now = nanoClock.getAsLong();
        long left = settings.orphanLimit().toNanos() - (now - attempt.lastContact(now));
        if (left > 0) {
            watch(attempt, Duration.ofNanos(left));
        } else {
            LOG.info("{}: nobody asks for it any more", attempt);
            end(
                    attempt,
                    State.FAILED,
                    WorkerErrors.orphaned(settings.orphanLimit().toMillis()));
        }
    }

    private void dispatch() {
        for (; ; ) {
            HostedAttempt next;
            synchronized (this) {
                next = next();
                if (next == null) {
                    return;
                }
                waiting.remove(next);
                if (!next.take()) {
                    remember(next);
                    continue;
                }
                running.add(next);
                turns.begin(next);
                usedSubcompactions += next.subcompactions();
            }
            start(next);
        }
    }

    private void start(HostedAttempt attempt) {
        Runnable task = () -> {
            try {
                runner.run(attempt);
                ran.accept(attempt);
            } finally {
                onEnd(attempt);
            }
        };
        try {
            threads.execute(task);
        } catch (RejectedExecutionException | OutOfMemoryError e) { // the worker ends, or there is no thread to be had
            attempt.fail(WorkerErrors.of(e));
            onEnd(attempt);
        }
    }

    private void onEnd(HostedAttempt attempt) {
        synchronized (this) {
            running.remove(attempt);
            usedSubcompactions -= attempt.subcompactions();
            remember(attempt);
        }
        dispatch();
    }

    /** The one to start now, or null. */
    @GuardedBy("this")
    private @Nullable HostedAttempt next() {
        long now = nanoClock.getAsLong();
        for (HostedAttempt attempt : turns.order(waiting, running, now)) {
            if (running.isEmpty() || usedSubcompactions + attempt.subcompactions() <= settings.maxParallel()) {
                return attempt;
            }
            if (now - attempt.acceptedNanos() > PATIENCE_NANOS) {
                return null; // room for it must come to be
            }
        }
        return null;
    }

    /** Keeps an outcome to be asked for. */
    @GuardedBy("this")
    private void remember(HostedAttempt attempt) {
        ScheduledFuture<?> deadline = deadlines.remove(attempt);
        if (deadline == null) {
            return;
        }
        deadline.cancel(false);
        switch (attempt.state()) {
            case FINISHED -> finished++;
            case HANDED_BACK -> handedBack++;
            default -> failed++;
        }
        endedCounts = sum(endedCounts, attempt.counts());
        ended.add(attempt);
        if (ended.size() > MAX_ENDED) {
            forget(ended.get(0));
        }
        try {
            var unused = timer.schedule(
                    () -> {
                        synchronized (this) {
                            forget(attempt);
                        }
                    },
                    settings.keepResults().toNanos(),
                    TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("the worker ends", e);
        }
    }

    @GuardedBy("this")
    private void forget(HostedAttempt attempt) {
        if (ended.remove(attempt)) {
            byToken.remove(attempt.token());
            byName.remove(Name.of(attempt.document()));
        }
    }
}
