// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.MemoryStorage;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Reads of tables make no garbage in steady state, once their blocks are in the cache. */
class ReadAllocationTest {
    private static final int KEYS = 20_000;
    private static final int CALLS = 100_000;

    @Test
    void shouldAllocateNothingForAGetIntoABuffer() throws StoreException {
        for (boolean inCache : new boolean[] {false, true}) {
            try (Store store = open(inCache)) {
                ByteBuffer key = ByteBuffer.allocate(16);
                ByteBuffer found = ByteBuffer.allocate(200);
                get(store, key, found, KEYS);
                assertThat(perCall(() -> get(store, key, found, CALLS))).isLessThan(0.5);
                assertThat(store.statistics().keysFound()).isEqualTo(KEYS + CALLS);
            }
        }
    }

    @Test
    void shouldAllocateNothingForASeekOrAMove() throws StoreException {
        try (Store store = open(false);
                StoreIterator iterator = store.newIterator(store.defaultColumnFamily())) {
            ByteBuffer key = ByteBuffer.allocate(16);
            ByteBuffer found = ByteBuffer.allocate(200);
            walk(iterator, found, KEYS);
            assertThat(perCall(() -> walk(iterator, found, CALLS))).isLessThan(0.5);
            seek(iterator, key, KEYS);
            assertThat(perCall(() -> seek(iterator, key, CALLS))).isLessThan(0.5);
        }
    }

    private static void get(Store store, ByteBuffer key, ByteBuffer found, int count) throws StoreException {
        for (int i = 0; i < count; i++) {
            number(key, i % KEYS);
            found.clear();
            if (store.get(store.defaultColumnFamily(), key, found) != 100) {
                throw new AssertionError("key " + i + " is missing");
            }
        }
    }

    private static void walk(StoreIterator iterator, ByteBuffer found, int count) throws StoreException {
        int i = 0;
        while (i < count) {
            for (iterator.seekToFirst(); iterator.isValid() && i < count; iterator.next()) {
                found.clear();
                iterator.key(found);
                found.clear();
                iterator.value(found);
                i++;
            }
            for (iterator.seekToLast(); iterator.isValid() && i < count; iterator.prev()) {
                i++;
            }
        }
    }

    private static void seek(StoreIterator iterator, ByteBuffer key, int count) throws StoreException {
        for (int i = 0; i < count; i++) {
            number(key, i % KEYS);
            iterator.seek(key);
            if (!iterator.isValid()) {
                throw new AssertionError("key " + i + " is missing");
            }
        }
    }

    private static void number(ByteBuffer key, int number) {
        key.clear();
        key.putInt(0, number * 0x9e3779b1);
    }

    private static double perCall(Calls calls) throws StoreException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        calls.run();
        return (threads.getCurrentThreadAllocatedBytes() - before) / (double) CALLS;
    }

    private interface Calls {
        void run() throws StoreException;
    }

    /** A store with three tables and something in the memtable. */
    private static Store open(boolean indexInCache) throws StoreException {
        ColumnFamilyOptions options = ColumnFamilyOptions.builder()
                .disableAutoCompactions(true)
                .tableOptions(BlockBasedTableOptions.builder()
                        .filterBitsPerKey(10)
                        .cacheIndexAndFilterBlocks(indexInCache)
                        .build())
                .build();
        Store store = Store.open(
                DBOptions.builder().createIfMissing(true).build(),
                new MemoryStorage("allocation"),
                List.of(new ColumnFamilyDescriptor("default", options)));
        ByteBuffer key = ByteBuffer.allocate(16);
        for (int i = 0; i < KEYS; i++) {
            number(key, i);
            store.put(key.array(), new byte[100]);
            if (i % 6000 == 5999) {
                store.flush(FlushOptions.DEFAULT);
            }
        }
        return store;
    }
}
