// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import java.time.Duration;

/**
 * When an attempt counts as lost: {@code max(timeout_multiplier × estimate, http_timeout, overall_timeout)} after its
 * start, the estimate being input bytes ÷ speed; and anew from each progress, for what is then left to do. Progress counts
 * in steps of a hundredth of the input, so that an attempt that crawls ends as well. Used by one thread.
 */
final class AttemptDeadline {
    private static final int STEPS = 100;

    private final RemoteCompactionSettings settings;
    private final double bytesPerSecond;
    private final long inputBytes;
    private long doneSteps;
    private long deadline;

    /**
     * Begins.
     *
     * @param bytesPerSecond estimated
     * @param inputBytes of the whole job
     */
    AttemptDeadline(RemoteCompactionSettings settings, double bytesPerSecond, long inputBytes, long nowNanos) {
        this.settings = settings;
        this.bytesPerSecond = bytesPerSecond;
        this.inputBytes = inputBytes;
        start(nowNanos);
    }

    /** Begins anew, as where a worker takes a job from its queue. */
    void start(long nowNanos) {
        doneSteps = 0;
        deadline = nowNanos + limit(settings, bytesPerSecond, inputBytes).toNanos();
    }

    /** Takes in how much of the input a worker says that it has read. */
    void progressed(long doneBytes, long nowNanos) {
        long done = Math.max(0, Math.min(doneBytes, inputBytes));
        long steps = inputBytes == 0 ? 0 : (long) ((double) done / inputBytes * STEPS);
        if (steps > doneSteps) {
            doneSteps = steps;
            deadline = nowNanos
                    + limit(settings, bytesPerSecond, inputBytes - done).toNanos();
        }
    }

    /** Time left, negative where it has passed. */
    long remainingNanos(long nowNanos) {
        return deadline - nowNanos;
    }

    /** How long an attempt may take for so many bytes of input; at most {@link RemoteCompactionSettings#MAX_TIME}. */
    static Duration limit(RemoteCompactionSettings settings, double bytesPerSecond, long bytes) {
        double estimateNanos = settings.timeoutMultiplier() * bytes / bytesPerSecond * 1e9;
        double least = Math.max(
                settings.httpTimeout().toNanos(), settings.overallTimeout().toNanos());
        double most = RemoteCompactionSettings.MAX_TIME.toNanos();
        return Duration.ofNanos((long) Math.min(most, Math.max(estimateNanos, least)));
    }
}
