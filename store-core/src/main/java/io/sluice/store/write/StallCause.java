// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

/** Why writes wait. */
public enum StallCause {
    /** A column family holds {@code max_write_buffer_number} memtables that wait for their flush: writes stop. */
    MEMTABLE_LIMIT,
    /** All but one of more than three write buffers are full: writes are slowed to {@code delayed_write_rate}. */
    DELAYED_WRITE,
    /** The memtables' memory ({@code db_write_buffer_size}) is used up: writes stop. */
    MEMORY_LIMIT,
    /** L0 has {@code level0_stop_writes_trigger} files: writes stop. */
    LEVEL0_FILE_COUNT_LIMIT,
    /** L0 has {@code level0_slowdown_writes_trigger} files: writes are slowed. */
    LEVEL0_FILE_COUNT_DELAY,
    /** {@code hard_pending_compaction_bytes_limit} bytes wait for compaction: writes stop. */
    PENDING_COMPACTION_BYTES_LIMIT,
    /** {@code soft_pending_compaction_bytes_limit} bytes wait for compaction: writes are slowed. */
    PENDING_COMPACTION_BYTES_DELAY,
    /** The write-ahead logs are twice as long as {@code max_total_wal_size}: writes that are logged stop. */
    WAL_LIMIT
}
