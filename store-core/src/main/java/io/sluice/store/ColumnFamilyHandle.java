// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.engine.ColumnFamily;

/**
 * One column family of one open store. Safe for concurrent use; needs no closing. Once its column family is dropped,
 * writes to it fail with {@code NOT_FOUND}; reads and iterators that began before go on.
 */
public final class ColumnFamilyHandle {
    private final ColumnFamily columnFamily;

    ColumnFamilyHandle(ColumnFamily columnFamily) {
        this.columnFamily = columnFamily;
    }

    /** Its name. */
    public String name() {
        return columnFamily.name();
    }

    /** RocksDB's numeric id, 0 for the default column family; never used again after a drop. */
    public int id() {
        return columnFamily.id();
    }

    ColumnFamily columnFamily() {
        return columnFamily;
    }

    @Override
    public String toString() {
        return name() + "(" + id() + ")";
    }
}
