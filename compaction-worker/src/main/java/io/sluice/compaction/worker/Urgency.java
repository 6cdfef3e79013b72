// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import java.util.concurrent.TimeUnit;

/**
 * Which of the waiting jobs goes first: the one with the highest response ratio, (waited + work) ÷ work (Hansen's HRRN). A
 * small job soon overtakes large ones; a large one that waits grows too, so that none starves. What comes of L0 counts
 * fourfold, since it is what writers wait for, and each attempt that was made before once more.
 */
final class Urgency {
    /** Bytes a second by which work is told from size; only proportions matter. */
    private static final double SPEED = 10 << 20;

    private static final double MIN_WORK_SECONDS = 1;
    private static final double LEVEL_0_FACTOR = 4;

    private Urgency() {}

    /**
     * How urgent a job is, for comparison.
     *
     * @param waitedNanos since it was submitted
     * @param size bytes of its inputs
     */
    static double of(long waitedNanos, long size, int startLevel, int attempt) {
        double work = Math.max(MIN_WORK_SECONDS, size / SPEED);
        double waited = (double) Math.max(0, waitedNanos) / TimeUnit.SECONDS.toNanos(1);
        double ratio = (waited + work) / work;
        return ratio * (startLevel == 0 ? LEVEL_0_FACTOR : 1) * attempt;
    }
}
