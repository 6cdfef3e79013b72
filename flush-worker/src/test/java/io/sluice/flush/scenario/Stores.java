// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Opens stores with remote flush, fills them, and reads them back. */
final class Stores {
    static final FlushOptions WITHIN_20_S =
            FlushOptions.builder().timeout(Duration.ofSeconds(20)).build();

    private Stores() {}

    static DBOptions.Builder options(Cluster.Generator generator) {
        return DBOptions.builder()
                .createIfMissing(true)
                .createMissingColumnFamilies(true)
                .remoteFlushExecutor(generator.remote())
                .memoryPool(generator.memory());
    }

    static Store open(Cluster.Generator generator, Path directory) throws StoreException {
        return Store.open(options(generator).build(), directory);
    }

    static ColumnFamilyDescriptor family(String name, ColumnFamilyOptions options) {
        return new ColumnFamilyDescriptor(name, options);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static void fill(Store store, ColumnFamilyHandle family, String prefix, int count) throws StoreException {
        for (int i = 0; i < count; i++) {
            store.put(family, bytes(prefix + i), bytes("value of " + prefix + i));
        }
    }

    static void check(Store store, ColumnFamilyHandle family, String prefix, int count) throws StoreException {
        for (int i = 0; i < count; i++) {
            assertThat(store.get(family, bytes(prefix + i))).as(prefix + i).isEqualTo(bytes("value of " + prefix + i));
        }
    }

    static void flush(Store store, ColumnFamilyHandle... families) throws StoreException {
        store.flush(WITHIN_20_S, families);
    }

    /** Who built the tables of a column family. */
    static Set<String> builders(Store store, ColumnFamilyHandle family) throws StoreException {
        Set<String> builders = new TreeSet<>();
        store.propertiesOfAllTables(family)
                .values()
                .forEach(p -> builders.add(String.valueOf(p.get("sluice.builder"))));
        return builders;
    }

    static List<ColumnFamilyHandle> all(Store store) {
        return store.columnFamilies();
    }
}
