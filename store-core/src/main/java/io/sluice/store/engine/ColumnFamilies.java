// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.agrona.collections.Int2ObjectHashMap;

/** The column families of an open store, by id. Safe for concurrent use; looking one up takes no lock. */
final class ColumnFamilies {
    private volatile Snapshot snapshot = new Snapshot(List.of());

    /** The list for walking, since walking the map is for one thread at a time. */
    private static final class Snapshot {
        final List<ColumnFamily> all;
        final Int2ObjectHashMap<ColumnFamily> byId = new Int2ObjectHashMap<>();

        Snapshot(List<ColumnFamily> families) {
            this.all = families.stream()
                    .sorted(Comparator.comparingInt(ColumnFamily::id))
                    .toList();
            this.all.forEach(family -> byId.put(family.id(), family));
        }
    }

    ColumnFamily get(int id) throws StoreException {
        ColumnFamily family = snapshot.byId.get(id);
        if (family == null) {
            throw new StoreException(
                    Kind.NOT_FOUND,
                    "store.column-family.unknown",
                    "the store has no column family with id " + id + ": was it dropped, or is it another store's?");
        }
        return family;
    }

    /** {@code family} itself, where it is one of these. */
    void check(ColumnFamily family) throws StoreException {
        if (get(family.id()) != family) {
            throw StoreException.invalid(
                    "store.column-family.foreign",
                    "the handle of column family \"" + family.name() + "\" belongs to another store");
        }
    }

    /** All of them, by id. */
    List<ColumnFamily> all() {
        return snapshot.all;
    }

    synchronized void add(ColumnFamily family) {
        List<ColumnFamily> families = new ArrayList<>(snapshot.all);
        families.add(family);
        snapshot = new Snapshot(families);
    }

    synchronized void remove(ColumnFamily family) {
        List<ColumnFamily> families = new ArrayList<>(snapshot.all);
        families.remove(family);
        snapshot = new Snapshot(families);
    }
}
