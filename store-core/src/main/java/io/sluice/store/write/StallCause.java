// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

/** Why writes wait. */
public enum StallCause {
    /** A column family holds {@code max_write_buffer_number} memtables that wait for their flush: writes stop. */
    MEMTABLE_LIMIT,
    /** All but one of more than three write buffers are full: writes are slowed to {@code delayed_write_rate}. */
    DELAYED_WRITE,
    /** The memtables' memory ({@code db_write_buffer_size}) is used up: writes stop. */
    MEMORY_LIMIT
}
