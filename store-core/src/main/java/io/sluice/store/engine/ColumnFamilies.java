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
    private volatile Int2ObjectHashMap<ColumnFamily> byId = new Int2ObjectHashMap<>();

    ColumnFamily get(int id) throws StoreException {
        ColumnFamily family = byId.get(id);
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
        List<ColumnFamily> all = new ArrayList<>(byId.values());
        all.sort(Comparator.comparingInt(ColumnFamily::id));
        return all;
    }

    synchronized void add(ColumnFamily family) {
        Int2ObjectHashMap<ColumnFamily> copy = new Int2ObjectHashMap<>(byId);
        copy.put(family.id(), family);
        byId = copy;
    }

    synchronized void remove(ColumnFamily family) {
        Int2ObjectHashMap<ColumnFamily> copy = new Int2ObjectHashMap<>(byId);
        copy.remove(family.id());
        byId = copy;
    }
}
