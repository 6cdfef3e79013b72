// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.Ticker;
import io.sluice.store.storage.MemoryStorage;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How many data blocks a lookup reads. */
@Timeout(120)
class LookupCostTest {
    private static final int KEYS = 20_000;
    private static final long SEED = 20_261_122;

    @Test
    @Tag("C15")
    void shouldReadOneDataBlockForAStoredKeyAfterAFullCompaction() throws Exception {
        try (Store store = open()) {
            write(store, new Random(SEED));
            store.compactRange(store.defaultColumnFamily());
            assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.num-files-at-level0"))
                    .isZero();
            Cost cost = lookUpAll(store);
            assertThat(cost.blocks / (double) KEYS).as("seed " + SEED).isLessThanOrEqualTo(1.02);
            assertThat(cost.blocks - KEYS).isEqualTo(cost.falsePositives);
        }
    }

    @Test
    @Tag("C15")
    void shouldCountEachFurtherBlockAsAFiltersFalsePositive() throws Exception {
        try (Store store = open()) {
            write(store, new Random(SEED));
            long files = store.longProperty(store.defaultColumnFamily(), "rocksdb.num-files-at-level0");
            assertThat(files).isGreaterThan(5); // all over all keys: a lookup asks most of their filters
            Cost cost = lookUpAll(store);
            assertThat(cost.falsePositives).as("seed " + SEED).isBetween(KEYS / 1000L, KEYS * files / 40);
            assertThat(cost.blocks - KEYS).isEqualTo(cost.falsePositives);
        }
    }

    private record Cost(long blocks, long falsePositives) {}

    private static Cost lookUpAll(Store store) throws StoreException {
        Cost before = cost(store);
        for (int i = 0; i < KEYS; i++) {
            assertThat(store.get(key(i))).isEqualTo(value(i));
        }
        Cost after = cost(store);
        return new Cost(after.blocks - before.blocks, after.falsePositives - before.falsePositives);
    }

    private static Cost cost(Store store) {
        Statistics counted = store.statistics();
        return new Cost(
                counted.ticker(Ticker.BLOCK_CACHE_DATA_HIT) + counted.ticker(Ticker.BLOCK_CACHE_DATA_MISS),
                counted.ticker(Ticker.BLOOM_FILTER_FULL_POSITIVE)
                        - counted.ticker(Ticker.BLOOM_FILTER_FULL_TRUE_POSITIVE));
    }

    /** In random order, most keys more than once, over many tables. */
    private static void write(Store store, Random random) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            store.put(key(random.nextInt(KEYS)), new byte[10]);
        }
        for (int i = 0; i < KEYS; i++) {
            int number = (int) (i * 7919L % KEYS);
            store.put(key(number), value(number));
        }
        store.flush(FlushOptions.DEFAULT);
    }

    private static Store open() throws StoreException {
        ColumnFamilyOptions family = ColumnFamilyOptions.builder()
                .writeBufferSize(256 << 10)
                .targetFileSizeBase(256 << 10)
                .disableAutoCompactions(true)
                .tableOptions(
                        BlockBasedTableOptions.builder().filterBitsPerKey(10).build())
                .build();
        return Store.open(
                DBOptions.builder().createIfMissing(true).statistics(true).build(),
                new MemoryStorage("lookups"),
                List.of(new ColumnFamilyDescriptor("default", family)));
    }

    private static byte[] key(int number) {
        return Integer.toString(number).getBytes(UTF_8);
    }

    private static byte[] value(int number) {
        return ("the value of " + number).repeat(2).getBytes(UTF_8);
    }
}
