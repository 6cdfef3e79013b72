// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.compaction.document.ErrorDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Progress.State;
import io.sluice.compaction.document.ResultDocument;
import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionAttempt;
import io.sluice.store.compaction.CompactionCounts;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionSegment;
import io.sluice.store.compaction.KeyRange;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
    private final CompactionJob job;
    private final String storageUri;
    private final long acceptedNanos;

    @GuardedBy("this")
    private State state = State.WAITING;

    @GuardedBy("this")
    private List<KeyRange> ranges = List.of();

    @GuardedBy("this")
    private final List<CompactionSegment> segments = new ArrayList<>();

    @GuardedBy("this")
    private final List<Waiter> waiters = new ArrayList<>();

    @GuardedBy("this")
    private @Nullable CompactionAttempt run;

    /** Why it is to end, once that is known. */
    @GuardedBy("this")
    private @Nullable Ending ending;

    @GuardedBy("this")
    private @Nullable ErrorDocument error;

    @GuardedBy("this")
    private @Nullable ResultDocument result;

    @GuardedBy("this")
    private long contactNanos;

    private record Waiter(int seen, CompletableFuture<Progress> answer) {}

    private record Ending(State state, StoreException reason) {}

    /** An answer that is due. */
    private record Due(CompletableFuture<Progress> answer, Progress progress) {}

    HostedAttempt(String token, JobDocument document, CompactionJob job, String storageUri, long nowNanos) {
        this.token = token;
        this.document = document;
        this.job = job;
        this.storageUri = storageUri;
        this.acceptedNanos = nowNanos;
        this.contactNanos = nowNanos;
    }

    String token() {
        return token;
    }

    JobDocument document() {
        return document;
    }

    CompactionJob job() {
        return job;
    }

    String storageUri() {
        return storageUri;
    }

    long acceptedNanos() {
        return acceptedNanos;
    }

    /** The ranges that it will be cut into at most: what it takes of the worker. */
    int subcompactions() {
        if (job.compaction().outputLevel() == 0) {
            return 1;
        }
        long worth = job.compaction().inputSize() / job.compaction().targetFileSize() + 1;
        return (int) Math.min(job.compaction().maxSubcompactions(), worth);
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

    synchronized boolean isFinished() {
        return state == State.FINISHED;
    }

    /** How far it is, without the first {@code seen} segments. */
    synchronized Progress progress(int seen) {
        CompactionAttempt running = run;
        return Progress.of(
                token, state, running == null ? NOTHING : running.counts(), ranges, seen, segments, error, result);
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

    /** The attempt runs now; false where it has ended before. */
    boolean begin(CompactionAttempt attempt) {
        synchronized (this) {
            if (state.hasEnded()) {
                return false;
            }
            state = State.RUNNING;
            run = attempt;
            Ending wanted = ending;
            if (wanted != null) {
                attempt.abort(wanted.reason());
            }
        }
        return true;
    }

    @Override
    public synchronized void ranges(List<KeyRange> told) {
        ranges = List.copyOf(told);
    }

    @Override
    public void finished(CompactionSegment segment) {
        List<Due> due;
        synchronized (this) {
            segments.add(segment);
            due = takeDue();
        }
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
            }
            CompactionAttempt running = run;
            if (running != null) {
                running.abort(reason);
            } else if (state == State.WAITING) {
                state = endState;
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
        return true;
    }

    /** It ended with a result. */
    void finish(ResultDocument made) {
        List<Due> due;
        synchronized (this) {
            if (state.hasEnded()) {
                return;
            }
            state = State.FINISHED;
            result = made;
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
            state = wanted == null ? State.FAILED : wanted.state();
            error = ErrorDocument.of(wanted == null ? failure : wanted.reason());
            due = takeDue();
        }
        answer(due);
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
