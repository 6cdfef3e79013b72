// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.Ticker;
import io.sluice.store.cache.OffHeapCache;
import io.sluice.store.compaction.LevelTargets;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.Version;
import io.sluice.store.memtable.Memtable;
import io.sluice.store.sst.PropertyNames;
import io.sluice.store.sst.TableProperties;
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
    private final EngineStatistics statistics;
    private final CompactionCounters counters;
    private final WriteRate rate;
    private final Snapshots snapshots;

    DatabaseProperties(
            ColumnFamilies families,
            TableCache tables,
            Health health,
            EngineStatistics statistics,
            CompactionCounters counters,
            WriteRate rate,
            Snapshots snapshots) {
        this.families = families;
        this.tables = tables;
        this.health = health;
        this.statistics = statistics;
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
                    families.all().stream()
                            .filter(other -> other.flushes().isFlushing())
                            .count();
                case "rocksdb.cur-size-active-mem-table" -> view.active().memoryUsed();
                case "rocksdb.cur-size-all-mem-tables" ->
                    view.active().memoryUsed()
                            + view.sealed().stream()
                                    .mapToLong(Memtable::memoryUsed)
                                    .sum();
                case "rocksdb.num-entries-active-mem-table" -> view.active().entryCount();
                case "rocksdb.num-entries-imm-mem-tables" -> sealedEntries(view);
                case "rocksdb.estimate-num-keys" -> estimatedKeys(family, view);
                case "rocksdb.total-sst-files-size", "rocksdb.live-sst-files-size" -> totalSize(view.version());
                case "rocksdb.block-cache-capacity" -> {
                    OffHeapCache cache = family.tableReading().cache();
                    yield cache == null ? 0 : cache.capacity();
                }
                case "rocksdb.block-cache-usage" -> {
                    OffHeapCache cache = family.tableReading().cache();
                    yield cache == null ? 0 : cache.usage();
                }
                case "rocksdb.is-write-stopped" -> family.pressure().isStopped() ? 1 : 0;
                case "rocksdb.num-snapshots" -> snapshots.count();
                case "rocksdb.oldest-snapshot-sequence" ->
                    snapshots.list().stream().findFirst().orElse(0L);
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
                case "rocksdb.options-statistics" -> tickers();
                default -> Long.toString(number(family, name));
            };
        } finally {
            view.release();
        }
    }

    /** As RocksDB prints its statistics. */
    private String tickers() {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<Ticker, Long> count : statistics.tickerCounts(counters).entrySet()) {
            text.append(count.getKey().tickerName())
                    .append(" COUNT : ")
                    .append(count.getValue())
                    .append('\n');
        }
        return text.toString();
    }

    private static long sealedEntries(View view) {
        return view.sealed().stream().mapToLong(Memtable::entryCount).sum();
    }

    /** RocksDB's estimate: a deletion stands for two entries that are no keys, itself and what it deletes. */
    private long estimatedKeys(ColumnFamily family, View view) throws StoreException {
        long keys = view.active().entryCount() + sealedEntries(view);
        Version version = view.version();
        for (int level = 0; level < version.levelCount(); level++) {
            for (FileMetadata file : version.files(level)) {
                try (TableCache.Use table = tables.use(file, level, family.tableReading())) {
                    TableProperties properties = table.reader().properties();
                    keys += properties.entryCount() - 2 * properties.number(PropertyNames.NUM_DELETIONS);
                } catch (IOException e) {
                    throw StoreException.wrap("store.property", e);
                }
            }
        }
        return Math.max(0, keys);
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
