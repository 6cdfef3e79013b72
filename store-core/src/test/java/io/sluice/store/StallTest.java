// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.write.StallCause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When writes wait, how long, and who is told. */
@Timeout(60)
class StallTest {
    private static final byte[] VALUE = new byte[8 << 10];
    private static final WriteOptions NO_SLOWDOWN =
            WriteOptions.builder().noSlowdown(true).build();

    private final GatedFlushExecutor gate = new GatedFlushExecutor(false);
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final MemoryStorage storage = new MemoryStorage("stall");

    @AfterEach
    void openGate() {
        gate.open();
    }

    @Test
    void shouldStopWritesAtTheMemtableLimitAndGoOnAfterTheFlush() throws Exception {
        try (Store store = open(64 << 20, 64 << 10, 2)) {
            int written = fill(store, store.defaultColumnFamily());
            assertThat(written).isBetween(12, 24);
            assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.num-immutable-mem-table"))
                    .isEqualTo(2);
            assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.is-write-stopped"))
                    .isEqualTo(1);
            await().untilAsserted(() -> assertThat(gate.urged).hasPositiveValue());

            CompletableFuture<Void> blocked = putAsync(store, "blocked");
            await().untilAsserted(() -> assertThat(events).contains("default MEMTABLE_LIMIT true"));
            assertThat(store.get(key(0))).isEqualTo(VALUE);
            assertThat(blocked).isNotDone();

            gate.open();
            blocked.get();
            assertThat(store.get("blocked".getBytes(UTF_8))).isEqualTo(VALUE);
            Statistics.Stall stall = store.statistics().stalls().get(StallCause.MEMTABLE_LIMIT);
            assertThat(stall).isNotNull();
            assertThat(stall.writes()).isEqualTo(1);
            assertThat(stall.nanos()).isPositive();
            await().untilAsserted(() -> assertThat(events).contains("default MEMTABLE_LIMIT false"));
            store.flush(FlushOptions.DEFAULT);
            for (int i = 0; i < written; i++) {
                assertThat(store.get(key(i))).isEqualTo(VALUE);
            }
        }
        assertThat(gate.settled.get()).isEqualTo(gate.started.get());
    }

    @Test
    void shouldNotHoldBackOtherColumnFamilies() throws Exception {
        try (Store store = open(64 << 20, 64 << 10, 2)) {
            ColumnFamilyHandle other = store.createColumnFamily(new ColumnFamilyDescriptor("other"));
            fill(store, store.defaultColumnFamily());
            store.put(other, NO_SLOWDOWN, key(1), VALUE);
            assertThat(store.get(other, key(1))).isEqualTo(VALUE);
            gate.open();
        }
    }

    @Test
    void shouldWaitForMemoryWhenItIsUsedUp() throws Exception {
        try (Store store = open(4 << 20, 64 << 20, 2)) {
            int written = fill(store, store.defaultColumnFamily());
            assertThat(written).isBetween(300, 520);
            CompletableFuture<Void> blocked = putAsync(store, "blocked");
            await().untilAsserted(() -> assertThat(gate.started).hasPositiveValue());
            await().untilAsserted(() -> assertThat(events).contains(" MEMORY_LIMIT true"));
            assertThat(blocked).isNotDone();
            gate.open();
            blocked.get();
            await().untilAsserted(() -> assertThat(events).contains(" MEMORY_LIMIT false"));
            Statistics.Stall stall = store.statistics().stalls().get(StallCause.MEMORY_LIMIT);
            assertThat(stall).isNotNull();
            assertThat(stall.nanos()).isPositive();
            for (int i = 0; i < written; i++) {
                assertThat(store.get(key(i))).isEqualTo(VALUE);
            }
        }
    }

    @Test
    void shouldWriteLargeBatchesThatTogetherNeedMoreMemoryThanThereIs() throws Exception {
        gate.open();
        try (Store store = open(4 << 20, 64 << 20, 2)) {
            List<CompletableFuture<Void>> writers = new ArrayList<>();
            CyclicBarrier start = new CyclicBarrier(6);
            for (int i = 0; i < 6; i++) {
                int first = i * 10_000;
                writers.add(async(() -> {
                    for (int round = 0; round < 10; round++) {
                        start.await(); // all at once, on a memtable in which nothing is linked perhaps
                        store.write(
                                WriteOptions.DEFAULT, batch(store.defaultColumnFamily(), first + round * 1000, 220));
                    }
                }));
            }
            for (CompletableFuture<Void> writer : writers) {
                writer.get(50, TimeUnit.SECONDS);
            }
            for (int i = 0; i < 6; i++) {
                for (int round = 0; round < 10; round++) {
                    assertThat(store.get(key(i * 10_000 + round * 1000 + 219))).isEqualTo(VALUE);
                }
            }
        }
    }

    @Test
    void shouldWriteLargeBatchesAcrossColumnFamiliesThatTogetherNeedMoreMemoryThanThereIs() throws Exception {
        gate.open();
        try (Store store = open(8 << 20, 64 << 20, 2)) {
            List<ColumnFamilyHandle> families = List.of(
                    store.defaultColumnFamily(),
                    store.createColumnFamily(new ColumnFamilyDescriptor("a")),
                    store.createColumnFamily(new ColumnFamilyDescriptor("b")));
            List<CompletableFuture<Void>> writers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int first = i * 10_000;
                writers.add(async(() -> {
                    for (int round = 0; round < 10; round++) {
                        WriteBatch batch = new WriteBatch();
                        for (int j = 0; j < 450; j++) {
                            batch.put(families.get(j % 3), key(first + round * 1000 + j), VALUE);
                        }
                        store.write(WriteOptions.DEFAULT, batch);
                    }
                }));
            }
            for (CompletableFuture<Void> writer : writers) {
                writer.get(50, TimeUnit.SECONDS);
            }
            for (int j = 447; j < 450; j++) {
                assertThat(store.get(families.get(j % 3), key(39_000 + j))).isEqualTo(VALUE);
            }
        }
    }

    @Test
    void shouldFreeWhatABatchThatMayNotWaitHasLeftInAnEmptyMemtable() throws Exception {
        gate.open();
        try (Store store = open(4 << 20, 64 << 20, 2)) {
            ColumnFamilyHandle other = store.createColumnFamily(new ColumnFamilyDescriptor("other"));
            WriteBatch batch = batch(other, 0, 220);
            store.write(WriteOptions.DEFAULT, batch(store.defaultColumnFamily(), 0, 100));
            store.write(WriteOptions.DEFAULT, batch(store.defaultColumnFamily(), 0, 220));
            assertThatThrownBy(() -> store.write(NO_SLOWDOWN, batch)).hasMessageContaining("write.stalled");
            await().untilAsserted(() -> store.write(NO_SLOWDOWN, batch));
            assertThat(store.get(other, key(219))).isEqualTo(VALUE);
        }
    }

    @Test
    void shouldRefuseABatchThatNeverFitsAtOnce() throws Exception {
        gate.open();
        try (Store store = open(4 << 20, 64 << 20, 2)) {
            WriteBatch batch = new WriteBatch();
            for (int i = 0; i < 5; i++) { // a chunk of 1 MiB for each
                batch.put(store.createColumnFamily(new ColumnFamilyDescriptor("family " + i)), key(i), VALUE);
            }
            assertThatThrownBy(() -> store.write(WriteOptions.DEFAULT, batch))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INVALID_ARGUMENT))
                    .hasMessageContaining("write.batch.too-large");
            store.write(WriteOptions.DEFAULT, batch(store.defaultColumnFamily(), 0, 220));
        }
    }

    @Test
    void shouldSlowWritesToTheDelayedWriteRateBeforeTheLastBuffer() throws Exception {
        try (Store store = open(64 << 20, 64 << 10, 4)) {
            store.setDBOptions(Map.of("delayed_write_rate", "1048576"));
            fill(store, store.defaultColumnFamily());
            assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.num-immutable-mem-table"))
                    .isEqualTo(3);
            long start = System.nanoTime();
            for (int i = 0; i < 6; i++) {
                store.put(key(1000 + i), VALUE);
            }
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            gate.open();
            // 8 KiB at 1 MiB/s are 7.8 ms each; the first has its turn at once, and so has one that comes late enough.
            assertThat(took).isGreaterThan(Duration.ofMillis(35));
            Statistics.Stall stall = store.statistics().stalls().get(StallCause.DELAYED_WRITE);
            assertThat(stall).isNotNull();
            assertThat(stall.writes()).isBetween(1L, 6L);
        }
    }

    @Test
    void shouldGiveUpAFlushAtItsDeadlineWhileItGoesOn() throws Exception {
        try (Store store = open(64 << 20, 64 << 20, 2)) {
            store.put(key(1), VALUE);
            FlushOptions hasty =
                    FlushOptions.builder().timeout(Duration.ofMillis(50)).build();
            assertThatThrownBy(() -> store.flush(hasty))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TIMED_OUT));
            store.flush(FlushOptions.builder().waitForFlush(false).build());
            gate.open();
            await().untilAsserted(() ->
                    assertThat(store.statistics().flushesCompleted()).isPositive());
        }
    }

    @Test
    void shouldWakeStalledWritersOnClose() throws Exception {
        Store store = open(64 << 20, 64 << 10, 2);
        fill(store, store.defaultColumnFamily());
        CompletableFuture<Void> blocked = putAsync(store, "blocked");
        await().untilAsserted(() -> assertThat(events).contains("default MEMTABLE_LIMIT true"));
        CompletableFuture<Void> closing = CompletableFuture.runAsync(() -> {
            try {
                store.close();
            } catch (StoreException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThatThrownBy(blocked::get).hasRootCauseInstanceOf(StoreException.class);
        gate.open();
        closing.get();
    }

    @Test
    void shouldGoLocalWhereARemoteFlushIsSwitchedOff() throws Exception {
        try (Store store = open(64 << 20, 64 << 20, 2)) {
            ColumnFamilyHandle remote = store.createColumnFamily(new ColumnFamilyDescriptor("remote"));
            store.setOptions(store.defaultColumnFamily(), Map.of("remote_flush", "false"));
            store.put(key(1), VALUE);
            store.flush(FlushOptions.DEFAULT, store.defaultColumnFamily());
            assertThat(gate.started).hasValue(0);
            gate.open();
            store.put(remote, key(1), VALUE);
            store.flush(FlushOptions.DEFAULT, remote);
            assertThat(gate.started).hasValue(1);
            store.setDBOptions(Map.of("remote_flush", "false"));
            store.put(remote, key(2), VALUE);
            store.flush(FlushOptions.DEFAULT, remote);
            assertThat(gate.started).hasValue(1);
        }
    }

    private Store open(long memory, long writeBufferSize, int maxWriteBuffers) throws StoreException {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .dbWriteBufferSize(memory)
                .remoteFlushExecutor(gate)
                .listener(new EventListener() {
                    @Override
                    public void onStallConditionsChanged(String name, StallCause cause, boolean stalled) {
                        events.add(name + " " + cause + " " + stalled);
                    }
                })
                .build();
        ColumnFamilyOptions family = ColumnFamilyOptions.builder()
                .writeBufferSize(writeBufferSize)
                .maxWriteBufferNumber(maxWriteBuffers)
                .build();
        return Store.open(options, storage, List.of(new ColumnFamilyDescriptor("default", family)));
    }

    /** Writes until a write would have to wait; returns how many did not. */
    private static int fill(Store store, ColumnFamilyHandle family) throws StoreException {
        for (int i = 0; ; i++) {
            try {
                store.put(family, NO_SLOWDOWN, key(i), VALUE);
            } catch (StoreException e) {
                assertThat(e.code()).isEqualTo("write.stalled");
                assertThat(e.kind()).isEqualTo(Kind.BUSY);
                return i;
            }
        }
    }

    private static WriteBatch batch(ColumnFamilyHandle family, int first, int count) {
        WriteBatch batch = new WriteBatch();
        for (int i = 0; i < count; i++) {
            batch.put(family, key(first + i), VALUE);
        }
        return batch;
    }

    private interface Action {
        void run() throws Exception;
    }

    private static CompletableFuture<Void> async(Action action) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        action.run();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                },
                run -> new Thread(run).start());
    }

    private static CompletableFuture<Void> putAsync(Store store, String key) {
        return CompletableFuture.runAsync(() -> {
            try {
                store.put(key.getBytes(UTF_8), VALUE);
            } catch (StoreException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static byte[] key(int number) {
        return String.format("key%06d", number).getBytes(UTF_8);
    }
}
