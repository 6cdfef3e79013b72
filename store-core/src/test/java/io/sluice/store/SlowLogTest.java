// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.StoreException;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Fault;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.Storage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What waits, and what does not, where the storage of the log is slow; and that every wait ends. */
@Timeout(60)
class SlowLogTest {
    private static final WriteOptions SYNC = WriteOptions.builder().sync(true).build();
    private static final WriteOptions UNLOGGED =
            WriteOptions.builder().disableWal(true).build();
    private static final ColumnFamilyOptions SMALL =
            ColumnFamilyOptions.builder().writeBufferSize(64 << 10).build();

    private final MemoryStorage memory = new MemoryStorage("wal");

    @Test
    @Tag("C33")
    void shouldEndAFullLogThatNobodyNeedsAlsoWhereItsEndComesLate() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(memory);
        CountDownLatch gate = new CountDownLatch(1);
        try (Store store = openSmall(storage)) {
            storage.plan(call -> {
                // The thread that ends logs makes the next one first.
                if (call.operation() == Operation.CREATE
                        && call.name().endsWith(".log")
                        && Thread.currentThread().getName().startsWith("sluice-logs")) {
                    awaitUnchecked(gate);
                }
                return null;
            });
            ColumnFamilyHandle other = store.createColumnFamily(new ColumnFamilyDescriptor("other", SMALL));
            fillAndDrop(store);
            Thread writer = new Thread(() -> putUnchecked(store, "k", 1));
            writer.start();
            await().until(() -> writer.getState() == Thread.State.WAITING);
            store.put(other, UNLOGGED, bytes("k"), bytes("v"));
            store.flush(FlushOptions.DEFAULT, other); // behind all that was to be done about the log
            assertThat(writer.isAlive()).isTrue();
            gate.countDown();
            assertEnds(writer);
            assertThat(store.get(bytes("k"))).hasSize(1);
        } finally {
            gate.countDown();
        }
    }

    @Test
    @Tag("C33")
    void shouldLetWritesGoOnWhereTheLimitIsRaised() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(memory);
        try (Store store = openSmall(storage)) {
            fillAndDrop(store);
            storage.failWhen(call -> call.name().contains("MANIFEST"), Fault.ERROR); // so that no log can go
            Thread writer = new Thread(() -> putUnchecked(store, "k", 1));
            writer.start();
            await().until(() -> writer.getState() == Thread.State.WAITING);
            store.setOptions(store.defaultColumnFamily(), Map.of("write_buffer_size", "1073741824"));
            assertEnds(writer);
            assertThat(store.get(bytes("k"))).hasSize(1);
            storage.heal();
        }
    }

    @Test
    void shouldGoOnWhereTheOneWhoWaitedForANewLogIsInterrupted() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(memory);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        try (Store store = Store.open(options().build(), storage, List.of())) {
            storage.failWhen(
                    call -> call.operation() == Operation.FLUSH && call.name().endsWith(".log"), Fault.ERROR);
            assertThatThrownBy(() -> store.put(bytes("failed"), bytes("v"))).hasMessageContaining("write.log");
            storage.plan(call -> {
                if (call.operation() == Operation.CREATE && call.name().endsWith(".log")) {
                    begun.countDown();
                    awaitUnchecked(gate);
                }
                return null;
            });
            AtomicReference<StoreException> thrown = new AtomicReference<>();
            Thread resuming = new Thread(() -> {
                try {
                    store.resume();
                } catch (StoreException e) {
                    thrown.set(e);
                }
            });
            resuming.start();
            assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
            resuming.interrupt();
            assertEnds(resuming);
            assertThat(thrown.get()).hasMessageContaining("store.interrupted");
            gate.countDown();
            store.resume();
            putUnchecked(store, "after", 1);
            try (Store left = Store.open(options().build(), memory.killClone(), List.of())) {
                assertThat(left.get(bytes("failed"))).isNull();
                assertThat(left.get(bytes("after"))).isNotNull();
            }
        } finally {
            gate.countDown();
        }
    }

    @Test
    void shouldFlushOtherColumnFamiliesWhileAWriterHangsInTheLog() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(memory);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        try (Store store = Store.open(options().build(), storage, List.of())) {
            ColumnFamilyHandle family = store.defaultColumnFamily();
            putUnchecked(store, "k", 1);
            List<ColumnFamilyHandle> others = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                others.add(store.createColumnFamily(new ColumnFamilyDescriptor("other " + i)));
                store.put(others.get(i), UNLOGGED, bytes("k"), bytes("v"));
            }
            storage.plan(call -> {
                if (call.operation() == Operation.SYNC && call.name().endsWith(".log")) {
                    begun.countDown();
                    awaitUnchecked(gate);
                }
                return null;
            });
            Thread writer = new Thread(() -> runUnchecked(() -> store.put(family, SYNC, bytes("hangs"), bytes("v"))));
            writer.start();
            assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
            // Its memtable is to be switched: by the scheduler, on time, and by a program's thread.
            store.setOptions(family, Map.of("memtable_max_age_ms", "1"));
            store.setOptions(others.get(0), Map.of("memtable_max_age_ms", "1"));
            await().until(() -> store.longProperty(others.get(0), "rocksdb.num-files-at-level0") == 1);
            Thread flusher = new Thread(() -> runUnchecked(() -> store.flush(FlushOptions.DEFAULT, family)));
            flusher.start();
            await().until(() -> flusher.getState() == Thread.State.TIMED_WAITING);
            for (ColumnFamilyHandle other : others) {
                store.flush(
                        FlushOptions.builder().timeout(Duration.ofSeconds(20)).build(), other);
                assertThat(store.longProperty(other, "rocksdb.num-files-at-level0"))
                        .isEqualTo(1);
            }
            assertThat(writer.isAlive()).isTrue();
            assertThat(store.longProperty(family, "rocksdb.num-files-at-level0"))
                    .isZero();
            gate.countDown();
            assertEnds(writer);
            assertEnds(flusher);
            assertThat(store.longProperty(family, "rocksdb.num-files-at-level0"))
                    .isEqualTo(1);
            assertThat(store.get(bytes("hangs"))).isEqualTo(bytes("v"));
        } finally {
            gate.countDown();
        }
    }

    private interface Action {
        void run() throws StoreException;
    }

    private static void runUnchecked(Action action) {
        try {
            action.run();
        } catch (StoreException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Store openSmall(Storage storage) throws StoreException {
        return Store.open(options().build(), storage, List.of(new ColumnFamilyDescriptor("default", SMALL)));
    }

    /** Leaves a log that holds more than the limits of what is left allow, and nothing that anybody needs. */
    private static void fillAndDrop(Store store) throws StoreException {
        ColumnFamilyHandle big = store.createColumnFamily(new ColumnFamilyDescriptor("big"));
        for (int i = 0; i < 250; i++) {
            store.put(big, bytes("key" + i), new byte[10_000]);
        }
        store.dropColumnFamily(big);
    }

    private static void putUnchecked(Store store, String key, int length) {
        try {
            store.put(bytes(key), new byte[length]);
        } catch (StoreException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void assertEnds(Thread thread) throws InterruptedException {
        thread.join(30_000);
        assertThat(thread.isAlive()).isFalse();
    }

    /** Waits, but not for ever: a test that fails is to end, and its store to close. */
    private static void awaitUnchecked(CountDownLatch gate) {
        try {
            boolean unused = gate.await(40, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static DBOptions.Builder options() {
        return DBOptions.builder().createIfMissing(true).avoidFlushDuringShutdown(true);
    }
}
