// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.compaction.CompactionSettings;
import io.sluice.store.write.StallCause;
import org.jspecify.annotations.Nullable;

/** How much a column family holds its writes back, and for want of what. */
enum WritePressure {
    NONE(false, null),
    MEMTABLES_DELAY(false, StallCause.DELAYED_WRITE),
    LEVEL0_DELAY(false, StallCause.LEVEL0_FILE_COUNT_DELAY),
    PENDING_BYTES_DELAY(false, StallCause.PENDING_COMPACTION_BYTES_DELAY),
    MEMTABLES_STOP(true, StallCause.MEMTABLE_LIMIT),
    LEVEL0_STOP(true, StallCause.LEVEL0_FILE_COUNT_LIMIT),
    PENDING_BYTES_STOP(true, StallCause.PENDING_COMPACTION_BYTES_LIMIT);

    private final boolean stopped;
    private final @Nullable StallCause cause;

    WritePressure(boolean stopped, @Nullable StallCause cause) {
        this.stopped = stopped;
        this.cause = cause;
    }

    /**
     * RocksDB's rule: {@code ColumnFamilyData::GetWriteStallConditionAndCause} in {@code db/column_family.cc}.
     *
     * @param sealed memtables that wait for their flush
     * @param level0Files files on L0
     * @param pendingBytes bytes that wait for compaction
     */
    static WritePressure of(int sealed, int level0Files, long pendingBytes, ColumnFamilySettings settings) {
        CompactionSettings compaction = settings.compaction();
        boolean compacts = !compaction.disableAutoCompactions();
        int max = settings.maxWriteBufferNumber();
        if (sealed >= max) {
            return MEMTABLES_STOP;
        }
        if (compacts && level0Files >= compaction.level0StopWritesTrigger()) {
            return LEVEL0_STOP;
        }
        if (compacts && reaches(pendingBytes, compaction.hardPendingCompactionBytesLimit())) {
            return PENDING_BYTES_STOP;
        }
        if (max > 3 && sealed >= max - 1 && sealed - 1 >= settings.minWriteBufferNumberToMerge()) {
            return MEMTABLES_DELAY;
        }
        if (compacts && level0Files >= compaction.level0SlowdownWritesTrigger()) {
            return LEVEL0_DELAY;
        }
        if (compacts && reaches(pendingBytes, compaction.softPendingCompactionBytesLimit())) {
            return PENDING_BYTES_DELAY;
        }
        return NONE;
    }

    /** Whether writes wait until it passes. */
    boolean isStopped() {
        return stopped;
    }

    /** Whether writes are slowed. */
    boolean isDelayed() {
        return !stopped && this != NONE;
    }

    /** Why writes wait; null where they don't. */
    @Nullable
    StallCause cause() {
        return cause;
    }

    private static boolean reaches(long pendingBytes, long limit) {
        return limit > 0 && pendingBytes >= limit;
    }
}
