// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.Ticker;
import io.sluice.store.storage.MemoryStorage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.rocksdb.RocksDB;
import org.rocksdb.TickerType;

/** What a store counts under RocksDB's names, and what it tells by RocksDB's properties. */
@Timeout(60)
class StatisticsTest {
    private static final int KEYS = 1000;

    @BeforeAll
    static void loadRocksDb() {
        RocksDB.loadLibrary();
    }

    @Test
    void shouldNameTickersAsRocksDbDoes() throws Exception {
        try (org.rocksdb.Statistics theirs = new org.rocksdb.Statistics();
                org.rocksdb.Options options =
                        new org.rocksdb.Options().setCreateIfMissing(true).setStatistics(theirs)) {
            String text = theirs.toString();
            for (Ticker ticker : Ticker.values()) {
                assertThat(TickerType.valueOf(ticker.name()))
                        .as(ticker.name() + " of " + options)
                        .isNotNull();
                assertThat(text).contains(ticker.tickerName() + " COUNT : 0\n");
            }
        }
    }

    @Test
    void shouldCountNothingUnlessAsked() throws Exception {
        try (Store store = open(false, 10)) {
            fillAndFlush(store);
            assertThat(store.get(key(1))).isNotNull();
            assertThat(store.statistics().tickers()).isEmpty();
            assertThat(store.statistics().ticker(Ticker.NUMBER_KEYS_READ)).isZero();
            assertThat(store.property(store.defaultColumnFamily(), "rocksdb.options-statistics"))
                    .isEmpty();
            assertThat(store.statistics().keysRead()).isEqualTo(1);
        }
    }

    @Test
    void shouldCountWritesAndTheirLog() throws Exception {
        try (Store store = open(true, 10)) {
            for (int i = 0; i < KEYS; i++) {
                store.put(key(i), new byte[100]);
            }
            store.put(
                    store.defaultColumnFamily(),
                    WriteOptions.builder().disableWal(true).build(),
                    key(0),
                    new byte[0]);
            assertThat(ticker(store, Ticker.NUMBER_KEYS_WRITTEN)).isEqualTo(KEYS + 1);
            assertThat(ticker(store, Ticker.BYTES_WRITTEN)).isEqualTo(KEYS * 109L + 9);
            assertThat(ticker(store, Ticker.WRITE_WITH_WAL)).isEqualTo(KEYS);
            assertThat(ticker(store, Ticker.WAL_FILE_BYTES)).isBetween(KEYS * 130L, KEYS * 140L);
            long synced = ticker(store, Ticker.WAL_FILE_SYNCED);
            store.syncWal();
            assertThat(ticker(store, Ticker.WAL_FILE_SYNCED)).isEqualTo(synced + 1);
            store.flush(FlushOptions.DEFAULT);
            assertThat(ticker(store, Ticker.FLUSH_WRITE_BYTES))
                    .isEqualTo(store.longProperty(store.defaultColumnFamily(), "rocksdb.total-sst-files-size"));
        }
    }

    @Test
    void shouldCountWhereGetsFindTheirKeys() throws Exception {
        try (Store store = open(true, 10)) {
            fillAndFlush(store);
            fillAndFlush(store);
            store.compactRange(store.defaultColumnFamily());
            assertThat(ticker(store, Ticker.COMPACT_READ_BYTES)).isPositive();
            assertThat(ticker(store, Ticker.COMPACT_WRITE_BYTES)).isPositive();
            store.put(key(0), bytes("upper"));
            store.flush(FlushOptions.DEFAULT);
            store.put(key(1), bytes("newest"));
            store.delete(key(2));
            for (int i = 0; i < KEYS; i++) {
                assertThat(store.get(key(i)) == null).isEqualTo(i == 2);
            }
            assertThat(ticker(store, Ticker.NUMBER_KEYS_READ)).isEqualTo(KEYS);
            assertThat(ticker(store, Ticker.BYTES_READ))
                    .isEqualTo("upper".length() + "newest".length() + (KEYS - 3) * 100L);
            assertThat(ticker(store, Ticker.MEMTABLE_HIT)).isEqualTo(2);
            assertThat(ticker(store, Ticker.MEMTABLE_MISS)).isEqualTo(KEYS - 2);
            assertThat(ticker(store, Ticker.GET_HIT_L0)).isEqualTo(1);
            assertThat(ticker(store, Ticker.GET_HIT_L1) + ticker(store, Ticker.GET_HIT_L2_AND_UP))
                    .isEqualTo(KEYS - 3);

            store.multiGet(List.of(key(1), key(3), bytes("absent")));
            assertThat(ticker(store, Ticker.NUMBER_KEYS_READ)).isEqualTo(KEYS);
            assertThat(ticker(store, Ticker.NUMBER_MULTIGET_CALLS)).isEqualTo(1);
            assertThat(ticker(store, Ticker.NUMBER_MULTIGET_KEYS_READ)).isEqualTo(3);
            assertThat(ticker(store, Ticker.NUMBER_MULTIGET_KEYS_FOUND)).isEqualTo(2);
            assertThat(ticker(store, Ticker.NUMBER_MULTIGET_BYTES_READ)).isEqualTo("newest".length() + 100);
            assertThat(ticker(store, Ticker.MEMTABLE_HIT)).isEqualTo(3);

            StoreIterator iterator = store.newIterator(store.defaultColumnFamily());
            assertThat(ticker(store, Ticker.NO_ITERATOR_CREATED)).isEqualTo(1);
            assertThat(ticker(store, Ticker.NO_ITERATOR_DELETED)).isZero();
            iterator.close();
            assertThat(ticker(store, Ticker.NO_ITERATOR_DELETED)).isEqualTo(1);
        }
    }

    @Test
    void shouldCountBlocksAndFilters() throws Exception {
        try (Store store = open(true, 10)) {
            fillAndFlush(store);
            for (int i = 0; i < KEYS; i++) {
                assertThat(store.get(key(i))).hasSize(100);
            }
            long blocks = ticker(store, Ticker.BLOCK_CACHE_DATA_MISS);
            assertThat(blocks).isBetween(20L, 60L); // of 4 KiB each
            assertThat(ticker(store, Ticker.BLOCK_CACHE_DATA_HIT)).isEqualTo(KEYS - blocks);
            assertThat(ticker(store, Ticker.BLOCK_CACHE_MISS)).isEqualTo(blocks);
            assertThat(ticker(store, Ticker.BLOCK_CACHE_HIT)).isEqualTo(KEYS - blocks);
            assertThat(ticker(store, Ticker.BLOCK_CACHE_ADD)).isEqualTo(blocks);
            assertThat(ticker(store, Ticker.BLOCK_CACHE_BYTES_WRITE))
                    .isEqualTo(store.longProperty(store.defaultColumnFamily(), "rocksdb.block-cache-usage"));
            assertThat(ticker(store, Ticker.BLOCK_CACHE_BYTES_READ))
                    .isGreaterThan(ticker(store, Ticker.BLOCK_CACHE_BYTES_WRITE));
            assertThat(ticker(store, Ticker.NO_FILE_OPENS)).isEqualTo(1);

            assertThat(ticker(store, Ticker.BLOOM_FILTER_FULL_POSITIVE)).isEqualTo(KEYS);
            assertThat(ticker(store, Ticker.BLOOM_FILTER_FULL_TRUE_POSITIVE)).isEqualTo(KEYS);
            assertThat(ticker(store, Ticker.BLOOM_FILTER_USEFUL)).isZero();
            for (int i = 0; i < KEYS - 1; i++) {
                assertThat(store.get(bytes("key%06d+".formatted(i)))).isNull();
            }
            long falsePositives = ticker(store, Ticker.BLOOM_FILTER_FULL_POSITIVE) - KEYS;
            assertThat(falsePositives).isLessThan(40);
            assertThat(ticker(store, Ticker.BLOOM_FILTER_USEFUL)).isEqualTo(KEYS - 1 - falsePositives);
            assertThat(ticker(store, Ticker.BLOOM_FILTER_FULL_TRUE_POSITIVE)).isEqualTo(KEYS);
        }
    }

    @Test
    void shouldCountPrefixFilters() throws Exception {
        ColumnFamilyOptions options = ColumnFamilyOptions.builder()
                .prefixExtractor(io.sluice.store.base.PrefixExtractor.fixed(6))
                .tableOptions(BlockBasedTableOptions.builder()
                        .filterBitsPerKey(10)
                        .wholeKeyFiltering(false)
                        .build())
                .build();
        try (Store store = open(true, options)) {
            store.put(key(0), bytes("first"));
            store.put(key(900_000), bytes("last"));
            store.flush(FlushOptions.DEFAULT);
            assertThat(store.get(key(0))).isNotNull();
            assertThat(store.get(key(1))).isNull(); // of the same prefix
            assertThat(store.get(key(500_000))).isNull();
            assertThat(ticker(store, Ticker.BLOOM_FILTER_PREFIX_CHECKED)).isEqualTo(3);
            assertThat(ticker(store, Ticker.BLOOM_FILTER_PREFIX_USEFUL)).isEqualTo(1);
            assertThat(ticker(store, Ticker.BLOOM_FILTER_PREFIX_TRUE_POSITIVE)).isEqualTo(1);
            assertThat(ticker(store, Ticker.BLOOM_FILTER_FULL_POSITIVE)).isZero();
        }
    }

    @Test
    void shouldCountIndexAndFilterBlocksOfTheCache() throws Exception {
        ColumnFamilyOptions options = ColumnFamilyOptions.builder()
                .tableOptions(BlockBasedTableOptions.builder()
                        .filterBitsPerKey(10)
                        .cacheIndexAndFilterBlocks(true)
                        .build())
                .build();
        try (Store store = open(true, options)) {
            fillAndFlush(store);
            store.get(key(1));
            store.get(key(1));
            assertThat(ticker(store, Ticker.BLOCK_CACHE_INDEX_MISS)).isEqualTo(1);
            assertThat(ticker(store, Ticker.BLOCK_CACHE_INDEX_HIT)).isPositive();
            assertThat(ticker(store, Ticker.BLOCK_CACHE_FILTER_MISS)).isEqualTo(1);
            assertThat(ticker(store, Ticker.BLOCK_CACHE_FILTER_HIT)).isPositive();
            assertThat(ticker(store, Ticker.BLOCK_CACHE_HIT))
                    .isEqualTo(ticker(store, Ticker.BLOCK_CACHE_INDEX_HIT)
                            + ticker(store, Ticker.BLOCK_CACHE_FILTER_HIT)
                            + ticker(store, Ticker.BLOCK_CACHE_DATA_HIT));
        }
    }

    @Test
    void shouldPrintTickersAsRocksDbDoes() throws Exception {
        try (Store store = open(true, 10)) {
            store.put(key(1), bytes("v"));
            List<String> lines = new ArrayList<>(
                    Arrays.asList(store.property(store.defaultColumnFamily(), "rocksdb.options-statistics")
                            .split("\n")));
            assertThat(lines)
                    .hasSize(Ticker.values().length)
                    .contains("rocksdb.number.keys.written COUNT : 1", "rocksdb.memtable.hit COUNT : 0");
        }
    }

    @Test
    void shouldTellNumbersByRocksDbsProperties() throws Exception {
        try (Store store = open(false, 10)) {
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fillAndFlush(store);
            store.delete(key(1));
            store.flush(FlushOptions.DEFAULT);
            store.put(bytes("another"), bytes("v"));
            assertThat(store.longProperty(family, "rocksdb.estimate-num-keys")).isEqualTo(KEYS);
            assertThat(store.longProperty(family, "rocksdb.num-entries-imm-mem-tables"))
                    .isZero();
            assertThat(store.longProperty(family, "rocksdb.live-sst-files-size"))
                    .isEqualTo(store.longProperty(family, "rocksdb.total-sst-files-size"))
                    .isPositive();
            assertThat(store.longProperty(family, "rocksdb.block-cache-capacity"))
                    .isEqualTo(32 << 20);
            assertThat(store.longProperty(family, "rocksdb.oldest-snapshot-sequence"))
                    .isZero();
            try (Snapshot snapshot = store.snapshot()) {
                store.put(key(7), bytes("later"));
                assertThat(store.longProperty(family, "rocksdb.oldest-snapshot-sequence"))
                        .isEqualTo(KEYS + 2);
                assertThat(snapshot).isNotNull();
            }
        }
    }

    private static long ticker(Store store, Ticker ticker) {
        Map<Ticker, Long> all = store.statistics().tickers();
        assertThat(all).containsOnlyKeys(Ticker.values());
        return store.statistics().ticker(ticker);
    }

    private static void fillAndFlush(Store store) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            store.put(key(i), new byte[100]);
        }
        store.flush(FlushOptions.DEFAULT);
    }

    private static Store open(boolean statistics, int filterBits) throws StoreException {
        return open(
                statistics,
                ColumnFamilyOptions.builder()
                        .tableOptions(BlockBasedTableOptions.builder()
                                .filterBitsPerKey(filterBits)
                                .build())
                        .build());
    }

    private static Store open(boolean statistics, ColumnFamilyOptions family) throws StoreException {
        DBOptions options =
                DBOptions.builder().createIfMissing(true).statistics(statistics).build();
        return Store.open(
                options, new MemoryStorage("statistics"), List.of(new ColumnFamilyDescriptor("default", family)));
    }

    private static byte[] key(int number) {
        return bytes("key%06d".formatted(number));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
