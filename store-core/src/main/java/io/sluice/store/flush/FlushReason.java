// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.flush;

/** Why a memtable was sealed to be flushed; the names follow RocksDB's {@code FlushReason}. */
public enum FlushReason {
    /** It reached {@code write_buffer_size} or {@code memtable_max_entries}. */
    WRITE_BUFFER_FULL,
    /** It reached {@code memtable_max_age}. */
    MEMTABLE_MAX_AGE,
    /** All memtables together used up {@code db_write_buffer_size}. */
    WRITE_BUFFER_MANAGER,
    /** The write-ahead logs together are longer than {@code max_total_wal_size}, and it has entries in the oldest. */
    WAL_FULL,
    /** The program asked for it. */
    MANUAL_FLUSH,
    /** The store is closing. */
    SHUT_DOWN,
    /** A flush that failed is tried again. */
    ERROR_RECOVERY
}
