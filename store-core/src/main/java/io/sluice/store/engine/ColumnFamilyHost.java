// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.memtable.Memtable;

/** What a column family needs of its store. */
interface ColumnFamilyHost {
    /** An empty memtable, with one reference, the caller's. */
    Memtable newMemtable(long id, KeyComparator comparator);

    /** Tells of a sealed memtable, before its successor is shown; called with the column family's lock held. */
    void sealed(Memtable memtable);

    /** Tells of the pressure, also where it stays the same; called with the column family's lock held. */
    void pressureUpdated(ColumnFamily columnFamily, WritePressure from, WritePressure to, WriteController.Debt debt);

    /** Tells that a view is let go, and files with it, perhaps. */
    void viewReleased();

    /** How its tables are read. */
    TableReading tableReading(KeyComparator comparator, ColumnFamilySettings settings);

    /** Whom views are counted by. */
    Holders holders();

    /** Ends waiting: throws where the store takes no more writes. */
    void checkWritable() throws StoreException;
}
