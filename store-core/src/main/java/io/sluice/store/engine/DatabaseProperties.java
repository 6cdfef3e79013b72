// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.Version;
import io.sluice.store.memtable.Memtable;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** What a store tells of its column families. Safe for concurrent use. */
final class DatabaseProperties {
    private final ColumnFamilies families;
    private final TableCache tables;
    private final Health health;

    DatabaseProperties(ColumnFamilies families, TableCache tables, Health health) {
        this.families = families;
        this.tables = tables;
        this.health = health;
    }

    /** A number by RocksDB's name. */
    long number(ColumnFamily family, String name) throws StoreException {
        View view = family.acquireView();
        try {
            return switch (name) {
                case "rocksdb.num-immutable-mem-table" -> view.sealed().size();
                case "rocksdb.mem-table-flush-pending" -> view.sealed().isEmpty() ? 0 : 1;
                case "rocksdb.num-running-flushes" ->
                    families.all().stream().filter(ColumnFamily::isFlushing).count();
                case "rocksdb.cur-size-active-mem-table" -> view.active().memoryUsed();
                case "rocksdb.cur-size-all-mem-tables" ->
                    view.active().memoryUsed()
                            + view.sealed().stream()
                                    .mapToLong(Memtable::memoryUsed)
                                    .sum();
                case "rocksdb.num-entries-active-mem-table" -> view.active().entryCount();
                case "rocksdb.num-files-at-level0" -> view.version().files(0).size();
                case "rocksdb.total-sst-files-size" -> totalSize(view.version());
                case "rocksdb.is-write-stopped" -> family.pressure() == WritePressure.STOPPED ? 1 : 0;
                case "rocksdb.background-errors" -> health.error() == null ? 0 : 1;
                default -> throw StoreException.invalid("store.property", "the property \"" + name + "\" is unknown");
            };
        } finally {
            view.release();
        }
    }

    /** The properties of each table, by file name. */
    Map<String, Map<String, String>> ofAllTables(ColumnFamily family) throws IOException {
        View view = family.acquireView();
        try {
            Map<String, Map<String, String>> properties = new TreeMap<>();
            for (int level = 0; level < view.version().levelCount(); level++) {
                for (FileMetadata file : view.version().files(level)) {
                    properties.put(
                            FileNames.table(file.number()),
                            tables.get(file, family.comparator()).properties().asMap());
                }
            }
            return properties;
        } finally {
            view.release();
        }
    }

    private static long totalSize(Version version) {
        long size = 0;
        for (int level = 0; level < version.levelCount(); level++) {
            size += version.size(level);
        }
        return size;
    }
}
