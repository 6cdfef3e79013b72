// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import io.sluice.store.flush.JobId;
import io.sluice.transport.ConnectionPath;
import org.jspecify.annotations.Nullable;

/**
 * The way of one flush, from its start to its end. A value. Where a job took several attempts these are the last one's
 * steps; what was shipped for an earlier one and used again keeps its time. Times are in ns from the start of the job, -1
 * for a step that it did not come to.
 *
 * @param id the job
 * @param builder who made the SST: a worker's name, {@code local}, or empty where nobody did
 * @param installed whether the SST is in the manifest
 * @param attempts at a remote flush
 * @param localReason why it was not remote, or null where it was
 * @param memnode where the memtables lay, or null where nowhere
 * @param shippedBy what carried them there, or null
 * @param readBy what carried them to the worker, {@code rdma} or {@code tcp}, or null
 * @param bytesShipped of the memtables
 * @param placedNanos when a worker was found
 * @param shippedNanos when the memtables were on the memnode
 * @param builtNanos when the result was here
 * @param settledNanos when the SST was installed, or the job given up
 */
public record FlushTrace(
        JobId id,
        String builder,
        boolean installed,
        int attempts,
        @Nullable FallbackReason localReason,
        @Nullable String memnode,
        @Nullable ConnectionPath shippedBy,
        @Nullable String readBy,
        long bytesShipped,
        long placedNanos,
        long shippedNanos,
        long builtNanos,
        long settledNanos) {
    /** The builder of a flush of this process. */
    public static final String LOCAL = "local";
}
