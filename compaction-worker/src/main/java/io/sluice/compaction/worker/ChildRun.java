// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.ErrorDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.OutputDocument;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.ResultDocument;
import io.sluice.compaction.document.SegmentDocument;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionCounts;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An attempt in a process of its own, as its worker sees it: followed by one thread. */
final class ChildRun implements HostedAttempt.Run {
    /** More than any job has: a process that means harm is not to fill the worker's memory. */
    private static final int MAX_SEGMENTS = 200_000;

    private final Process process;
    private final HostedAttempt hosted;
    private volatile CompactionCounts counts = new CompactionCounts(0, 0, 0, 0);

    ChildRun(Process process, HostedAttempt hosted) {
        this.process = process;
        this.hosted = hosted;
    }

    @Override
    public CompactionCounts counts() {
        return counts;
    }

    /** Ends the process at once: what it has told of is whole, the rest is deleted. */
    @Override
    public void abort(StoreException reason) {
        process.toHandle().destroyForcibly(); // which leaves the streams to whom they are read by
    }

    /** Tells the process what to do; it may have ended already, which {@link #follow} finds. */
    void send(ChildPipe.Task task) throws IOException {
        // Stays open: its end tells the process that the worker is gone.
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
        ChildPipe.write(out, task);
    }

    /** Passes on what the process tells; its result, or null where it ended without. */
    @Nullable
    ResultDocument follow() throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(process.getInputStream()));
        boolean knowsRanges = false;
        int seen = 0;
        for (; ; ) {
            Progress progress = ChildPipe.readProgress(in);
            if (progress == null) {
                return null;
            }
            check(progress, seen);
            counts = progress.counts();
            if (!knowsRanges && !progress.ranges().isEmpty()) {
                knowsRanges = true;
                hosted.ranges(progress.keyRanges());
            }
            for (SegmentDocument segment : progress.segments()) {
                hosted.finished(segment.segment(hosted.document().job()));
            }
            seen += progress.segments().size();
            ResultDocument result = progress.result();
            ErrorDocument error = progress.error();
            if (result != null) {
                return result;
            }
            if (error != null) {
                throw error.exception();
            }
        }
    }

    private void check(Progress progress, int seen) throws StoreException {
        JobDocument document = hosted.document();
        ResultDocument result = progress.result();
        boolean isOfAttempt = progress.token().equals(hosted.token())
                && progress.seen() == seen
                && seen + progress.segments().size() <= MAX_SEGMENTS
                && (result == null || (result.job().equals(document.job()) && result.attempt() == document.attempt()));
        for (SegmentDocument segment : progress.segments()) {
            OutputDocument output = segment.output();
            isOfAttempt &= output == null || output.attempt() == document.attempt();
        }
        if (!isOfAttempt) {
            throw new StoreException(
                    Kind.REMOTE,
                    "compaction.child.answer",
                    hosted + ": its process " + process.pid() + " tells of something else");
        }
    }
}
