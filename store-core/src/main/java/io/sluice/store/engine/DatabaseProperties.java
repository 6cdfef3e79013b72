// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.LevelTargets;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.Version;
import io.sluice.store.memtable.Memtable;
import io.sluice.store.write.WriteRate;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** What a store tells of its column families. Safe for concurrent use. */
final class DatabaseProperties {
    private static final String FILES_AT_LEVEL = "rocksdb.num-files-at-level";

    private final ColumnFamilies families;
    private final TableCache tables;
    private final Health health;
    private final CompactionCounters counters;
    private final WriteRate rate;
    private final Snapshots snapshots;

    DatabaseProperties(
            ColumnFamilies families,
            TableCache tables,
            Health health,
            CompactionCounters counters,
            WriteRate rate,
            Snapshots snapshots) {
        this.families = families;
        this.tables = tables;
        this.health = health;
        this.counters = counters;
        this.rate = rate;
        this.snapshots = snapshots;
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
                case "rocksdb.total-sst-files-size" -> totalSize(view.version());
                case "rocksdb.is-write-stopped" -> family.pressure().isStopped() ? 1 : 0;
                case "rocksdb.num-snapshots" -> snapshots.count();
                case "rocksdb.background-errors" -> health.error() == null ? 0 : 1;
                case "rocksdb.compaction-pending" ->
                    new LevelReport(family, view.version(), counters).isPending() ? 1 : 0;
                case "rocksdb.num-running-compactions" ->
                    families.all().stream()
                            .mapToInt(ColumnFamily::runningCompactions)
                            .sum();
                case "rocksdb.estimate-pending-compaction-bytes" ->
                    family.debt().pendingBytes();
                case "rocksdb.base-level" ->
                    LevelTargets.of(view.version(), family.settings().compaction())
                            .baseLevel();
                case "rocksdb.actual-delayed-write-rate" ->
                    families.all().stream().anyMatch(other -> other.pressure().isDelayed()) ? rate.bytesPerSecond() : 0;
                default -> filesAtLevel(view.version(), name);
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
                    try (TableCache.Use table = tables.use(file, level, family.tableReading())) {
                        properties.put(
                                FileNames.table(file.number()),
                                table.reader().properties().asMap());
                    }
                }
            }
            return properties;
        } finally {
            view.release();
        }
    }

    /** A text by RocksDB's name. */
    String text(ColumnFamily family, String name) throws StoreException {
        View view = family.acquireView();
        try {
            LevelReport report = new LevelReport(family, view.version(), counters);
            return switch (name) {
                case "rocksdb.levelstats" -> report.levels();
                case "rocksdb.cfstats", "rocksdb.stats" -> report.compactions();
                default -> Long.toString(number(family, name));
            };
        } finally {
            view.release();
        }
    }

    private static long filesAtLevel(Version version, String name) throws StoreException {
        if (name.startsWith(FILES_AT_LEVEL)) {
            String level = name.substring(FILES_AT_LEVEL.length());
            if (level.length() == 1 && Character.isDigit(level.charAt(0))) {
                int number = level.charAt(0) - '0';
                return number < version.levelCount() ? version.files(number).size() : 0;
            }
        }
        throw StoreException.invalid("store.property", "the property \"" + name + "\" is unknown");
    }

    private static long totalSize(Version version) {
        long size = 0;
        for (int level = 0; level < version.levelCount(); level++) {
            size += version.size(level);
        }
        return size;
    }
}
