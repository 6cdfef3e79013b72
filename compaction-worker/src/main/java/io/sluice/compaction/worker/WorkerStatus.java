// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

/**
 * What a worker tells people. A value.
 *
 * @param running attempts under way
 * @param runningSubcompactions ranges that these may compact at a time
 * @param waiting attempts that wait for their turn
 * @param finished attempts that ended with a result, since the start; so the next two
 * @param failed attempts that ended with an error, were stopped, or were given up by their store
 * @param handedBack attempts that the worker gave back since it was leaving
 * @param rejected submissions that found it busy, since the start
 * @param stopping whether it takes nothing any more
 */
public record WorkerStatus(
        int running,
        int runningSubcompactions,
        int waiting,
        long finished,
        long failed,
        long handedBack,
        long rejected,
        boolean stopping) {}
