// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a single thread sees of a store on a local directory. */
class StoreTest {
    private static final DBOptions CREATE =
            DBOptions.builder().createIfMissing(true).build();

    @TempDir
    Path directory;

    @Test
    void shouldReadBackWhatWasPutBeforeAnyFlush() throws StoreException {
        try (Store store = Store.open(CREATE, directory)) {
            store.put(bytes("a"), bytes("1"));
            store.put(bytes("b"), bytes("2"));
            store.put(bytes("a"), bytes("3"));
            store.delete(bytes("b"));
            assertThat(text(store.get(bytes("a")))).isEqualTo("3");
            assertThat(store.get(bytes("b"))).isNull();
            assertThat(store.get(bytes("c"))).isNull();
        }
    }

    @Test
    void shouldTellOfMemtablesAndTables() throws StoreException {
        try (Store store = Store.open(CREATE, directory)) {
            ColumnFamilyHandle family = store.defaultColumnFamily();
            store.put(bytes("a"), bytes("1"));
            assertThat(store.longProperty(family, "rocksdb.num-entries-active-mem-table"))
                    .isEqualTo(1);
            assertThat(store.longProperty(family, "rocksdb.cur-size-all-mem-tables"))
                    .isPositive();
            store.flush(FlushOptions.DEFAULT);
            assertThat(store.longProperty(family, "rocksdb.num-entries-active-mem-table"))
                    .isZero();
            assertThat(store.longProperty(family, "rocksdb.num-immutable-mem-table"))
                    .isZero();
            assertThat(store.longProperty(family, "rocksdb.background-errors")).isZero();
            Map<String, Map<String, String>> tables = store.propertiesOfAllTables(family);
            assertThat(tables)
                    .hasSize(1)
                    .allSatisfy((name, properties) -> assertThat(properties)
                            .containsEntry("rocksdb.num.entries", "1")
                            .containsEntry("sluice.builder", "local")
                            .containsEntry("rocksdb.creating.db.identity", store.identity()));
            assertThat(store.longProperty(family, "rocksdb.total-sst-files-size"))
                    .isEqualTo(store.statistics().flushBytes());
            assertCode(() -> store.longProperty(family, "rocksdb.nonsense"), "store.property");
        }
    }

    @Test
    void shouldReadBackFromFilesAfterFlushAndReopen() throws StoreException {
        try (Store store = Store.open(CREATE, directory)) {
            for (int i = 0; i < 1000; i++) {
                store.put(key(i), bytes("value " + i));
            }
            store.flush(FlushOptions.DEFAULT);
            assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.num-files-at-level0"))
                    .isEqualTo(1);
            store.put(key(7), bytes("newer"));
            store.delete(key(8));
            store.flush(FlushOptions.DEFAULT);
            assertKeys(store);
        }
        try (Store store = Store.open(DBOptions.DEFAULT, directory)) {
            assertKeys(store);
            store.put(key(7), bytes("newest"));
            assertThat(text(store.get(key(7)))).isEqualTo("newest");
        }
    }

    private static void assertKeys(Store store) throws StoreException {
        for (int i = 0; i < 1000; i++) {
            @Nullable String expected = i == 7 ? "newer" : i == 8 ? null : "value " + i;
            byte[] found = store.get(key(i));
            assertThat(text(found)).isEqualTo(expected);
        }
    }

    @Test
    @Tag("A6")
    void shouldFlushByItselfWhenTheWriteBufferIsFull() throws StoreException {
        ColumnFamilyOptions small =
                ColumnFamilyOptions.builder().writeBufferSize(256 << 10).build();
        try (Store store = Store.open(CREATE, directory, List.of(new ColumnFamilyDescriptor("default", small)))) {
            byte[] value = new byte[1000];
            for (int i = 0; i < 5000; i++) {
                store.put(key(i), value);
            }
            assertThat(store.statistics().flushesCompleted()).isGreaterThan(10);
            assertThat(store.statistics().flushesByBuilder()).containsOnlyKeys("local");
            for (int i = 0; i < 5000; i++) {
                assertThat(store.get(key(i))).isEqualTo(value);
            }
        }
    }

    @Test
    void shouldFlushOnCloseUnlessToldNotTo() throws StoreException {
        try (Store store = Store.open(CREATE, directory)) {
            store.put(bytes("kept"), bytes("1"));
        }
        DBOptions dropping = DBOptions.builder().avoidFlushDuringShutdown(true).build();
        try (Store store = Store.open(dropping, directory)) {
            assertThat(text(store.get(bytes("kept")))).isEqualTo("1");
            WriteOptions unlogged = WriteOptions.builder().disableWal(true).build();
            store.put(store.defaultColumnFamily(), unlogged, bytes("dropped"), bytes("2"));
        }
        try (Store store = Store.open(DBOptions.DEFAULT, directory)) {
            assertThat(text(store.get(bytes("kept")))).isEqualTo("1");
            assertThat(store.get(bytes("dropped"))).isNull();
        }
    }

    @Test
    void shouldKeepColumnFamiliesApartAndAcrossReopen() throws StoreException {
        try (Store store = Store.open(CREATE, directory)) {
            ColumnFamilyHandle users = store.createColumnFamily(new ColumnFamilyDescriptor("users"));
            store.put(bytes("k"), bytes("default"));
            store.put(users, bytes("k"), bytes("users"));
            WriteBatch batch = new WriteBatch().put(bytes("x"), bytes("1")).put(users, bytes("y"), bytes("2"));
            store.write(WriteOptions.DEFAULT, batch);
            assertThat(store.get(users, bytes("x"))).isNull();
        }
        try (Store store = Store.open(DBOptions.DEFAULT, directory)) {
            ColumnFamilyHandle users = store.columnFamily("users");
            assertThat(users).isNotNull();
            assertThat(text(store.get(bytes("k")))).isEqualTo("default");
            assertThat(text(store.get(users, bytes("k")))).isEqualTo("users");
            assertThat(text(store.get(users, bytes("y")))).isEqualTo("2");
        }
    }

    @Test
    void shouldRefuseADroppedColumnFamilyButLetIteratorsGoOn() throws StoreException {
        try (Store store = Store.open(CREATE, directory)) {
            ColumnFamilyHandle doomed = store.createColumnFamily(new ColumnFamilyDescriptor("doomed"));
            store.put(doomed, bytes("a"), bytes("1"));
            store.flush(FlushOptions.DEFAULT, doomed);
            store.put(doomed, bytes("b"), bytes("2"));
            try (StoreIterator iterator = store.newIterator(doomed)) {
                store.dropColumnFamily(doomed);
                assertThat(keys(iterator)).containsExactly("a", "b");
            }
            assertThatThrownBy(() -> store.put(doomed, bytes("c"), bytes("3")))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND));
            assertThatThrownBy(() -> store.get(doomed, bytes("a"))).isInstanceOf(StoreException.class);
            ColumnFamilyHandle again = store.createColumnFamily(new ColumnFamilyDescriptor("doomed"));
            assertThat(again.id()).isGreaterThan(doomed.id());
            assertThat(store.get(again, bytes("a"))).isNull();
        }
        try (Store store = Store.open(DBOptions.DEFAULT, directory)) {
            assertThat(store.columnFamilies()).hasSize(2);
        }
    }

    @Test
    void shouldIterateInBothDirectionsOverMemtablesAndFiles() throws StoreException {
        try (Store store = Store.open(CREATE, directory)) {
            for (int i = 0; i < 100; i += 2) {
                store.put(key(i), bytes("old " + i));
            }
            store.flush(FlushOptions.DEFAULT);
            for (int i = 1; i < 100; i += 2) {
                store.put(key(i), bytes("new " + i));
            }
            store.delete(key(50));
            store.put(key(52), bytes("over"));
            try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily())) {
                store.put(key(50), bytes("too late"));
                List<String> forward = keys(iterator);
                List<String> backward = new ArrayList<>();
                for (iterator.seekToLast(); iterator.isValid(); iterator.prev()) {
                    backward.add(0, text(iterator.key()));
                }
                assertThat(forward).hasSize(99).doesNotContain(text(key(50))).isEqualTo(backward);
                iterator.seek(key(50));
                assertThat(iterator.key()).isEqualTo(key(51));
                iterator.next();
                assertThat(text(iterator.value())).isEqualTo("over");
                iterator.prev();
                assertThat(iterator.key()).isEqualTo(key(51));
                iterator.prev();
                assertThat(iterator.key()).isEqualTo(key(49));
                iterator.next();
                assertThat(iterator.key()).isEqualTo(key(51));
                iterator.seekForPrev(key(50));
                assertThat(iterator.key()).isEqualTo(key(49));
            }
        }
    }

    @Test
    void shouldKeepAnIteratorWithinItsBounds() throws StoreException {
        try (Store store = Store.open(CREATE, directory)) {
            for (int i = 0; i < 20; i++) {
                store.put(key(i), bytes("v"));
            }
            ReadOptions bounded = ReadOptions.builder()
                    .iterateLowerBound(key(5))
                    .iterateUpperBound(key(8))
                    .build();
            try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily(), bounded)) {
                assertThat(keys(iterator)).containsExactly(text(key(5)), text(key(6)), text(key(7)));
                iterator.seek(key(0));
                assertThat(iterator.key()).isEqualTo(key(5));
                iterator.seekForPrev(key(19));
                assertThat(iterator.key()).isEqualTo(key(7));
                iterator.seekForPrev(key(4));
                assertThat(iterator.isValid()).isFalse();
                iterator.seekToLast();
                assertThat(iterator.key()).isEqualTo(key(7));
            }
        }
    }

    @Test
    void shouldTakeByteBuffersOfBothKinds() throws StoreException {
        try (Store store = Store.open(CREATE, directory)) {
            ByteBuffer key = ByteBuffer.allocateDirect(8)
                    .put(bytes("..key..."))
                    .position(2)
                    .limit(5);
            ByteBuffer value = ByteBuffer.wrap(bytes("the value"));
            store.put(store.defaultColumnFamily(), WriteOptions.DEFAULT, key, value);
            assertThat(key.hasRemaining()).isFalse();
            assertThat(text(store.get(bytes("key")))).isEqualTo("the value");

            ByteBuffer found = ByteBuffer.allocateDirect(20).position(1);
            ByteBuffer wanted = ByteBuffer.wrap(bytes("key"));
            for (int round = 0; round < 2; round++) {
                found.clear().position(1);
                assertThat(store.get(store.defaultColumnFamily(), wanted, found))
                        .isEqualTo(9);
                byte[] copy = new byte[found.remaining()];
                found.get(copy);
                assertThat(text(copy)).isEqualTo("the value");
                store.flush(FlushOptions.DEFAULT);
            }
            assertThat(store.get(store.defaultColumnFamily(), ByteBuffer.wrap(bytes("no")), found))
                    .isEqualTo(Store.NOT_FOUND);
            ByteBuffer small = ByteBuffer.allocate(3);
            assertThat(store.get(store.defaultColumnFamily(), wanted, small)).isEqualTo(9);
            assertThat(text(small.array())).isEqualTo("the");
        }
    }

    @Test
    void shouldRefuseWhatItCanNotKeep() throws StoreException {
        try (Store store = Store.open(CREATE, directory)) {
            byte[] huge = new byte[17 << 20];
            assertCode(() -> store.put(bytes("k"), huge), "memtable.entry.too_large");
            assertThat(store.get(bytes("k"))).isNull();
            store.put(bytes("k"), new byte[10 << 20]);
            assertThat(store.get(bytes("k"))).hasSize(10 << 20);
        }
    }

    @Test
    void shouldOpenOnlyWhatIsThere() throws StoreException {
        assertCode(() -> Store.open(DBOptions.DEFAULT, directory), "store.missing");
        Store.open(CREATE, directory).close();
        DBOptions fresh =
                DBOptions.builder().createIfMissing(true).errorIfExists(true).build();
        assertCode(() -> Store.open(fresh, directory), "store.exists");
        List<ColumnFamilyDescriptor> unknown = List.of(new ColumnFamilyDescriptor("unknown"));
        assertCode(() -> Store.open(CREATE, directory, unknown), "store.column-family.missing");
        DBOptions creating =
                DBOptions.builder().createMissingColumnFamilies(true).build();
        try (Store store = Store.open(creating, directory, unknown)) {
            assertThat(store.columnFamily("unknown")).isNotNull();
            assertThatThrownBy(() -> Store.open(CREATE, directory))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LOCKED));
        }
        Store.open(CREATE, directory).close();
    }

    @Test
    void shouldCloseInOrderThoughItsThreadIsInterrupted() throws StoreException {
        WriteOptions unlogged = WriteOptions.builder().disableWal(true).build();
        Store store = Store.open(CREATE, directory);
        store.put(store.defaultColumnFamily(), unlogged, new byte[] {1}, new byte[] {2});
        Thread.currentThread().interrupt();
        try {
            store.close();
        } finally {
            assertThat(Thread.interrupted()).as("it is told of it afterwards").isTrue();
        }
        try (Store again = Store.open(DBOptions.DEFAULT, directory)) {
            assertThat(again.get(new byte[] {1})).isEqualTo(new byte[] {2});
        }
    }

    @Test
    void shouldRefuseEveryCallAfterClose() throws StoreException {
        Store store = Store.open(CREATE, directory);
        store.put(bytes("k"), bytes("v"));
        StoreIterator iterator = store.newIterator(store.defaultColumnFamily());
        store.close();
        store.close();
        assertCode(() -> store.put(bytes("k"), bytes("v")), "store.closed");
        assertCode(() -> store.get(bytes("k")), "store.closed");
        assertCode(() -> store.flush(FlushOptions.DEFAULT), "store.closed");
        assertCode(() -> store.newIterator(store.defaultColumnFamily()), "store.closed");
        assertThat(keys(iterator)).containsExactly("k");
        iterator.close();
    }

    @Test
    void shouldChangeOptionsWhileOpen() throws StoreException {
        try (Store store = Store.open(CREATE, directory)) {
            ColumnFamilyHandle family = store.defaultColumnFamily();
            store.setOptions(family, Map.of("write_buffer_size", "65536"));
            for (int i = 0; i < 300; i++) {
                store.put(key(i), new byte[1000]);
            }
            assertThat(store.statistics().flushesCompleted()).isPositive();
            assertCode(() -> store.setOptions(family, Map.of("bloom", "1")), "options.unknown");
            assertCode(() -> store.setOptions(family, Map.of("remote_flush", "maybe")), "options.value");
            assertCode(() -> store.setOptions(family, Map.of("max_write_buffer_number", "1")), "options.value");
            store.setDBOptions(Map.of("remote_flush", "false", "delayed_write_rate", "1048576"));
            assertCode(() -> store.setDBOptions(Map.of("max_open_files", "4")), "options.unknown");
        }
    }

    private static void assertCode(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String code) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private static List<String> keys(StoreIterator iterator) throws StoreException {
        List<String> keys = new ArrayList<>();
        for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
            keys.add(text(iterator.key()));
        }
        return keys;
    }

    private static byte[] key(int number) {
        return bytes(String.format("key%06d", number));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static @Nullable String text(byte @Nullable [] bytes) {
        return bytes == null ? null : new String(bytes, UTF_8);
    }

    @Test
    void shouldBeginAReadCleanAfterAMergeOperatorThrew() throws StoreException {
        MergeOperator broken = new MergeOperator() {
            @Override
            public String name() {
                return "test.Broken";
            }

            @Override
            public byte[] fullMerge(byte[] key, byte @Nullable [] existing, List<byte[]> operands) {
                throw new IllegalStateException("a user's bug");
            }
        };
        ColumnFamilyOptions merging =
                ColumnFamilyOptions.builder().mergeOperator(broken).build();
        try (Store store = Store.open(CREATE, directory, List.of(new ColumnFamilyDescriptor("default", merging)))) {
            store.merge(bytes("counter"), bytes("operand"));
            assertThatThrownBy(() -> store.get(bytes("counter"))).isInstanceOf(IllegalStateException.class);
            assertThat(store.get(bytes("absent"))).isNull();
        }
    }
}
