// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a store holds after it was opened again. */
@Timeout(60)
class RestartTest {
    private static final int KEYS = 100;

    private final MemoryStorage storage = new MemoryStorage("restart");

    @ParameterizedTest
    @Tag("C29")
    @ValueSource(booleans = {false, true})
    void shouldKeepOldDataWhereItIsRestartedTwiceAndWrittenThen(boolean killed) throws Exception {
        MemoryStorage life = storage;
        Store store = open(life);
        put(store, "old", 0, KEYS);
        store.flush(FlushOptions.DEFAULT);
        put(store, "logged", 0, KEYS);
        for (int restart = 0; restart < 2; restart++) {
            if (killed) {
                life = life.killClone();
            }
            store.close();
            store = open(life);
        }
        put(store, "new", 0, KEYS);
        store.flush(FlushOptions.DEFAULT);
        put(store, "newer", 0, KEYS);
        for (int restart = 0; restart < 3; restart++) {
            for (String kind : List.of("old", "logged", "new", "newer")) {
                check(store, kind, 0, KEYS);
            }
            if (killed) {
                life = life.killClone();
            }
            store.close();
            store = open(life);
        }
        store.close();
    }

    @ParameterizedTest
    @Tag("C30")
    @ValueSource(booleans = {false, true})
    void shouldSeeAllPersistedDataWhereTheLogIsEmptyOrGone(boolean gone) throws Exception {
        MemoryStorage left;
        try (Store store = open(storage)) {
            put(store, "a", 0, KEYS);
            store.flush(FlushOptions.DEFAULT);
            put(store, "b", 0, KEYS);
            store.flush(FlushOptions.DEFAULT);
            store.compactRange(store.defaultColumnFamily());
            put(store, "c", 0, KEYS);
            store.flush(FlushOptions.DEFAULT);
            put(store, "lost", 0, KEYS); // with its log
            left = storage.killClone();
        }
        for (String name : names(left, ".log")) {
            left.delete(name);
            if (!gone) {
                left.create(name).close();
            }
        }
        try (Store store = open(left)) {
            for (String kind : List.of("a", "b", "c")) {
                check(store, kind, 0, KEYS);
            }
            assertThat(store.get(bytes("lost0"))).isNull();
            put(store, "d", 0, KEYS);
        }
        try (Store store = open(left)) {
            for (String kind : List.of("a", "b", "c", "d")) {
                check(store, kind, 0, KEYS);
            }
        }
    }

    @Test
    @Tag("C31")
    void shouldFindAndCutATornLogTailAtEachOfItsBytes() throws Exception {
        MemoryStorage before;
        MemoryStorage after;
        try (Store store = open(storage)) {
            put(store, "key", 0, KEYS);
            before = storage.killClone();
            store.put(bytes("torn"), new byte[20]);
            after = storage.killClone();
        }
        String log = names(after, ".log").stream()
                .filter(name -> length(after, name) > 0)
                .findFirst()
                .orElseThrow();
        byte[] whole = read(after, log);
        int begin = (int) before.length(log);
        assertThat(whole.length - begin).isBetween(40, 80);
        for (int length = begin; length <= whole.length; length++) {
            MemoryStorage torn = after.killClone();
            torn.delete(log);
            write(torn, log, Arrays.copyOf(whole, length));
            for (int life = 0; life < 3; life++) {
                try (Store store = open(torn)) {
                    check(store, "key", 0, KEYS);
                    assertThat(store.get(bytes("torn")) != null)
                            .as("a log of " + length + " of " + whole.length + " bytes")
                            .isEqualTo(length == whole.length);
                    check(store, "life", 0, life);
                    put(store, "life", life, life + 1);
                }
            }
        }
    }

    /** A table of which the end is missing: one that no manifest names is nothing, one that it names is an error. */
    @Test
    @Tag("C31")
    void shouldFindAndCutATableWhoseBlocksEndHalfWay() throws Exception {
        try (Store store = open(storage)) {
            put(store, "key", 0, KEYS);
            store.flush(FlushOptions.DEFAULT);
        }
        String table = names(storage, ".sst").get(0);
        byte[] bytes = read(storage, table);
        byte[] half = Arrays.copyOf(bytes, bytes.length / 2);
        write(storage, "000777.sst", half); // as a crash leaves it between rename and manifest
        try (Store store = open(storage)) {
            check(store, "key", 0, KEYS);
            assertThat(names(storage, ".sst")).containsExactly(table);
            put(store, "more", 0, KEYS);
            store.flush(FlushOptions.DEFAULT);
            check(store, "more", 0, KEYS);
        }
        storage.delete(table);
        write(storage, table, half);
        assertThatThrownBy(() -> open(storage))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPTION))
                .hasMessageContaining(table);
    }

    @Test
    @Tag("C31")
    void shouldFindAndCutATornManifestTail() throws Exception {
        MemoryStorage left;
        try (Store store = open(storage)) {
            put(store, "key", 0, KEYS);
            store.flush(FlushOptions.DEFAULT);
            left = storage.killClone();
            put(store, "later", 0, KEYS);
            store.flush(FlushOptions.DEFAULT);
            String manifest = names(storage, "MANIFEST").get(0);
            byte[] longer = read(storage, manifest);
            int end = (int) left.length(manifest);
            assertThat(longer.length).isGreaterThan(end + 20);
            for (int length = end + 1; length < longer.length; length++) {
                MemoryStorage torn = left.killClone();
                torn.delete(manifest);
                write(torn, manifest, Arrays.copyOf(longer, length));
                copyTables(torn);
                try (Store again = open(torn)) {
                    check(again, "key", 0, KEYS);
                    put(again, "new", 0, 1);
                }
                try (Store again = open(torn)) {
                    check(again, "key", 0, KEYS);
                    check(again, "new", 0, 1);
                }
            }
        }
    }

    private static long length(Storage storage, String name) {
        try {
            return storage.length(name);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<String> names(Storage storage, String part) throws IOException {
        return storage.list("").stream()
                .filter(name -> name.contains(part))
                .sorted()
                .toList();
    }

    private void copyTables(Storage to) throws IOException {
        for (String table : names(storage, ".sst")) {
            if (!to.exists(table)) {
                write(to, table, read(storage, table));
            }
        }
    }

    private static byte[] read(Storage storage, String name) throws IOException {
        try (ReadableFile file = storage.open(name)) {
            byte[] bytes = new byte[(int) file.length()];
            file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
            return bytes;
        }
    }

    private static void write(Storage storage, String name, byte[] bytes) throws IOException {
        try (WritableFile file = storage.create(name)) {
            file.append(new UnsafeBuffer(bytes), 0, bytes.length);
            file.sync();
        }
    }

    private static void put(Store store, String kind, int from, int to) throws StoreException {
        for (int i = from; i < to; i++) {
            store.put(bytes(kind + i), bytes("value of " + kind + i));
        }
    }

    private static void check(Store store, String kind, int from, int to) throws StoreException {
        for (int i = from; i < to; i++) {
            assertThat(store.get(bytes(kind + i))).as(kind + i).isNotNull();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    /** What is not flushed stays in the log. */
    private static DBOptions options() {
        return DBOptions.builder()
                .createIfMissing(true)
                .avoidFlushDuringShutdown(true)
                .build();
    }

    private static Store open(Storage storage) throws StoreException {
        return Store.open(options(), storage, List.of());
    }

    @Test
    void shouldKeepItsHandsOffADirectoryThatLostCurrent() throws IOException {
        DBOptions create = DBOptions.builder().createIfMissing(true).build();
        MemoryStorage lost = new MemoryStorage("lost");
        try (Store store = Store.open(create, lost, List.of())) {
            store.put("key".getBytes(UTF_8), "value".getBytes(UTF_8));
            store.flush(FlushOptions.DEFAULT);
        }
        byte[] current = read(lost, "CURRENT");
        lost.delete("CURRENT");
        List<String> before = lost.list("");

        assertThatThrownBy(() -> Store.open(create, lost, List.of()))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("store.current.missing"))
                .hasMessageContaining("CURRENT");
        assertThat(lost.list("")).containsAll(before);

        write(lost, "CURRENT", current);
        try (Store store = Store.open(create, lost, List.of())) {
            assertThat(store.get("key".getBytes(UTF_8))).isEqualTo("value".getBytes(UTF_8));
        }
    }
}
