// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import io.sluice.store.cache.OffHeapBlock;
import io.sluice.store.storage.MemoryStorage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockCacheTest {
    private static final int KEYS = 5000;

    private long liveBefore;

    @BeforeEach
    void countMemory() {
        liveBefore = OffHeapBlock.liveBytes();
    }

    @AfterEach
    void shouldHaveFreedEveryBlock() {
        assertThat(OffHeapBlock.liveBytes()).isEqualTo(liveBefore);
    }

    private static byte[] key(int number) {
        return String.format("key%06d", number).getBytes(StandardCharsets.UTF_8);
    }

    private static Store open(MemoryStorage storage, BlockBasedTableOptions.Builder tables) throws StoreException {
        return open(storage, tables, -1);
    }

    private static Store open(MemoryStorage storage, BlockBasedTableOptions.Builder tables, int maxOpenFiles)
            throws StoreException {
        ColumnFamilyOptions options = ColumnFamilyOptions.builder()
                .disableAutoCompactions(true)
                .tableOptions(tables.build())
                .build();
        return Store.open(
                DBOptions.builder()
                        .createIfMissing(true)
                        .maxOpenFiles(maxOpenFiles)
                        .build(),
                storage,
                List.of(new ColumnFamilyDescriptor("default", options)));
    }

    private static void fill(Store store, String value) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            store.put(key(i), (value + i).getBytes(StandardCharsets.UTF_8));
            if (i % 500 == 499) {
                store.flush(FlushOptions.DEFAULT);
            }
        }
    }

    private static void readAll(Store store, String value) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            assertThat(store.get(key(i))).isEqualTo((value + i).getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void shouldReadEachBlockOnceWhereTheCacheHoldsAll() throws StoreException {
        try (BlockCache cache = new BlockCache(64 << 20)) {
            try (Store store = open(
                    new MemoryStorage("one"), BlockBasedTableOptions.builder().blockCache(cache))) {
                fill(store, "v");
                readAll(store, "v");
                long misses = cache.misses();
                assertThat(misses).isBetween(10L, 200L);
                assertThat(cache.blockCount()).isEqualTo(misses);
                readAll(store, "v");
                assertThat(cache.misses()).isEqualTo(misses);
                assertThat(cache.dataHits()).isGreaterThanOrEqualTo(KEYS);
                assertThat(cache.usage()).isPositive().isLessThanOrEqualTo(cache.capacity());
            }
            // The cache outlives the store.
            assertThat(cache.usage()).isPositive();
        }
    }

    @Test
    void shouldKeepStoresThatShareItApart() throws StoreException {
        try (BlockCache cache = new BlockCache(200 << 10)) {
            try (Store one = open(
                            new MemoryStorage("one"),
                            BlockBasedTableOptions.builder().blockCache(cache));
                    Store two = open(
                            new MemoryStorage("two"),
                            BlockBasedTableOptions.builder().blockCache(cache))) {
                fill(one, "first ");
                fill(two, "second ");
                for (int round = 0; round < 2; round++) {
                    readAll(one, "first ");
                    readAll(two, "second ");
                }
                assertThat(cache.usage()).isLessThanOrEqualTo(200 << 10);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldKeepIndexesAndFiltersWithinItsBoundOnlyWhereTold(boolean inCache) throws StoreException {
        try (BlockCache cache = new BlockCache(1 << 20)) {
            BlockBasedTableOptions.Builder tables = BlockBasedTableOptions.builder()
                    .blockCache(cache)
                    .filterBitsPerKey(10)
                    .cacheIndexAndFilterBlocks(inCache);
            try (Store store = open(new MemoryStorage("one"), tables)) {
                fill(store, "v");
                readAll(store, "v");
                assertThat(cache.hits() - cache.dataHits()).isGreaterThanOrEqualTo(inCache ? 2 * KEYS : 0);
                assertThat(cache.hits() == cache.dataHits()).isEqualTo(!inCache);
            }
            MemoryStorage storage = new MemoryStorage("two");
            try (Store store = open(storage, tables.pinL0FilterAndIndexBlocksInCache(true))) {
                fill(store, "v");
                readAll(store, "v");
                long before = cache.hits() - cache.dataHits();
                readAll(store, "v");
                assertThat(cache.hits() - cache.dataHits()).isEqualTo(before);
            }
        }
    }

    @Test
    void shouldHoldIndexesAndFiltersOfL0OutsideItWherePinnedAndOfNoOtherLevel() throws StoreException {
        try (BlockCache cache = new BlockCache(8 << 20)) {
            BlockBasedTableOptions.Builder tables = BlockBasedTableOptions.builder()
                    .blockCache(cache)
                    .filterBitsPerKey(10)
                    .cacheIndexAndFilterBlocks(true)
                    .pinL0FilterAndIndexBlocksInCache(true);
            try (Store store = open(new MemoryStorage("one"), tables)) {
                fill(store, "w");
                fill(store, "v"); // over the same keys, so that the tables are not just moved
                readAll(store, "v");
                assertThat(cache.hits()).isEqualTo(cache.dataHits());
                assertThat(cache.misses()).isEqualTo(cache.dataMisses()).isEqualTo(cache.blockCount());
                long data = cache.dataMisses();
                long level0 = cache.blockCount();
                store.compactRange(store.defaultColumnFamily());
                assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.num-files-at-level0"))
                        .isZero();
                readAll(store, "v");
                assertThat(cache.hits() - cache.dataHits()).isGreaterThanOrEqualTo(2 * KEYS);
                assertThat(cache.misses() - cache.dataMisses()).isEqualTo(2); // one table's index and filter
                assertThat(cache.blockCount()).isLessThanOrEqualTo(level0 + cache.dataMisses() - data + 2);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldHoldTheTopOfAPartitionedIndexOutsideItWherePinned(boolean pinned, @TempDir Path directory)
            throws Exception {
        writePartitioned(directory);
        try (BlockCache cache = new BlockCache(8 << 20)) {
            ColumnFamilyOptions options = ColumnFamilyOptions.builder()
                    .disableAutoCompactions(true)
                    .tableOptions(BlockBasedTableOptions.builder()
                            .blockCache(cache)
                            .cacheIndexAndFilterBlocks(true)
                            .pinTopLevelIndexAndFilter(pinned)
                            .build())
                    .build();
            try (Store store =
                    Store.open(DBOptions.DEFAULT, directory, List.of(new ColumnFamilyDescriptor("default", options)))) {
                readAll(store, "v");
                long hits = cache.hits();
                long data = cache.dataHits();
                readAll(store, "v");
                // Each get asks for the top, where the cache has it, a partition, and a data block.
                assertThat(cache.dataHits() - data).isEqualTo(KEYS);
                assertThat(cache.hits() - hits).isEqualTo(pinned ? 2 * KEYS : 3 * KEYS);
            }
        }
    }

    private static void writePartitioned(Path directory) throws Exception {
        try (org.rocksdb.Options options = new org.rocksdb.Options()
                        .setCreateIfMissing(true)
                        .setTableFormatConfig(new org.rocksdb.BlockBasedTableConfig()
                                .setFormatVersion(5)
                                .setMetadataBlockSize(200)
                                .setIndexType(org.rocksdb.IndexType.kTwoLevelIndexSearch));
                org.rocksdb.FlushOptions flush = new org.rocksdb.FlushOptions();
                org.rocksdb.RocksDB db = org.rocksdb.RocksDB.open(options, directory.toString())) {
            for (int i = 0; i < KEYS; i++) {
                db.put(key(i), ("v" + i).getBytes(StandardCharsets.UTF_8));
            }
            db.flush(flush);
        }
    }

    @Test
    void shouldReadWithoutACache() throws StoreException {
        try (Store store =
                open(new MemoryStorage("one"), BlockBasedTableOptions.builder().noBlockCache(true))) {
            fill(store, "v");
            readAll(store, "v");
        }
        assertThatThrownBy(() -> BlockBasedTableOptions.builder()
                        .noBlockCache(true)
                        .cacheIndexAndFilterBlocks(true)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no_block_cache");
    }

    @Test
    void shouldKeepCachedBlocksOfATableThatWasClosedToMakeRoom() throws StoreException {
        try (BlockCache cache = new BlockCache(64 << 20)) {
            MemoryStorage storage = new MemoryStorage("one");
            BlockBasedTableOptions.Builder tables =
                    BlockBasedTableOptions.builder().blockCache(cache);
            try (Store store = open(storage, tables, 20)) {
                for (int i = 0; i < 60; i++) {
                    store.put(key(i), key(i));
                    store.flush(FlushOptions.DEFAULT);
                }
                for (int round = 0; round < 3; round++) {
                    for (int i = 0; i < 60; i++) {
                        assertThat(store.get(key(i))).isEqualTo(key(i));
                    }
                }
                assertThat(cache.dataMisses()).isEqualTo(60);
            }
        }
    }

    @Test
    void shouldOpenAllTablesWithTheStoreAndFindAMissingOneThere() throws Exception {
        MemoryStorage storage = new MemoryStorage("one");
        try (Store store = open(storage, BlockBasedTableOptions.builder())) {
            fill(store, "v");
        }
        String table = storage.list("").stream()
                .filter(name -> name.endsWith(".sst"))
                .sorted()
                .findFirst()
                .orElseThrow();
        storage.delete(table);
        assertThatThrownBy(() -> open(storage, BlockBasedTableOptions.builder()))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.NOT_FOUND))
                .hasMessageContaining(table);
        // Of 20 that may be open five are opened, the newest: this one is the oldest of ten.
        try (Store store = open(storage, BlockBasedTableOptions.builder(), 20)) {
            assertThat(store.get(key(KEYS - 1))).isNotNull();
        }
    }
}
