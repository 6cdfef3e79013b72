// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.store.LoadedOptions.SkippedOption;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.ReverseBytewiseComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionPriority;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import io.sluice.store.wal.WalRecoveryMode;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.AbstractMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** The OPTIONS file that a store keeps. */
class OptionsFileTest {
    private static final DBOptions CREATE =
            DBOptions.builder().createIfMissing(true).build();
    private static final ConfigOptions CONFIG = ConfigOptions.builder()
            .ignoreUnsupportedOptions(false)
            .compactionFilterFactory(TimeToLive.filter(Duration.ofDays(1), InstantSource.system()))
            .build();
    /** What RocksDB has no name for, and what is an object of this process. */
    private static final Set<String> NOT_KEPT = Set.of(
            "toBuilder",
            "remoteFlush",
            "shutdownTimeout",
            "rateBytesPerSecond",
            "remoteFlushExecutor",
            "remoteCompactionExecutor",
            "maxLevel1Subcompactions",
            "memoryPool",
            "listeners",
            "statistics",
            "memtableMaxEntries",
            "memtableMaxAge",
            "tableOptions",
            "blockCache",
            "noBlockCache",
            "mergeOperator",
            "compactionFilterFactory");

    /** None of them with its default. */
    private static final DBOptions DB = DBOptions.builder()
            .createIfMissing(true)
            .createMissingColumnFamilies(true)
            .maxBackgroundJobs(6)
            .maxBackgroundFlushes(3)
            .maxBackgroundCompactions(4)
            .maxSubcompactions(5)
            .maxOpenFiles(77)
            .dbWriteBufferSize(12 << 20)
            .delayedWriteRate(3 << 20)
            .avoidFlushDuringShutdown(true)
            .maxBgErrorResumeCount(9)
            .bgErrorResumeRetryInterval(Duration.ofMillis(1234))
            .walRecoveryMode(WalRecoveryMode.TOLERATE_CORRUPTED_TAIL_RECORDS)
            .maxTotalWalSize(99 << 20)
            .walBytesPerSync(1 << 19)
            .manualWalFlush(true)
            .build();

    private static final ColumnFamilyOptions FAMILY = ColumnFamilyOptions.builder()
            .writeBufferSize(1 << 20)
            .maxWriteBufferNumber(7)
            .minWriteBufferNumberToMerge(2)
            .compression(CompressionType.ZSTD)
            .compressionLevel(5)
            .paranoidFileChecks(true)
            .numLevels(5)
            .level0FileNumCompactionTrigger(6)
            .level0SlowdownWritesTrigger(22)
            .level0StopWritesTrigger(44)
            .maxBytesForLevelBase(3 << 20)
            .maxBytesForLevelMultiplier(8.5)
            .levelCompactionDynamicLevelBytes(false)
            .targetFileSizeBase(1 << 20)
            .targetFileSizeMultiplier(2)
            .maxCompactionBytes(77 << 20)
            .softPendingCompactionBytesLimit(1L << 31)
            .hardPendingCompactionBytesLimit(1L << 33)
            .disableAutoCompactions(true)
            .compactionPriority(CompactionPriority.ROUND_ROBIN)
            .comparator(ReverseBytewiseComparator.INSTANCE)
            .prefixExtractor(PrefixExtractor.fixed(4))
            .mergeOperator(MergeOperators.stringAppend("; "))
            .compactionFilterFactory(TimeToLive.filter(Duration.ofDays(1), InstantSource.system()))
            .tableOptions(BlockBasedTableOptions.builder()
                    .blockSize(8192)
                    .blockSizeDeviation(7)
                    .blockRestartInterval(8)
                    .indexBlockRestartInterval(2)
                    .filterBitsPerKey(9.5)
                    .wholeKeyFiltering(false)
                    .cacheIndexAndFilterBlocks(true)
                    .pinL0FilterAndIndexBlocksInCache(true)
                    .pinTopLevelIndexAndFilter(false)
                    .build())
            .build();

    private final MemoryStorage storage = new MemoryStorage("store");

    private static List<String> files(Storage storage) throws IOException {
        return storage.list("").stream()
                .filter(name -> FileNames.parse(name).type() == FileNames.Type.OPTIONS)
                .sorted()
                .toList();
    }

    private LoadedOptions load() throws StoreException {
        LoadedOptions loaded = OptionsUtil.loadLatestOptions(CONFIG, storage);
        assertThat(loaded.skipped())
                .extracting(SkippedOption::name)
                .containsOnly("format_version", "checksum", "index_type");
        return loaded;
    }

    /** The options of a value by name: those that a file keeps. */
    private static Map<String, Object> kept(Object options) throws ReflectiveOperationException {
        Map<String, Object> kept = new TreeMap<>();
        for (Method method : options.getClass().getMethods()) {
            boolean isOption = method.getDeclaringClass() == options.getClass()
                    && !Modifier.isStatic(method.getModifiers())
                    && method.getParameterCount() == 0
                    && !NOT_KEPT.contains(method.getName());
            if (isOption) {
                kept.put(method.getName(), String.valueOf(method.invoke(options)));
            }
        }
        return kept;
    }

    private static void assertNoDefaults(Object options, Object defaults) throws ReflectiveOperationException {
        Map<String, Object> given = kept(options);
        kept(defaults).forEach((name, value) -> {
            if (!name.equals("errorIfExists")) {
                assertThat(given.get(name)).as(name).isNotEqualTo(value);
            }
        });
    }

    @Test
    void shouldGiveBackEveryOptionThatRocksDbHas() throws Exception {
        assertNoDefaults(DB, DBOptions.DEFAULT);
        assertNoDefaults(FAMILY, ColumnFamilyOptions.DEFAULT);
        assertNoDefaults(FAMILY.tableOptions(), BlockBasedTableOptions.DEFAULT);
        Store.open(DB, storage, List.of(new ColumnFamilyDescriptor("second", FAMILY)))
                .close();
        LoadedOptions loaded = load();
        assertThat(kept(loaded.dbOptions())).isEqualTo(kept(DB));
        assertThat(loaded.columnFamilies())
                .extracting(ColumnFamilyDescriptor::name)
                .containsExactly("default", "second");
        assertThat(kept(loaded.columnFamilies().get(0).options())).isEqualTo(kept(ColumnFamilyOptions.DEFAULT));
        ColumnFamilyOptions second = loaded.columnFamilies().get(1).options();
        assertThat(kept(second)).isEqualTo(kept(FAMILY));
        assertThat(kept(second.tableOptions())).isEqualTo(kept(FAMILY.tableOptions()));
        assertThat(Objects.requireNonNull(second.mergeOperator()).id())
                .isEqualTo(MergeOperators.stringAppend("; ").id());
        assertThat(second.compactionFilterFactory()).isNotNull();
        Store.open(loaded.dbOptions(), storage, loaded.columnFamilies()).close();
    }

    @Test
    void shouldWriteTheGoldenFile() throws Exception {
        Store.open(DB, storage, List.of(new ColumnFamilyDescriptor("col #2: \"x\"", FAMILY)))
                .close();
        String name = OptionsUtil.latestOptionsFileName(storage);
        byte[] bytes;
        try (ReadableFile file = storage.open(name)) {
            bytes = new byte[(int) file.length()];
            file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
        }
        Path found = Path.of("target", "golden", "OPTIONS-sluice");
        Files.createDirectories(Objects.requireNonNull(found.getParent()));
        Files.write(found, bytes);
        try (var in = getClass().getResourceAsStream("/golden/OPTIONS-sluice")) {
            assertThat(new String(bytes, UTF_8))
                    .isEqualTo(new String(Objects.requireNonNull(in).readAllBytes(), UTF_8));
        }
    }

    @Test
    void shouldWriteAFileWheneverOptionsChangeAndKeepTheTwoNewest() throws Exception {
        try (Store store = Store.open(CREATE, storage, List.of())) {
            List<String> atOpen = files(storage);
            assertThat(atOpen).hasSize(1);
            ColumnFamilyHandle second = store.createColumnFamily(new ColumnFamilyDescriptor("second", FAMILY));
            assertThat(files(storage)).hasSize(2).containsAll(atOpen);
            assertThat(load().columnFamilies())
                    .extracting(ColumnFamilyDescriptor::name)
                    .containsExactly("default", "second");
            store.setOptions(second, Map.of("write_buffer_size", "2097152"));
            assertThat(files(storage)).hasSize(2).doesNotContainAnyElementsOf(atOpen);
            assertThat(load().columnFamilies().get(1).options().writeBufferSize())
                    .isEqualTo(2 << 20);
            store.setDBOptions(Map.of("max_background_jobs", "16", "delayed_write_rate", "5000000"));
            assertThat(load().dbOptions().maxBackgroundJobs()).isEqualTo(16);
            assertThat(load().dbOptions().maxBackgroundCompactions()).isEqualTo(12);
            assertThat(load().dbOptions().delayedWriteRate()).isEqualTo(5_000_000);
            store.dropColumnFamily(second);
            assertThat(load().columnFamilies())
                    .extracting(ColumnFamilyDescriptor::name)
                    .containsExactly("default");
            assertThat(files(storage)).hasSize(2);
        }
        List<String> before = files(storage);
        Store.open(CREATE, storage, List.of()).close();
        assertThat(files(storage)).hasSize(2).contains(before.get(1)).doesNotContain(before.get(0));
        assertThat(storage.list("")).noneMatch(name -> name.endsWith(".dbtmp"));
    }

    @Test
    void shouldLoseNoneOfTwoChangesAtOnce() throws Exception {
        try (Store store = Store.open(CREATE, storage, List.of())) {
            ColumnFamilyHandle family = store.defaultColumnFamily();
            Thread second = new Thread(() -> change(store, family, Map.of("max_write_buffer_number", "7")));
            Map<String, String> first = new AbstractMap<>() {
                @Override
                public Set<Entry<String, String>> entrySet() { // the first change is under way: now comes the second
                    if (second.getState() == Thread.State.NEW) {
                        second.start();
                        await().until(() -> second.getState() == Thread.State.TERMINATED
                                || second.getState() == Thread.State.WAITING);
                    }
                    return Map.of("write_buffer_size", "2097152").entrySet();
                }
            };
            store.setOptions(family, first);
            second.join();
            ColumnFamilyOptions left = load().columnFamilies().get(0).options();
            assertThat(left.writeBufferSize()).isEqualTo(2 << 20);
            assertThat(left.maxWriteBufferNumber()).isEqualTo(7);
        }
    }

    private static void change(Store store, ColumnFamilyHandle family, Map<String, String> options) {
        try {
            store.setOptions(family, options);
        } catch (StoreException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void shouldKeepTheFileInACrash() throws Exception {
        Store store = Store.open(DB, storage, List.of(new ColumnFamilyDescriptor("second", FAMILY)));
        MemoryStorage crashed = storage.crashClone();
        assertThat(OptionsUtil.loadLatestOptions(CONFIG, crashed).columnFamilies())
                .hasSize(2);
        store.close();
    }

    @Test
    void shouldOpenAndGoOnWhereTheFileCannotBeWritten() throws Exception {
        FaultInjectingStorage faulty = new FaultInjectingStorage(storage);
        faulty.plan(call -> call.name().contains("OPTIONS") ? FaultInjectingStorage.Fault.ERROR : null);
        byte[] key = {1};
        try (Store store = Store.open(CREATE, faulty, List.of())) {
            ColumnFamilyHandle second = store.createColumnFamily(new ColumnFamilyDescriptor("second", FAMILY));
            store.put(second, key, key);
            store.setOptions(second, Map.of("write_buffer_size", "2097152"));
            assertThat(store.get(second, key)).isEqualTo(key);
            assertThat(files(storage)).isEmpty();
            faulty.plan(call -> null);
            store.setDBOptions(Map.of("max_background_jobs", "3"));
            assertThat(load().columnFamilies().get(1).options().writeBufferSize())
                    .isEqualTo(2 << 20);
        }
    }

    @Test
    void shouldLeaveOutWhatNoFileCanHold() throws Exception {
        ColumnFamilyOptions options = ColumnFamilyOptions.builder()
                .mergeOperator(MergeOperators.stringAppend("}"))
                .build();
        Store.open(CREATE, storage, List.of(new ColumnFamilyDescriptor("default", options)))
                .close();
        assertThat(load().columnFamilies().get(0).options().mergeOperator()).isNull();
    }
}
