// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;

/** That a store that nobody writes to has no file too many and none too few. */
final class StoreFiles {
    private static final long LIMIT_NS = 20_000_000_000L;
    /** As many as RocksDB keeps. */
    private static final int OPTIONS_FILES = 2;

    private static final long PAUSE_NS = 2_000_000;

    private StoreFiles() {}

    /** Waits a while until it is so. */
    static void check(Store store, Storage storage) throws IOException, Finding {
        long deadline = System.nanoTime() + LIMIT_NS;
        String wrong = wrong(store, storage);
        while (!wrong.isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new Finding(wrong);
            }
            // compactions go on, and files go when their last reader lets go of them
            LockSupport.parkNanos(PAUSE_NS);
            wrong = wrong(store, storage);
        }
    }

    private static String wrong(Store store, Storage storage) throws IOException {
        Set<String> live = live(store);
        List<String> names = storage.list("");
        if (!live.equals(live(store))) {
            return "the files change and change";
        }
        Set<String> there = new TreeSet<>(names);
        there.removeIf(name -> !name.endsWith(".sst"));
        if (!there.equals(live)) {
            return "SSTs on storage are " + there + ", those of the store " + live;
        }
        for (String part : List.of("owner-", "MANIFEST-")) {
            if (names.stream().filter(name -> name.startsWith(part)).count() != 1) {
                return "expected one " + part + "..., found " + new TreeSet<>(names);
            }
        }
        boolean isQuiet = store.longProperty(store.defaultColumnFamily(), "rocksdb.num-running-compactions") == 0;
        for (String owner : names) {
            if (owner.startsWith("owner-")
                    && storage.list(owner).stream().anyMatch(name -> name.startsWith("job-compaction-"))) {
                return isQuiet ? "no compaction runs, but there is " + storage.list(owner) : "compactions run and run";
            }
        }
        if (names.stream().filter(name -> name.startsWith("OPTIONS-")).count() > OPTIONS_FILES) {
            return "expected " + OPTIONS_FILES + " OPTIONS files at most, found " + new TreeSet<>(names);
        }
        return names.stream().anyMatch(name -> name.startsWith("deposed-") || name.endsWith(".dbtmp"))
                ? "what an earlier owner left is still there: " + new TreeSet<>(names)
                : "";
    }

    /** SSTs that compaction workers made. */
    static long builtByWorkers(Store store) throws StoreException {
        long count = 0;
        for (ColumnFamilyHandle family : store.columnFamilies()) {
            for (Map<String, String> properties :
                    store.propertiesOfAllTables(family).values()) {
                count += properties.getOrDefault("sluice.builder", "").startsWith(CompactionWorkers.NAME) ? 1 : 0;
            }
        }
        return count;
    }

    private static Set<String> live(Store store) throws StoreException {
        Set<String> live = new TreeSet<>();
        for (ColumnFamilyHandle family : store.columnFamilies()) {
            live.addAll(store.propertiesOfAllTables(family).keySet());
        }
        return live;
    }
}
