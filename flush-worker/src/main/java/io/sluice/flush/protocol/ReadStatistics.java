// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

/** The names under which a worker's statistics tell of its reads from the memnode. */
public final class ReadStatistics {
    /** How long they took, ns. */
    public static final String NANOS = "read_ns";

    /** Bytes read. */
    public static final String BYTES = "read_bytes";

    /** Those of them that RDMA carried: all or none. */
    public static final String RDMA_BYTES = "read_rdma_bytes";

    private ReadStatistics() {}
}
