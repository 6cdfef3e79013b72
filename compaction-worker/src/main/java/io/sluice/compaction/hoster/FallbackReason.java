// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.compaction.document.ErrorDocument;
import java.util.regex.Pattern;

/** Why an attempt at a remote compaction came to nothing; the last one of a job is why it was compacted locally. */
public enum FallbackReason {
    /** There is no worker but those that failed at this job. */
    NO_WORKER(Next.END),
    /** The worker's queue is full; that does not use up an attempt. */
    WORKER_BUSY(Next.LATER),
    /** The worker is about to leave, and handed the job back; that does not use up an attempt. */
    HANDED_BACK(Next.ELSEWHERE_FREE),
    /** The worker can't be reached, or answers no more, or knows nothing of the job any more. */
    WORKER_LOST(Next.ELSEWHERE),
    /** The worker reported an error that another may not have. */
    WORKER_ERROR(Next.ELSEWHERE),
    /** The worker reported an error that every worker would have. */
    JOB_ERROR(Next.END),
    /** A proxy gave the job to a worker again that failed at it before. */
    FAILED_BEFORE(Next.ELSEWHERE_FREE),
    /** The worker's answer is none, or is not of this attempt. */
    BAD_ANSWER(Next.ELSEWHERE),
    /** The attempt took longer than it may. */
    DEADLINE(Next.ELSEWHERE),
    /** What the worker has finished did not become visible here in time. */
    STALE_VIEW(Next.ELSEWHERE),
    /** The store refused the worker's result, or could not install it. Of attempts only. */
    NOT_INSTALLED(Next.END),
    /** This process could not make the attempt's directory, or copy the job's files. */
    STORAGE_ERROR(Next.END),
    /** The job is not wanted any more, or the store closes; nothing is compacted locally then. */
    ABORTED(Next.END),
    /** An error of this program. */
    INTERNAL(Next.END);

    private static final Pattern OF_WORKERS = Pattern.compile("compaction[.]worker[.].*");

    private final Next next;

    /** What follows for the job. */
    enum Next {
        /** Another worker, which uses up an attempt. */
        ELSEWHERE,
        /** Another worker, which uses up none. */
        ELSEWHERE_FREE,
        /** Any worker that is not busy, this one too after a while. */
        LATER,
        /** No further attempt. */
        END
    }

    FallbackReason(Next next) {
        this.next = next;
    }

    Next next() {
        return next;
    }

    /** What an error says of those who might be asked next: what a worker says of itself holds for no other. */
    static FallbackReason of(ErrorDocument error) {
        boolean isOwn = OF_WORKERS.matcher(error.code()).matches();
        return error.retryable() || isOwn ? WORKER_ERROR : JOB_ERROR;
    }
}
