// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Fault;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.Storage;
import io.sluice.store.write.StallCause;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WriteAheadLogTest {
    private static final WriteOptions SYNC = WriteOptions.builder().sync(true).build();
    private static final WriteOptions UNLOGGED =
            WriteOptions.builder().disableWal(true).build();

    private final MemoryStorage memory = new MemoryStorage("wal");

    @Test
    void shouldKeepWhatWasLoggedWhenTheProcessDies() throws Exception {
        try (Store store = open(memory)) {
            put(store, WriteOptions.DEFAULT, "logged");
            put(store, UNLOGGED, "unlogged");
            store.delete(bytes("never"));
            try (Store after = open(memory.killClone())) {
                assertThat(after.get(bytes("logged"))).isEqualTo(bytes("logged"));
                assertThat(after.get(bytes("unlogged"))).isNull();
            }
        }
    }

    @Test
    void shouldKeepWhatWasSyncedWhenTheMachineDies() throws Exception {
        try (Store store = open(memory)) {
            put(store, WriteOptions.DEFAULT, "before");
            put(store, SYNC, "synced");
            put(store, WriteOptions.DEFAULT, "after");
            try (Store left = open(memory.crashClone())) {
                assertThat(left.get(bytes("before"))).isNotNull();
                assertThat(left.get(bytes("synced"))).isNotNull();
                assertThat(left.get(bytes("after"))).isNull();
            }
            store.syncWal();
            try (Store left = open(memory.crashClone())) {
                assertThat(left.get(bytes("after"))).isNotNull();
            }
        }
    }

    @Test
    void shouldKeepWritesBackUntilAskedWhereTheUserFlushesTheLog() throws Exception {
        try (Store store = open(memory, options().manualWalFlush(true))) {
            put(store, WriteOptions.DEFAULT, "a");
            try (Store left = open(memory.killClone())) {
                assertThat(left.get(bytes("a"))).isNull();
            }
            store.flushWal(false);
            try (Store left = open(memory.killClone())) {
                assertThat(left.get(bytes("a"))).isNotNull();
            }
            try (Store left = open(memory.crashClone())) {
                assertThat(left.get(bytes("a"))).isNull();
            }
            store.flushWal(true);
            try (Store left = open(memory.crashClone())) {
                assertThat(left.get(bytes("a"))).isNotNull();
            }
        }
    }

    @Test
    void shouldSyncTheLogAsItGrowsWhereAskedTo() throws Exception {
        try (Store store = open(memory, options().walBytesPerSync(1000))) {
            store.put(bytes("a"), new byte[500]);
            try (Store left = open(memory.crashClone())) {
                assertThat(left.get(bytes("a"))).isNull();
            }
            store.put(bytes("b"), new byte[500]);
            try (Store left = open(memory.crashClone())) {
                assertThat(left.get(bytes("a"))).isNotNull();
                assertThat(left.get(bytes("b"))).isNotNull();
            }
        }
    }

    @Test
    void shouldRefuseASyncWithoutALog() {
        assertThatThrownBy(
                        () -> WriteOptions.builder().sync(true).disableWal(true).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("disable_wal");
    }

    @Test
    @Tag("A19")
    void shouldReleaseALogOnlyAfterTheManifestThatReplacesIt() throws Exception {
        AtomicReference<Boolean> logWasThere = new AtomicReference<>();
        FaultInjectingStorage storage = new FaultInjectingStorage(memory);
        try (Store store = open(storage)) {
            put(store, WriteOptions.DEFAULT, "a");
            List<String> before = logs(memory);
            storage.plan(call -> {
                if (call.operation() == Operation.SYNC && call.name().contains("MANIFEST")) {
                    logWasThere.compareAndSet(null, logsUnchecked(memory).containsAll(before.subList(0, 1)));
                }
                return null;
            });
            store.flush(FlushOptions.DEFAULT);
            await().until(() -> !logs(memory).contains(before.get(0)));
            assertThat(logWasThere).hasValue(true);
            put(store, WriteOptions.DEFAULT, "b");
            try (Store left = open(memory.killClone())) {
                assertThat(left.get(bytes("a"))).isNotNull();
                assertThat(left.get(bytes("b"))).isNotNull();
            }
        }
    }

    @Test
    @Tag("A19")
    void shouldKeepALogThatAnotherColumnFamilyNeeds() throws Exception {
        try (Store store = open(memory)) {
            ColumnFamilyHandle other =
                    store.createColumnFamily(new ColumnFamilyDescriptor("other", ColumnFamilyOptions.DEFAULT));
            store.put(other, bytes("o"), bytes("1"));
            for (int i = 0; i < 5; i++) {
                put(store, WriteOptions.DEFAULT, "d" + i);
                store.flush(FlushOptions.DEFAULT, store.defaultColumnFamily());
            }
            String first = logs(memory).get(0);
            try (Store left = open(memory.killClone())) {
                assertThat(left.get(Objects.requireNonNull(left.columnFamily("other")), bytes("o")))
                        .isNotNull();
                assertThat(left.get(bytes("d4"))).isNotNull();
            }
            store.flush(FlushOptions.DEFAULT, other);
            await().until(() -> !logs(memory).contains(first));
        }
    }

    @Test
    @Tag("A19")
    void shouldRecoverABatchOverColumnFamiliesOfWhichOneWasFlushed() throws Exception {
        try (Store store = open(memory)) {
            ColumnFamilyHandle other =
                    store.createColumnFamily(new ColumnFamilyDescriptor("other", ColumnFamilyOptions.DEFAULT));
            WriteBatch batch = new WriteBatch();
            batch.put(store.defaultColumnFamily(), bytes("k"), bytes("old"));
            batch.put(other, bytes("k"), bytes("other"));
            store.write(WriteOptions.DEFAULT, batch);
            store.flush(FlushOptions.DEFAULT, store.defaultColumnFamily());
            store.put(bytes("k"), bytes("new"));
            try (Store left = open(memory.killClone())) {
                assertThat(left.get(bytes("k"))).isEqualTo(bytes("new"));
                assertThat(left.get(Objects.requireNonNull(left.columnFamily("other")), bytes("k")))
                        .isEqualTo(bytes("other"));
                // what was in a table was not recovered once more
                assertThat(left.longProperty(left.defaultColumnFamily(), "rocksdb.num-files-at-level0"))
                        .isEqualTo(2);
                for (var table :
                        left.propertiesOfAllTables(left.defaultColumnFamily()).values()) {
                    assertThat(table.get("rocksdb.num.entries")).isEqualTo("1");
                }
            }
        }
    }

    @Test
    void shouldRecoverMoreThanFitsIntoMemory() throws Exception {
        ColumnFamilyOptions small = ColumnFamilyOptions.builder()
                .writeBufferSize(64 << 10)
                .disableAutoCompactions(true)
                .build();
        int count = 3000;
        try (Store store = open(memory, options())) {
            for (int i = 0; i < count; i++) {
                store.put(bytes("key" + i), new byte[1000]);
            }
            try (Store left = Store.open(
                    DBOptions.builder().dbWriteBufferSize(4 << 20).build(),
                    memory.killClone(),
                    List.of(new ColumnFamilyDescriptor("default", small)))) {
                for (int i = 0; i < count; i++) {
                    assertThat(left.get(bytes("key" + i))).hasSize(1000);
                }
                assertThat(left.longProperty(left.defaultColumnFamily(), "rocksdb.num-files-at-level0"))
                        .isGreaterThan(10);
            }
        }
    }

    @Test
    void shouldGoOnWithHigherSequenceNumbersAfterRecovery() throws Exception {
        MemoryStorage current = memory;
        for (int life = 0; life < 5; life++) {
            Store store = open(current);
            assertThat(store.get(bytes("k"))).isEqualTo(life == 0 ? null : bytes("life " + (life - 1)));
            store.put(bytes("k"), bytes("life " + life));
            current = current.killClone();
            store.close();
        }
    }

    @Test
    void shouldStopWritesWhenTheLogFailsAndGoOnInANewOneAfterResume() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(memory);
        AtomicReference<StoreException> told = new AtomicReference<>();
        DBOptions.Builder options = options().listener(new EventListener() {
            @Override
            public void onBackgroundError(StoreException cause) {
                told.set(cause);
            }
        });
        try (Store store = open(storage, options)) {
            put(store, WriteOptions.DEFAULT, "before");
            storage.failWhen(
                    call -> call.operation() == Operation.FLUSH && call.name().endsWith(".log"), Fault.ERROR_AFTER);
            assertThatThrownBy(() -> put(store, WriteOptions.DEFAULT, "failed")).hasMessageContaining("write.log");
            assertThat(store.get(bytes("failed"))).isNull();
            assertThat(store.get(bytes("before"))).isNotNull();
            assertThatThrownBy(() -> put(store, UNLOGGED, "refused"))
                    .hasMessageContaining("store.background-error")
                    .hasMessageContaining("injected");
            await().until(() -> told.get() != null);
            storage.heal();
            store.resume();
            put(store, WriteOptions.DEFAULT, "after");
            try (Store left = open(memory.killClone())) {
                assertThat(left.get(bytes("before"))).isNotNull();
                assertThat(left.get(bytes("failed"))).isNull();
                assertThat(left.get(bytes("after"))).isNotNull();
            }
        }
    }

    @Test
    void shouldStayStoppedWhereResumeCanNotBeginALog() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(memory);
        try (Store store = open(storage)) {
            storage.failWhen(call -> call.name().endsWith(".log"), Fault.ERROR);
            assertThatThrownBy(() -> put(store, WriteOptions.DEFAULT, "a")).isInstanceOf(StoreException.class);
            assertThatThrownBy(store::resume).isInstanceOf(StoreException.class);
            assertThatThrownBy(() -> put(store, WriteOptions.DEFAULT, "b"))
                    .hasMessageContaining("store.background-error");
            storage.heal();
            store.resume();
            put(store, WriteOptions.DEFAULT, "c");
            assertThat(store.get(bytes("c"))).isNotNull();
        }
    }

    @Test
    void shouldFailADeposedOwnersWritesAndKeepAllThatItAcknowledged() throws Exception {
        Storage unlocked = unlocked(memory);
        try (Store deposed = open(unlocked)) {
            put(deposed, WriteOptions.DEFAULT, "acknowledged");
            try (Store owner = open(unlocked)) {
                assertThatThrownBy(() -> put(deposed, WriteOptions.DEFAULT, "late"))
                        .isInstanceOfSatisfying(
                                StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FENCED));
                assertThatThrownBy(deposed::resume)
                        .isInstanceOfSatisfying(
                                StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FENCED));
                assertThat(owner.get(bytes("acknowledged"))).isNotNull();
                assertThat(owner.get(bytes("late"))).isNull();
                put(owner, SYNC, "mine");
            }
        } catch (StoreException e) {
            assertThat(e.kind()).isEqualTo(Kind.FENCED);
        }
    }

    @Test
    @Tag("C33")
    void shouldFlushTheColumnFamilyThatHoldsTheOldestLog() throws Exception {
        try (Store store = open(memory, options().maxTotalWalSize(200 << 10))) {
            ColumnFamilyHandle idle =
                    store.createColumnFamily(new ColumnFamilyDescriptor("idle", ColumnFamilyOptions.DEFAULT));
            store.put(idle, bytes("k"), bytes("v"));
            for (int i = 0; i < 1000; i++) {
                store.put(bytes("key" + i), new byte[1000]);
                assertThat(logBytes(memory)).isLessThan(500 << 10);
            }
            assertThat(store.longProperty(idle, "rocksdb.num-files-at-level0")).isEqualTo(1);
        }
    }

    @Test
    void shouldMakeRoomUntilThereIsEnough() throws Exception {
        try (Store store = open(memory, options().maxTotalWalSize(20 << 10))) {
            ColumnFamilyHandle idle =
                    store.createColumnFamily(new ColumnFamilyDescriptor("idle", ColumnFamilyOptions.DEFAULT));
            store.put(idle, bytes("k"), bytes("in the first log"));
            store.put(bytes("k"), bytes("v"));
            store.flush(FlushOptions.DEFAULT, store.defaultColumnFamily());
            // The second log alone is too long: that the first goes is not enough.
            store.put(bytes("k"), new byte[50 << 10]);
            store.put(bytes("k"), bytes("v"));
            assertThat(logBytes(memory)).isLessThan(1 << 10);
        }
    }

    @Test
    @Tag("C33")
    void shouldHoldWritesBackWhereNoLogCanGo() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(memory);
        try (Store store =
                open(storage, options().maxTotalWalSize(50 << 10).shutdownTimeout(java.time.Duration.ofMillis(1)))) {
            storage.failWhen(
                    call -> call.operation() == Operation.CREATE && call.name().endsWith(".sst"), Fault.ERROR);
            WriteOptions impatient = WriteOptions.builder().noSlowdown(true).build();
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 1000; i++) {
                            store.put(store.defaultColumnFamily(), impatient, bytes("key" + i), new byte[1000]);
                        }
                    })
                    .hasMessageContaining(StallCause.WAL_LIMIT.toString());
            assertThat(logBytes(memory)).isBetween(100L << 10, 102L << 10);
            put(store, UNLOGGED, "unlogged");
            storage.heal();
        }
    }

    @Test
    @Tag("C33")
    void shouldLetWritesGoOnOnceALogCanGo() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(memory);
        DBOptions.Builder options = options()
                .maxTotalWalSize(50 << 10)
                .maxBgErrorResumeCount(Integer.MAX_VALUE)
                .bgErrorResumeRetryInterval(java.time.Duration.ofMillis(20));
        try (Store store = open(storage, options)) {
            storage.failWhen(
                    call -> call.operation() == Operation.CREATE && call.name().endsWith(".sst"), Fault.ERROR);
            AtomicInteger written = new AtomicInteger();
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < 300; i++) {
                    putUnchecked(store, "key" + i, 1000);
                    written.incrementAndGet();
                }
            });
            await().until(() -> store.statistics().flushesFailed() > 3);
            assertThat(writer).isNotDone();
            assertThat(written.get()).isLessThan(105);
            assertThat(logBytes(memory)).isLessThan(102 << 10);
            storage.heal();
            writer.get(30, java.util.concurrent.TimeUnit.SECONDS);
            assertThat(Objects.requireNonNull(store.statistics().stalls().get(StallCause.WAL_LIMIT))
                            .writes())
                    .isPositive();
            for (int i = 0; i < 300; i++) {
                assertThat(store.get(bytes("key" + i))).hasSize(1000);
            }
        }
    }

    private static void putUnchecked(Store store, String key, int length) {
        try {
            store.put(bytes(key), new byte[length]);
        } catch (StoreException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A storage whose lock keeps nobody out, as where its file was deleted. */
    private static Storage unlocked(Storage storage) {
        return (Storage) Proxy.newProxyInstance(
                Storage.class.getClassLoader(), new Class<?>[] {Storage.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("lock")) {
                        return (Storage.FileLock) () -> {};
                    }
                    try {
                        return method.invoke(storage, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static long logBytes(Storage storage) throws IOException {
        return logs(storage).stream().mapToLong(name -> lengthOf(storage, name)).sum();
    }

    private static long lengthOf(Storage storage, String name) {
        try {
            return storage.length(name);
        } catch (IOException e) {
            return 0; // deleted meanwhile
        }
    }

    private static List<String> logs(Storage storage) throws IOException {
        return storage.list("").stream()
                .filter(name -> name.endsWith(".log"))
                .sorted()
                .toList();
    }

    private static List<String> logsUnchecked(Storage storage) {
        try {
            return logs(storage);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void put(Store store, WriteOptions options, String key) throws StoreException {
        store.put(store.defaultColumnFamily(), options, bytes(key), bytes(key));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static DBOptions.Builder options() {
        return DBOptions.builder().createIfMissing(true).avoidFlushDuringShutdown(true);
    }

    private static Store open(Storage storage) throws StoreException {
        return open(storage, options());
    }

    private static Store open(Storage storage, DBOptions.Builder options) throws StoreException {
        return Store.open(options.build(), storage, List.of());
    }
}
