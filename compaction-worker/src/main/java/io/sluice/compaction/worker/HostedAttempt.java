// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.compaction.document.ErrorDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Progress.State;
import io.sluice.compaction.document.ResultDocument;
import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.Compaction;
import io.sluice.store.compaction.CompactionAttempt;
import io.sluice.store.compaction.CompactionCounts;
import io.sluice.store.compaction.CompactionSegment;
import io.sluice.store.compaction.KeyRange;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that this worker has taken: its state, what it has finished, and who waits for more of it. Safe for concurrent
 * use.
 *
 * <p>Invariant: an attempt that has ended changes no more; each waiter is answered once, outside the lock.
 */
final class HostedAttempt implements CompactionAttempt.Listener {
    private static final CompactionCounts NOTHING = new CompactionCounts(0, 0, 0, 0);

    private final String token;
    private final JobDocument document;
    private final Compaction compaction;
    private final LongSupplier nanoClock;
    private final long acceptedNanos;
    private final AttemptLog log;

    @GuardedBy("this")
    private State state = State.WAITING;

    @GuardedBy("this")
    private List<KeyRange> ranges = List.of();

    @GuardedBy("this")
    private final List<CompactionSegment> segments = new ArrayList<>();

    @GuardedBy("this")
    private final List<Waiter> waiters = new ArrayList<>();

    @GuardedBy("this")
    private @Nullable Run run;

    /** How far it was when it ended. */
    @GuardedBy("this")
    private CompactionCounts counts = NOTHING;

    /** Why it is to end, once that is known. */
    @GuardedBy("this")
    private @Nullable Ending ending;

    @GuardedBy("this")
    private @Nullable ErrorDocument error;

    @GuardedBy("this")
    private @Nullable ResultDocument result;

    @GuardedBy("this")
    private long contactNanos;

    @GuardedBy("this")
    private long startedNanos;

    @GuardedBy("this")
    private long endedNanos;

    /** What compacts. Safe for concurrent use; neither method waits. */
    interface Run {
        /** How far it is. */
        CompactionCounts counts();

        /** Ends it soon. */
        void abort(StoreException reason);
    }

    private record Waiter(int seen, CompletableFuture<Progress> answer) {}

    private record Ending(State state, StoreException reason) {}

    /** An answer that is due. */
    private record Due(CompletableFuture<Progress> answer, Progress progress) {}

    /**
     * An attempt that waits.
     *
     * @param token names it in requests
     * @param storageUri where its storage is, for its log
     * @param nanoClock tells when it was taken, and all that follows
     */
    HostedAttempt(String token, JobDocument document, String storageUri, LongSupplier nanoClock) {
        this.token = token;
        this.document = document;
        this.compaction = document.compaction().compaction();
        this.nanoClock = nanoClock;
        this.acceptedNanos = nanoClock.getAsLong();
        this.contactNanos = acceptedNanos;
        this.startedNanos = acceptedNanos;
        this.endedNanos = acceptedNanos;
        this.log = new AttemptLog(nanoClock);
        log.add(this + " of " + document.hoster().instanceName() + ", " + document.columnFamily() + ", in " + storageUri
                + ", behind " + document.segments().size() + " finished parts");
    }

    String token() {
        return token;
    }

    JobDocument document() {
        return document;
    }

    Compaction compaction() {
        return compaction;
    }

    long acceptedNanos() {
        return acceptedNanos;
    }

    /** What happened to it. */
    AttemptLog log() {
        return log;
    }

    /** Nanoseconds that it waited for its turn, and that it ran, as far as it is. */
    synchronized Times times() {
        long now = state.hasEnded() ? endedNanos : nanoClock.getAsLong();
        long began = state == State.WAITING ? now : startedNanos;
        return new Times(began - acceptedNanos, now - began);
    }

    /** See {@link #times()}. */
    record Times(long waitedNanos, long ranNanos) {}

    /** The ranges that it will be cut into at most: what it takes of the worker. */
    int subcompactions() {
        if (compaction.outputLevel() == 0) {
            return 1;
        }
        long worth = compaction.inputSize() / compaction.targetFileSize() + 1;
        return (int) Math.min(compaction.maxSubcompactions(), worth);
    }

    /** Somebody asks for it. */
    synchronized void contact(long nowNanos) {
        contactNanos = Math.max(contactNanos, nowNanos);
    }

    /** When somebody last asked; while somebody waits, now. */
    synchronized long lastContact(long nowNanos) {
        return waiters.isEmpty() ? contactNanos : nowNanos;
    }

    synchronized boolean hasEnded() {
        return state.hasEnded();
    }

    synchronized State state() {
        return state;
    }

    /** What it has done. */
    synchronized CompactionCounts counts() {
        Run running = run;
        return running == null ? counts : running.counts();
    }

    /** Why it ended, where it ended without a result. */
    synchronized @Nullable ErrorDocument error() {
        return error;
    }

    /** What it made, once it has. */
    synchronized @Nullable ResultDocument result() {
        return result;
    }

    /** What it has finished, in that order. */
    synchronized List<CompactionSegment> segments() {
        return List.copyOf(segments);
    }

    /** Whether it was told to end. */
    synchronized boolean isUnwanted() {
        return ending != null;
    }

    synchronized boolean isFinished() {
        return state == State.FINISHED;
    }

    /** How far it is, without the first {@code seen} segments. */
    synchronized Progress progress(int seen) {
        return Progress.of(token, state, counts(), ranges, seen, segments, error, result);
    }

    /** Completes when there are more than {@code seen} segments, or the attempt has ended. */
    CompletableFuture<Progress> await(int seen) {
        CompletableFuture<Progress> answer = new CompletableFuture<>();
        synchronized (this) {
            if (segments.size() <= seen && !state.hasEnded()) {
                waiters.add(new Waiter(seen, answer));
                return answer;
            }
        }
        answer.complete(progress(seen));
        return answer;
    }

    /** Forgets a waiter that was answered otherwise. */
    synchronized void forget(CompletableFuture<Progress> answer, long nowNanos) {
        if (waiters.removeIf(waiter -> waiter.answer() == answer)) {
            contactNanos = Math.max(contactNanos, nowNanos);
        }
    }

    /** That is what compacts, from now until it ends. */
    synchronized void begin(Run running) {
        run = running;
        Ending wanted = ending;
        if (wanted != null) {
            running.abort(wanted.reason());
        }
    }

    @Override
    public synchronized void ranges(List<KeyRange> told) {
        ranges = List.copyOf(told);
        log.add("compacts " + told.size() + (told.size() == 1 ? " range" : " ranges beside each other"));
    }

    @Override
    public void finished(CompactionSegment segment) {
        List<Due> due;
        synchronized (this) {
            segments.add(segment);
            due = takeDue();
        }
        log.add(segment);
        answer(due);
    }

    /** Tells the attempt to end, in that state; one that has not been given a thread ends at once. */
    void abort(State endState, StoreException reason) {
        List<Due> due = List.of();
        synchronized (this) {
            if (state.hasEnded()) {
                return;
            }
            if (ending == null) {
                ending = new Ending(endState, reason);
                log.add("is to end", reason);
            }
            Run running = run;
            if (running != null) {
                running.abort(reason);
            } else if (state == State.WAITING) {
                end(endState);
                startedNanos = endedNanos;
                error = ErrorDocument.of(reason);
                due = takeDue();
            }
        }
        answer(due);
    }

    /** It has its thread from now on; false where it has ended before. */
    synchronized boolean take() {
        if (state != State.WAITING) {
            return false;
        }
        state = State.RUNNING;
        startedNanos = nanoClock.getAsLong();
        log.add("has its turn");
        return true;
    }

    /** It ended with a result. */
    void finish(ResultDocument made) {
        List<Due> due;
        synchronized (this) {
            if (state.hasEnded()) {
                return;
            }
            end(State.FINISHED);
            result = made;
            log.add("finished: " + made.outputs().size() + " files of " + made.inputEntries() + " entries");
            due = takeDue();
        }
        answer(due);
    }

    /** It ended with an error; where it was told to end, that is why. */
    void fail(StoreException failure) {
        List<Due> due;
        synchronized (this) {
            if (state.hasEnded()) {
                return;
            }
            Ending wanted = ending;
            end(wanted == null ? State.FAILED : wanted.state());
            log.add("ended", failure);
            error = ErrorDocument.of(wanted == null ? failure : wanted.reason());
            due = takeDue();
        }
        answer(due);
    }

    /** What is remembered of it from now on holds no plug-in, which could not be unloaded otherwise. */
    @GuardedBy("this")
    private void end(State endState) {
        state = endState;
        endedNanos = nanoClock.getAsLong();
        Run running = run;
        if (running != null) {
            counts = running.counts();
            run = null;
        }
    }

    @GuardedBy("this")
    private List<Due> takeDue() {
        List<Due> due = new ArrayList<>();
        for (Iterator<Waiter> all = waiters.iterator(); all.hasNext(); ) {
            Waiter waiter = all.next();
            if (segments.size() > waiter.seen() || state.hasEnded()) {
                due.add(new Due(waiter.answer(), progress(waiter.seen())));
                all.remove();
            }
        }
        return due;
    }

    private static void answer(List<Due> due) {
        due.forEach(one -> one.answer().complete(one.progress()));
    }

    @Override
    public String toString() {
        return "compaction " + document.job() + ", attempt " + document.attempt();
    }
}
