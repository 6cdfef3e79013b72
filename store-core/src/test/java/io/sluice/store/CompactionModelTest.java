// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.base.MergeOperators;
import io.sluice.store.compaction.BottommostLevelCompaction;
import io.sluice.store.compaction.CompactionPriority;
import io.sluice.store.sst.CompressionType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksIterator;
import org.rocksdb.StringAppendOperator;

/**
 * One list of operations under many option sets, against a sorted map: with iterators held open, the store reopened now
 * and then, and RocksDB's opinion at the end.
 */
@Timeout(120)
class CompactionModelTest {
    private static final int KEYS = 400;
    private static final List<BottommostLevelCompaction> BOTTOMMOST = List.of(BottommostLevelCompaction.values());
    private static final List<CompactionPriority> PRIORITIES = List.of(CompactionPriority.values());

    @TempDir
    Path directory;

    private final TreeMap<String, String> model = new TreeMap<>();
    private final Map<StoreIterator, TreeMap<String, String>> held = new LinkedHashMap<>();
    private final Map<Snapshot, TreeMap<String, String>> snapshots = new LinkedHashMap<>();

    @BeforeAll
    static void loadRocksDb() {
        RocksDB.loadLibrary();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
    void shouldAgreeWithAMapWhateverTheOptions(int set) throws Exception {
        long seed = Long.getLong("sluice.test.seed", System.nanoTime());
        String what = "seed " + seed + " set " + set;
        Random random = new Random(seed);
        for (int round = 0; round < 2; round++) {
            try (Store store = open(set, random)) {
                for (int i = 0; i < 800; i++) {
                    step(store, random, what);
                }
                checkHeld(what);
                checkSnapshots(store, what);
                store.waitForCompact(WaitForCompactOptions.builder().flush(true).build());
                assertThat(scan(store)).as(what).isEqualTo(model);
            } finally {
                letGo();
            }
        }
        checkByRocksDb(what);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void shouldCompactWhatRocksDbWroteAndBeReadByIt(int set) throws Exception {
        long seed = Long.getLong("sluice.test.seed", System.nanoTime());
        String what = "seed " + seed + " set " + set;
        Random random = new Random(seed);
        writeByRocksDb(random, set);
        try (Store store = open(set, random)) {
            assertThat(scan(store)).as(what).isEqualTo(model);
            StoreIterator before = store.newIterator(store.defaultColumnFamily());
            held.put(before, new TreeMap<>(model));
            for (int i = 0; i < 500; i++) {
                step(store, random, what);
            }
            store.compactRange(
                    store.defaultColumnFamily(),
                    CompactRangeOptions.builder()
                            .bottommostLevelCompaction(BottommostLevelCompaction.FORCE)
                            .build(),
                    null,
                    null);
            assertThat(scan(store)).as(what).isEqualTo(model);
            checkHeld(what);
        } finally {
            letGo();
        }
        checkByRocksDb(what);
    }

    private Store open(int set, Random random) throws Exception {
        ColumnFamilyOptions options = ColumnFamilyOptions.builder()
                .writeBufferSize(64 << 10)
                .numLevels(set % 3 == 0 ? 3 : 7)
                .levelCompactionDynamicLevelBytes(set % 2 == 0)
                .level0FileNumCompactionTrigger(1 + set % 4)
                .targetFileSizeBase(1024 << set % 3)
                .targetFileSizeMultiplier(1 + set % 2)
                .maxBytesForLevelBase(4096 << set % 3)
                .maxBytesForLevelMultiplier(set % 4 == 1 ? 2 : 4)
                .maxCompactionBytes(set % 5 == 4 ? 8192 : 0)
                .compactionPriority(PRIORITIES.get(set % PRIORITIES.size()))
                .compression(set % 2 == 0 ? CompressionType.SNAPPY : CompressionType.NONE)
                .mergeOperator(MergeOperators.stringAppend())
                .paranoidFileChecks(set == 7)
                .tableOptions(BlockBasedTableOptions.builder()
                        .blockSize(512)
                        .filterBitsPerKey(set % 3 == 1 ? 10 : 0)
                        .build())
                .build();
        DBOptions.Builder store = DBOptions.builder()
                .createIfMissing(true)
                .maxBackgroundJobs(2 + random.nextInt(4))
                .maxSubcompactions(1 + set % 4);
        if (random.nextBoolean()) { // on workers that die after their first, second, ... output
            InProcessCompactions dying = new InProcessCompactions();
            dying.life = attempt -> attempt;
            store.remoteCompactionExecutor(dying);
        }
        return Store.open(store.build(), directory, List.of(new ColumnFamilyDescriptor("default", options)));
    }

    private void step(Store store, Random random, String what) throws Exception {
        String key = key(random);
        switch (random.nextInt(40)) {
            case 0 -> store.flush(FlushOptions.DEFAULT);
            case 1 -> {
                if (random.nextInt(8) == 0) {
                    store.compactRange(
                            store.defaultColumnFamily(),
                            CompactRangeOptions.builder()
                                    .exclusiveManualCompaction(random.nextBoolean())
                                    .bottommostLevelCompaction(BOTTOMMOST.get(random.nextInt(BOTTOMMOST.size())))
                                    .build(),
                            random.nextBoolean() ? null : key(random).getBytes(UTF_8),
                            random.nextBoolean() ? null : (key(random) + "~").getBytes(UTF_8));
                }
            }
            case 2 -> {
                if (held.size() > 5) {
                    checkHeld(what);
                }
                held.put(store.newIterator(store.defaultColumnFamily()), new TreeMap<>(model));
            }
            case 3 -> {
                if (snapshots.size() > 3) {
                    checkSnapshots(store, what);
                }
                snapshots.put(store.snapshot(), new TreeMap<>(model));
            }
            case 4 -> {
                if (random.nextInt(3) == 0) {
                    String end = key(random);
                    if (key.compareTo(end) < 0) {
                        store.deleteRange(key.getBytes(UTF_8), end.getBytes(UTF_8));
                        model.subMap(key, end).clear();
                    }
                }
            }
            case 5, 6, 7 -> {
                String expected = model.get(key);
                byte[] found = store.get(key.getBytes(UTF_8));
                assertThat(found == null ? null : new String(found, UTF_8))
                        .as(what)
                        .isEqualTo(expected);
            }
            case 8, 9, 10, 11, 12, 13, 14, 15 -> {
                store.delete(key.getBytes(UTF_8));
                model.remove(key);
            }
            case 16, 17, 18, 19 -> {
                String operand = "m" + random.nextInt(100);
                store.merge(key.getBytes(UTF_8), operand.getBytes(UTF_8));
                model.merge(key, operand, (value, next) -> value + "," + next);
            }
            default -> {
                String value = "v" + random.nextLong() + "x".repeat(random.nextInt(60));
                store.put(key.getBytes(UTF_8), value.getBytes(UTF_8));
                model.put(key, value);
            }
        }
    }

    /** What an iterator sees must not have changed since it was made; then lets it go. */
    private void checkHeld(String what) throws Exception {
        for (Map.Entry<StoreIterator, TreeMap<String, String>> entry : held.entrySet()) {
            assertThat(scan(entry.getKey())).as(what).isEqualTo(entry.getValue());
            entry.getKey().close();
        }
        held.clear();
    }

    private void checkSnapshots(Store store, String what) throws Exception {
        for (Map.Entry<Snapshot, TreeMap<String, String>> entry : snapshots.entrySet()) {
            ReadOptions then = ReadOptions.builder().snapshot(entry.getKey()).build();
            try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily(), then)) {
                assertThat(scan(iterator)).as(what).isEqualTo(entry.getValue());
            }
            entry.getKey().close();
        }
        snapshots.clear();
    }

    private void letGo() {
        held.keySet().forEach(StoreIterator::close);
        held.clear();
        snapshots.clear();
    }

    private void writeByRocksDb(Random random, int set) throws Exception {
        try (StringAppendOperator append = new StringAppendOperator(',');
                org.rocksdb.BloomFilter bloom = new org.rocksdb.BloomFilter(10);
                org.rocksdb.Options options = new org.rocksdb.Options()
                        .setCreateIfMissing(true)
                        .setWriteBufferSize(64 << 10)
                        .setNumLevels(set % 3 == 0 ? 3 : 7)
                        .setMergeOperator(append)
                        .setLevelCompactionDynamicLevelBytes(set % 2 == 1)
                        .setTargetFileSizeBase(2048)
                        .setMaxBytesForLevelBase(8192)
                        .setMaxBytesForLevelMultiplier(3)
                        .setTableFormatConfig(new org.rocksdb.BlockBasedTableConfig()
                                .setFormatVersion(5)
                                .setFilterPolicy(set % 2 == 0 ? bloom : null));
                org.rocksdb.FlushOptions flush = new org.rocksdb.FlushOptions();
                RocksDB db = RocksDB.open(options, directory.toString())) {
            for (int i = 0; i < 4000; i++) {
                String key = key(random);
                int kind = random.nextInt(40);
                if (kind < 10) {
                    db.delete(key.getBytes(UTF_8));
                    model.remove(key);
                } else if (kind < 16) {
                    String operand = "r" + random.nextInt(100);
                    db.merge(key.getBytes(UTF_8), operand.getBytes(UTF_8));
                    model.merge(key, operand, (value, next) -> value + "," + next);
                } else if (kind == 16) {
                    String end = key + random.nextInt(10);
                    db.deleteRange(key.getBytes(UTF_8), end.getBytes(UTF_8));
                    model.subMap(key, end).clear();
                } else {
                    String value = "r" + random.nextLong();
                    db.put(key.getBytes(UTF_8), value.getBytes(UTF_8));
                    model.put(key, value);
                }
                if (i % 300 == 299) {
                    db.flush(flush);
                }
            }
            db.flush(flush);
        }
    }

    private void checkByRocksDb(String what) throws Exception {
        if (Files.exists(Path.of("/usr/bin/ldb"))) {
            assertThat(run("ldb", "--ignore_unknown_options", "--db=" + directory, "checkconsistency"))
                    .as(what)
                    .contains("OK");
        }
        try (StringAppendOperator append = new StringAppendOperator(',');
                org.rocksdb.Options options = new org.rocksdb.Options()
                        .setParanoidChecks(true)
                        .setForceConsistencyChecks(true)
                        .setMergeOperator(append);
                RocksDB db = RocksDB.open(options, directory.toString())) {
            db.verifyChecksum();
            assertThat(scan(db)).as(what).isEqualTo(model);
            db.compactRange();
            assertThat(scan(db)).as(what).isEqualTo(model);
        }
    }

    private static Map<String, String> scan(RocksDB db) throws Exception {
        TreeMap<String, String> found = new TreeMap<>();
        try (RocksIterator iterator = db.newIterator()) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                found.put(new String(iterator.key(), UTF_8), new String(iterator.value(), UTF_8));
            }
            iterator.status();
        }
        return found;
    }

    private static Map<String, String> scan(Store store) throws Exception {
        try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily())) {
            return scan(iterator);
        }
    }

    private static Map<String, String> scan(StoreIterator iterator) throws Exception {
        List<String> keys = new ArrayList<>();
        TreeMap<String, String> found = new TreeMap<>();
        for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
            keys.add(new String(iterator.key(), UTF_8));
            found.put(new String(iterator.key(), UTF_8), new String(iterator.value(), UTF_8));
        }
        assertThat(keys).isSorted().doesNotHaveDuplicates();
        return found;
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return output;
    }

    private static String key(Random random) {
        return String.format("key%05d", random.nextInt(KEYS));
    }
}
