// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.Bytes;
import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.ReverseBytewiseComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.MemoryStorage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;

/** Stores in another order of keys than the bytewise one. */
class ComparatorTest {
    private static final DBOptions OPTIONS = DBOptions.builder()
            .createIfMissing(true)
            .createMissingColumnFamilies(true)
            .build();

    private static ColumnFamilyDescriptor family(String name, KeyComparator order) {
        return new ColumnFamilyDescriptor(
                name, ColumnFamilyOptions.builder().comparator(order).build());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> keys(Store store, String family) throws StoreException {
        List<String> keys = new ArrayList<>();
        try (StoreIterator iterator = store.newIterator(handle(store, family))) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                keys.add(new String(iterator.key(), StandardCharsets.UTF_8));
            }
        }
        return keys;
    }

    private static ColumnFamilyHandle handle(Store store, String name) {
        return store.columnFamilies().stream()
                .filter(family -> family.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void shouldKeepKeysInTheColumnFamilysOrderAcrossFlushesAndOpenings() throws StoreException {
        MemoryStorage storage = new MemoryStorage("store");
        List<ColumnFamilyDescriptor> families = List.of(
                family("default", ReverseBytewiseComparator.INSTANCE),
                family("up", BytewiseComparator.INSTANCE),
                family("down", ReverseBytewiseComparator.INSTANCE));
        List<String> up = new ArrayList<>();
        List<String> down = new ArrayList<>();
        try (Store store = Store.open(OPTIONS, storage, families)) {
            for (int i = 0; i < 500; i++) {
                String key = String.format("key%04d", i);
                up.add(key);
                down.add(0, key);
                for (ColumnFamilyHandle family : store.columnFamilies()) {
                    store.put(family, bytes(key), bytes(family.name() + i));
                }
                if (i % 200 == 100) {
                    store.flush(FlushOptions.DEFAULT);
                }
            }
            assertThat(keys(store, "default")).isEqualTo(down);
            assertThat(keys(store, "up")).isEqualTo(up);
            assertThat(keys(store, "down")).isEqualTo(down);
        }
        // Whoever says nothing gets the order that it was made with.
        try (Store store = Store.open(OPTIONS, storage, List.of())) {
            assertThat(keys(store, "default")).isEqualTo(down);
            assertThat(keys(store, "up")).isEqualTo(up);
            assertThat(keys(store, "down")).isEqualTo(down);
            store.put(handle(store, "down"), bytes("key0100+"), bytes("new"));
            store.flush(FlushOptions.DEFAULT);
            down.add(down.indexOf("key0100"), "key0100+");
            assertThat(keys(store, "down")).isEqualTo(down);
            assertThat(store.get(handle(store, "down"), bytes("key0007"))).isEqualTo(bytes("down7"));
        }
    }

    @Test
    void shouldRefuseAnotherOrderThanTheStoresOwn() throws StoreException {
        MemoryStorage storage = new MemoryStorage("store");
        Store.open(OPTIONS, storage, List.of(family("down", ReverseBytewiseComparator.INSTANCE)))
                .close();
        assertThatThrownBy(() -> Store.open(OPTIONS, storage, List.of(family("down", BytewiseComparator.INSTANCE))))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("store.comparator"))
                .hasMessageContaining("rocksdb.ReverseBytewiseComparator");
    }

    @Test
    void shouldCreateAColumnFamilyInAnOrderOfTheUsersOwn() throws StoreException {
        MemoryStorage storage = new MemoryStorage("store");
        KeyComparator byLength = new ByLength();
        try (Store store = Store.open(OPTIONS, storage, List.of())) {
            ColumnFamilyHandle family = store.createColumnFamily(family("length", byLength));
            for (String key : List.of("ccc", "a", "bb")) {
                store.put(family, bytes(key), bytes(key));
            }
            store.flush(FlushOptions.DEFAULT);
            assertThat(keys(store, "length")).containsExactly("a", "bb", "ccc");
        }
        assertThatThrownBy(() -> Store.open(OPTIONS, storage, List.of()))
                .hasMessageContaining("test.ByLength")
                .isInstanceOf(StoreException.class);
        try (Store store = Store.open(OPTIONS, storage, List.of(family("length", byLength)))) {
            assertThat(keys(store, "length")).containsExactly("a", "bb", "ccc");
        }
    }

    /** Shorter keys first. */
    private static final class ByLength implements KeyComparator {
        @Override
        public String name() {
            return "test.ByLength";
        }

        @Override
        public int compare(DirectBuffer a, DirectBuffer b) {
            return compare(a, 0, a.capacity(), b, 0, b.capacity());
        }

        @Override
        public int compare(DirectBuffer a, int aOffset, int aLength, DirectBuffer b, int bOffset, int bLength) {
            return aLength != bLength
                    ? Integer.compare(aLength, bLength)
                    : Bytes.compare(a, aOffset, aLength, b, bOffset, bLength);
        }
    }
}
