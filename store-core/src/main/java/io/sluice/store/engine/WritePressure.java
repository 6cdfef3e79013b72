// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

/** How much a column family's unflushed memtables hold its writes back. */
enum WritePressure {
    NONE,
    DELAYED,
    STOPPED;

    /** RocksDB's rule: {@code ColumnFamilyData::GetWriteStallConditionAndCause} in {@code db/column_family.cc}. */
    static WritePressure of(int sealed, ColumnFamilySettings settings) {
        int max = settings.maxWriteBufferNumber();
        if (sealed >= max) {
            return STOPPED;
        }
        boolean delayed = max > 3 && sealed >= max - 1 && sealed - 1 >= settings.minWriteBufferNumberToMerge();
        return delayed ? DELAYED : NONE;
    }
}
