// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.KeyHistory;
import io.sluice.store.memory.SlabMemoryPool;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksIterator;
import org.rocksdb.StringAppendOperator;

/**
 * Every type of entry, written and compacted here and by RocksDB in turns, on one store. A longer run: {@code
 * -Dsluice.seeds=1000}.
 */
class RocksDbHistoryTest {
    @TempDir
    Path directory;

    @BeforeAll
    static void loadRocksDb() {
        RocksDB.loadLibrary();
    }

    @Test
    void shouldAgreeWithRocksDbOnEveryTypeInTurns() throws Exception {
        long first = Long.getLong("sluice.seed", System.nanoTime());
        try (SlabMemoryPool pool = StoreHistoryTest.pool()) {
            for (long seed = first; seed < first + Integer.getInteger("sluice.seeds", 8); seed++) {
                try {
                    run(new Random(seed), directory.resolve("store-" + seed), pool);
                } catch (AssertionError | Exception e) {
                    throw new AssertionError("repeat with -Dsluice.seed=" + seed, e);
                }
            }
        }
    }

    private static void run(Random random, Path store, SlabMemoryPool pool) throws Exception {
        KeyHistory history = new KeyHistory();
        boolean ours = random.nextBoolean();
        for (int turn = 0; turn < 4; turn++) {
            if (ours) {
                turnHere(random, store, history, pool);
            } else {
                turnThere(random, store, history);
            }
            ours = !ours;
        }
    }

    private static void turnHere(Random random, Path directory, KeyHistory history, SlabMemoryPool pool)
            throws Exception {
        ColumnFamilyOptions options = StoreHistoryTest.options().build();
        DBOptions create =
                DBOptions.builder().createIfMissing(true).memoryPool(pool).build();
        List<ColumnFamilyDescriptor> families = List.of(new ColumnFamilyDescriptor("default", options));
        try (Store store = Store.open(create, directory, families)) {
            StoreHistoryTest.check(store, ReadOptions.DEFAULT, history.at(Long.MAX_VALUE), random);
            for (int i = 0; i < 120; i++) {
                StoreHistoryTest.write(store, history.addRandom(random, true));
                if (random.nextInt(12) == 0) {
                    store.flush(FlushOptions.DEFAULT);
                }
                if (random.nextInt(60) == 0) {
                    store.compactRange(store.defaultColumnFamily());
                }
            }
            StoreHistoryTest.check(store, ReadOptions.DEFAULT, history.at(Long.MAX_VALUE), random);
        }
    }

    private static void turnThere(Random random, Path directory, KeyHistory history) throws Exception {
        try (StringAppendOperator append = new StringAppendOperator(',');
                Options options = new Options()
                        .setCreateIfMissing(true)
                        .setMergeOperator(append)
                        .setLevel0FileNumCompactionTrigger(2)
                        .setTargetFileSizeBase(1024)
                        .setMaxBytesForLevelBase(2048)
                        .setMaxBytesForLevelMultiplier(2)
                        .setLevelCompactionDynamicLevelBytes(false)
                        .setTableFormatConfig(new BlockBasedTableConfig().setFormatVersion(5));
                RocksDB db = RocksDB.open(options, directory.toString());
                org.rocksdb.FlushOptions flush = new org.rocksdb.FlushOptions()) {
            checkThere(db, history.at(Long.MAX_VALUE));
            for (int i = 0; i < 120; i++) {
                writeThere(db, history.addRandom(random, true));
                if (random.nextInt(12) == 0) {
                    db.flush(flush);
                }
                if (random.nextInt(40) == 0) {
                    db.compactRange();
                }
            }
            checkThere(db, history.at(Long.MAX_VALUE));
            db.flush(flush);
        }
    }

    private static void writeThere(RocksDB db, KeyHistory.Write write) throws Exception {
        byte[] key = write.key().getBytes(UTF_8);
        byte[] value = write.value().getBytes(UTF_8);
        switch (write.type()) {
            case ValueType.VALUE -> db.put(key, value);
            case ValueType.DELETION -> db.delete(key);
            case ValueType.SINGLE_DELETION -> db.singleDelete(key);
            case ValueType.MERGE -> db.merge(key, value);
            case ValueType.RANGE_DELETION -> db.deleteRange(key, value);
            default -> throw new IllegalArgumentException("type=" + write.type());
        }
    }

    private static void checkThere(RocksDB db, NavigableMap<String, String> expected) throws Exception {
        for (String key : KeyHistory.keys()) {
            byte[] found = db.get(key.getBytes(UTF_8));
            assertThat(found == null ? null : new String(found, UTF_8))
                    .as("RocksDB's %s", key)
                    .isEqualTo(expected.get(key));
        }
        NavigableMap<String, String> scanned = new TreeMap<>();
        try (RocksIterator iterator = db.newIterator()) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                scanned.put(new String(iterator.key(), UTF_8), new String(iterator.value(), UTF_8));
            }
            iterator.status();
            assertThat(scanned).as("RocksDB's scan").isEqualTo(expected);
            scanned.clear();
            for (iterator.seekToLast(); iterator.isValid(); iterator.prev()) {
                scanned.put(new String(iterator.key(), UTF_8), new String(iterator.value(), UTF_8));
            }
            assertThat(scanned).as("RocksDB's scan backward").isEqualTo(expected);
        }
    }
}
