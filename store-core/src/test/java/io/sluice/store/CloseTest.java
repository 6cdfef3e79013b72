// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.memory.SlabMemoryPool;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.Storage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What closing a store does to those who use it meanwhile, and what an interrupt does to it. */
@Timeout(60)
class CloseTest {
    private static final DBOptions OPTIONS =
            DBOptions.builder().createIfMissing(true).build();

    private static final WriteOptions SYNC = WriteOptions.builder().sync(true).build();

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @TempDir
    Path directory;

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void shouldRefuseAWriteThatHadBegunBeforeTheCloseAndCameTooLate() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        ColumnFamilyOptions slow = ColumnFamilyOptions.builder()
                .comparator(new WaitingComparator(begun, closed))
                .build();
        Store store =
                Store.open(OPTIONS, new MemoryStorage("close"), List.of(new ColumnFamilyDescriptor("default", slow)));
        Future<?> writer = threads.submit(() -> {
            store.deleteRange(bytes("a"), bytes("b"));
            return null;
        });
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        store.close();
        closed.countDown();
        assertThatThrownBy(() -> writer.get(20, TimeUnit.SECONDS))
                .hasCauseInstanceOf(StoreException.class)
                .hasMessageContaining("store.closed");
    }

    @Test
    void shouldCloseInOrderOnAnInterruptedThread() throws Exception {
        Store store = Store.open(OPTIONS, directory);
        store.put(bytes("k"), bytes("v"));
        Thread.currentThread().interrupt();
        store.close();
        assertThat(Thread.interrupted()).isTrue();
        try (Store again = Store.open(OPTIONS, directory)) {
            assertThat(again.get(bytes("k"))).isEqualTo(bytes("v"));
            assertThat(again.longProperty(again.defaultColumnFamily(), "rocksdb.num-files-at-level0"))
                    .isEqualTo(1);
        }
    }

    @Test
    void shouldGiveEverythingBackWhereItIsInterruptedWhileItWaitsForAFlush() throws Exception {
        GatedFlushExecutor gate = new GatedFlushExecutor(false);
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .remoteFlushExecutor(gate)
                .build();
        Store store = Store.open(options, directory);
        store.put(bytes("k"), bytes("v"));
        AtomicReference<StoreException> thrown = new AtomicReference<>();
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        Thread closer = new Thread(() -> {
            try {
                store.close();
            } catch (StoreException e) {
                thrown.set(e);
            }
            flag.complete(Thread.interrupted());
        });
        closer.start();
        await().until(() -> gate.started.get() > 0);
        closer.interrupt();
        assertThat(flag.get(40, TimeUnit.SECONDS)).isTrue();
        assertThat(thrown.get()).hasMessageContaining("store.interrupted");
        try (Store again = Store.open(OPTIONS, directory)) {
            assertThat(again.get(bytes("k"))).isEqualTo(bytes("v"));
        }
    }

    @Test
    @Tag("C33")
    void shouldCloseThoughAWriterHangsInTheLogAndKeepWhatTheWriterUses() throws Exception {
        Hanging storage = new Hanging(Operation.SYNC);
        SlabMemoryPool pool = new SlabMemoryPool(4 << 20, 1 << 20, 4 << 20);
        Store store = openImpatient(hasty().memoryPool(pool).build(), storage.faulty);
        Future<?> writer = storage.hang(() -> store.put(store.defaultColumnFamily(), SYNC, bytes("k"), bytes("v")));
        Future<?> follower = threads.submit(() -> {
            store.put(bytes("followed"), bytes("v"));
            return null;
        });
        Future<?> flusher = flush(store, store.defaultColumnFamily());
        assertThatThrownBy(store::close)
                .hasMessageContaining("store.close.hangs")
                .hasMessageContaining("writers");
        assertThat(writer.isDone()).isFalse();
        assertThatThrownBy(() -> flusher.get(20, TimeUnit.SECONDS)).hasMessageContaining("store.closed");
        assertThat(pool.inUse()).isPositive();
        assertThatThrownBy(() -> Store.open(OPTIONS, storage.memory, List.of()))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.LOCKED));
        storage.gate.countDown();
        writer.get(20, TimeUnit.SECONDS); // acknowledged, for it is in the log
        follower.get(20, TimeUnit.SECONDS);
        await().untilAsserted(() -> assertThat(pool.inUse()).isZero());
        pool.close();
        try (Store again = Store.open(OPTIONS, storage.memory.crashClone(), List.of())) {
            assertThat(again.get(bytes("k"))).isEqualTo(bytes("v"));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldCloseThoughSomeoneHangsInTheLogWhoWritesNothing(boolean creates) throws Exception {
        Hanging storage = new Hanging(Operation.SYNC);
        Store store = openImpatient(hasty().build(), storage.faulty);
        store.put(bytes("k"), bytes("v"));
        Future<?> syncing = storage.hang(() -> {
            if (creates) {
                store.createColumnFamily(new ColumnFamilyDescriptor("late"));
            } else {
                store.syncWal();
            }
        });
        assertThatThrownBy(store::close)
                .hasMessageContaining("store.close.hangs")
                .hasMessageContaining("writers");
        assertThat(syncing.isDone()).isFalse();
        storage.gate.countDown();
        try {
            syncing.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(StoreException.class);
        }
        try (Store left = Store.open(OPTIONS, storage.memory.killClone(), List.of())) {
            assertThat(left.get(bytes("k"))).isEqualTo(bytes("v"));
        }
    }

    @Test
    void shouldCloseThoughTheLogCanNotBeSyncedInTime() throws Exception {
        Hanging storage = new Hanging(Operation.SYNC);
        DBOptions options = hasty().avoidFlushDuringShutdown(true).build();
        Store store = openImpatient(options, storage.faulty);
        store.put(bytes("k"), bytes("v"));
        Future<?> closing = storage.hang(store::close);
        assertThatThrownBy(() -> closing.get(40, TimeUnit.SECONDS))
                .hasMessageContaining("store.close.hangs")
                .hasMessageContaining("logs");
        storage.gate.countDown();
    }

    @Test
    @Tag("C33")
    void shouldDropAColumnFamilyThoughAWriterHangsInTheLog() throws Exception {
        Hanging storage = new Hanging(Operation.SYNC);
        SlabMemoryPool pool = new SlabMemoryPool(4 << 20, 1 << 20, 4 << 20);
        try (Store store = Store.open(hasty().memoryPool(pool).build(), storage.faulty, List.of())) {
            ColumnFamilyHandle dropped = store.createColumnFamily(new ColumnFamilyDescriptor("dropped"));
            Future<?> writer = storage.hang(() -> store.put(dropped, SYNC, bytes("k"), bytes("v")));
            Future<?> flusher = flush(store, dropped);
            store.dropColumnFamily(dropped);
            assertThatThrownBy(() -> store.get(dropped, bytes("k"))).isInstanceOf(StoreException.class);
            flusher.get(20, TimeUnit.SECONDS); // nothing is left to flush
            assertThat(writer.isDone()).isFalse();
            assertThat(pool.inUse()).isPositive();
            storage.gate.countDown();
            writer.get(20, TimeUnit.SECONDS);
            await().untilAsserted(() -> assertThat(pool.inUse()).isZero());
            store.put(bytes("after"), bytes("v"));
            assertThat(store.get(bytes("after"))).isEqualTo(bytes("v"));
        } finally {
            storage.gate.countDown();
        }
        pool.close();
    }

    @Test
    void shouldEndAFlushInTimeThoughAWriterHangsInTheLogAndFlushOnceItIsOut() throws Exception {
        Hanging storage = new Hanging(Operation.SYNC);
        ColumnFamilyOptions reluctant = ColumnFamilyOptions.builder()
                .maxWriteBufferNumber(4)
                .minWriteBufferNumberToMerge(3) // so that nothing is flushed unasked
                .build();
        FlushOptions brief =
                FlushOptions.builder().timeout(Duration.ofMillis(100)).build();
        try (Store store =
                Store.open(OPTIONS, storage.faulty, List.of(new ColumnFamilyDescriptor("default", reluctant)))) {
            Future<?> writer = storage.hang(() -> store.put(store.defaultColumnFamily(), SYNC, bytes("k"), bytes("v")));
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> store.flush(brief)).hasMessageContaining("flush.timed-out");
            }
            assertThatThrownBy(() -> store.waitForCompact(WaitForCompactOptions.builder()
                            .flush(true)
                            .timeout(Duration.ofMillis(100))
                            .build()))
                    .hasMessageContaining("flush.timed-out");
            assertThat(writer.isDone()).isFalse();
            storage.gate.countDown();
            writer.get(20, TimeUnit.SECONDS);
            await().untilAsserted(() -> assertThat(
                            store.longProperty(store.defaultColumnFamily(), "rocksdb.num-files-at-level0"))
                    .isEqualTo(1));
            assertThat(store.get(bytes("k"))).isEqualTo(bytes("v"));
        } finally {
            storage.gate.countDown();
        }
    }

    /** Flushes on a thread of its own; returns when that waits for the switch of a memtable that a writer is in. */
    private Future<?> flush(Store store, ColumnFamilyHandle family) {
        AtomicReference<Thread> thread = new AtomicReference<>();
        Future<?> flusher = threads.submit(() -> {
            thread.set(Thread.currentThread());
            store.flush(FlushOptions.DEFAULT, family);
            return null;
        });
        await().until(() -> thread.get() != null && thread.get().getState() == Thread.State.TIMED_WAITING);
        return flusher;
    }

    /** A store that waits less long than others for threads that hang. */
    private static Store openImpatient(DBOptions options, Storage storage) throws StoreException {
        return new Store(
                StoreOpening.open(
                        options,
                        storage,
                        List.of(),
                        ColumnFamilyOptions.DEFAULT,
                        environment -> environment.withClosingStep(Duration.ofSeconds(2))),
                null);
    }

    private static DBOptions.Builder hasty() {
        return DBOptions.builder().createIfMissing(true).shutdownTimeout(Duration.ofMillis(300));
    }

    /** A storage in which one operation on the log hangs, once it is told to. */
    private final class Hanging {
        final MemoryStorage memory = new MemoryStorage("hangs");
        final FaultInjectingStorage faulty = new FaultInjectingStorage(memory);
        final CountDownLatch gate = new CountDownLatch(1);
        private final Operation operation;

        Hanging(Operation operation) {
            this.operation = operation;
        }

        /** Runs something on a thread of its own, and returns when it hangs. */
        Future<?> hang(Action action) throws InterruptedException {
            CountDownLatch begun = new CountDownLatch(1);
            faulty.plan(call -> {
                if (call.operation() == operation && call.name().endsWith(".log")) {
                    begun.countDown();
                    awaitUnchecked(gate);
                }
                return null;
            });
            Future<?> hanging = threads.submit(() -> {
                action.run();
                return null;
            });
            assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
            return hanging;
        }
    }

    private interface Action {
        void run() throws StoreException;
    }

    /** Waits, but not for ever: a test that fails is to end, and its store to close. */
    private static void awaitUnchecked(CountDownLatch gate) {
        try {
            boolean unused = gate.await(50, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    /** Tells of its first comparison, and waits there. */
    private record WaitingComparator(CountDownLatch begun, CountDownLatch closed) implements KeyComparator {
        @Override
        public String name() {
            return "test.waiting";
        }

        @Override
        public int compare(DirectBuffer a, DirectBuffer b) {
            return compare(a, 0, a.capacity(), b, 0, b.capacity());
        }

        @Override
        public int compare(DirectBuffer a, int aOffset, int aLength, DirectBuffer b, int bOffset, int bLength) {
            begun.countDown();
            try {
                closed.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return BytewiseComparator.INSTANCE.compare(a, aOffset, aLength, b, bOffset, bLength);
        }
    }
}
