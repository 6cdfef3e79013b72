// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import io.sluice.flush.protocol.ReadStatistics;
import io.sluice.store.flush.FlushResult;

/** What a result says of the worker's reads from the memnode. It is the worker's word, so nothing is made of it but counts. */
final class WorkerReads {
    static final String RDMA = "rdma";
    static final String TCP = "tcp";

    private WorkerReads() {}

    /** Bytes that it read. */
    static long bytes(FlushResult result) {
        return Math.max(0, result.statistics().getOrDefault(ReadStatistics.BYTES, 0L));
    }

    /** What carried them. */
    static String transport(FlushResult result) {
        return result.statistics().getOrDefault(ReadStatistics.RDMA_BYTES, 0L) > 0 ? RDMA : TCP;
    }
}
