// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.ReadOptions;
import io.sluice.store.Snapshot;
import io.sluice.store.Store;
import io.sluice.store.StoreIterator;
import io.sluice.store.base.StoreException;
import java.util.List;
import java.util.random.RandomGenerator;

/** A view of the store that must not change, and what it shows: of keys from one to below another. */
interface Held extends AutoCloseable {
    /** Looks at it; returns the entries seen. */
    int check(RandomGenerator random) throws StoreException, Finding;

    @Override
    void close();

    /** An iterator over one column family. */
    record View(StoreIterator iterator, Range range) implements Held {
        @Override
        public int check(RandomGenerator random) throws StoreException, Finding {
            return range.walk(iterator, random);
        }

        @Override
        public void close() {
            iterator.close();
        }
    }

    /** A snapshot of all column families. */
    record Moment(Store store, List<ColumnFamilyHandle> families, Snapshot snapshot, List<Range> ranges)
            implements Held {
        @Override
        public int check(RandomGenerator random) throws StoreException, Finding {
            Range range = ranges.get(random.nextInt(ranges.size()));
            ColumnFamilyHandle family = families.get(range.family());
            ReadOptions then = ReadOptions.builder().snapshot(snapshot).build();
            int key = range.from() + random.nextInt(range.length());
            range.checkGet(key, store.get(family, then, range.space().key(key)));
            try (StoreIterator iterator = store.newIterator(family, then)) {
                return range.walk(iterator, random);
            }
        }

        @Override
        public void close() {
            snapshot.close();
        }
    }
}
