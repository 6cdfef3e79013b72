// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.Store;
import io.sluice.store.StoreIterator;
import io.sluice.store.base.StoreException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads a store whole, in each way that there is. */
final class StoreReading {
    private StoreReading() {}

    /** The column families in the order of their numbers. */
    static List<ColumnFamilyHandle> families(Store store, KeySpace space) throws Finding {
        List<ColumnFamilyHandle> families = new ArrayList<>();
        for (String name : space.familyNames()) {
            ColumnFamilyHandle family = store.columnFamily(name);
            if (family == null) {
                throw new Finding("column family " + name + " is gone");
            }
            families.add(family);
        }
        return families;
    }

    /** What each key has, by a scan forward, that a scan backward and a get of each key have found too. */
    static long[][][] read(Store store, KeySpace space) throws StoreException, Finding {
        List<ColumnFamilyHandle> families = families(store, space);
        long[][][] found = new long[families.size()][][];
        for (int family = 0; family < found.length; family++) {
            found[family] = scan(store, families.get(family), family, space, true);
            long[][] backward = scan(store, families.get(family), family, space, false);
            Range range = new Range(space, family, 0, found[family]);
            for (int key = 0; key < space.keys(); key++) {
                if (!Arrays.equals(found[family][key], backward[key])) {
                    throw new Finding("column family " + family + ", key " + key + ": a scan forward shows "
                            + SurvivalCheck.text(found[family][key]) + ", one backward "
                            + SurvivalCheck.text(backward[key]));
                }
                range.checkGet(key, store.get(families.get(family), space.key(key)));
            }
        }
        return found;
    }

    /** Holds all that a store shows against what it must. */
    static void check(Store store, KeySpace space, long[][][] expected) throws StoreException, Finding {
        long[][][] found = read(store, space);
        for (int family = 0; family < found.length; family++) {
            for (int key = 0; key < space.keys(); key++) {
                if (!Arrays.equals(found[family][key], expected[family][key])) {
                    throw new Finding("column family " + family + ", key " + key + " has "
                            + SurvivalCheck.text(found[family][key]) + ", expected "
                            + SurvivalCheck.text(expected[family][key]));
                }
            }
        }
    }

    private static long[][] scan(Store store, ColumnFamilyHandle handle, int family, KeySpace space, boolean forward)
            throws StoreException, Finding {
        long[][] found = new long[space.keys()][];
        Arrays.fill(found, Change.ABSENT);
        int previous = forward ? -1 : space.keys();
        try (StoreIterator iterator = store.newIterator(handle)) {
            if (forward) {
                iterator.seekToFirst();
            } else {
                iterator.seekToLast();
            }
            while (iterator.isValid()) {
                int key = space.number(iterator.key());
                if (forward ? key <= previous : key >= previous) {
                    throw new Finding(
                            "column family " + family + ": a scan shows key " + key + " behind key " + previous);
                }
                found[key] = Values.parse(iterator.value());
                previous = key;
                if (forward) {
                    iterator.next();
                } else {
                    iterator.prev();
                }
            }
        }
        return found;
    }
}
