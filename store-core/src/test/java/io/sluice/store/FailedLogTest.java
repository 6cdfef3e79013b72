// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.StoreException;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Call;
import io.sluice.store.storage.FaultInjectingStorage.Fault;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.MemoryStorage;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A store whose log failed, and which dies before a new one has begun: none of its tables holds what is newer than what the
 * log has lost.
 */
@Timeout(60)
class FailedLogTest {
    private final MemoryStorage memory = new MemoryStorage("failed");
    private final FaultInjectingStorage storage = new FaultInjectingStorage(memory);
    private final DBOptions options = options(0);

    private static DBOptions options(int retries) {
        return DBOptions.builder()
                .createIfMissing(true)
                .avoidFlushDuringShutdown(true)
                .maxBgErrorResumeCount(retries)
                .bgErrorResumeRetryInterval(Duration.ofMillis(1))
                .build();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldLoseNothingThatCameBeforeWhatWasFlushedSince(boolean powerFails) throws Exception {
        try (Store store = Store.open(options, storage, List.of())) {
            ColumnFamilyHandle other = store.createColumnFamily(new ColumnFamilyDescriptor("other"));
            store.put(other, bytes("k"), bytes("v"));
            store.put(bytes("k"), bytes("v"));
            storage.plan(call -> {
                if (isOfLog(call, Operation.APPEND)) {
                    return Fault.SHORT_WRITE;
                }
                return call.name().contains("job-" + other.id() + "-") ? Fault.ERROR : null;
            });
            assertThatThrownBy(() -> store.put(bytes("torn"), bytes("v"))).isInstanceOf(StoreException.class);
            assertThatThrownBy(store::resume).isInstanceOf(StoreException.class);
            assertThat(level0(store, store.defaultColumnFamily())).isZero(); // both at once, or none
            assertThat(level0(store, other)).isZero();
            try (Store left = open(powerFails ? memory.crashClone() : memory.killClone())) {
                byte[] ofOther = left.get(left.columnFamilies().get(1), bytes("k"));
                byte[] later = left.get(bytes("k"));
                if (powerFails) { // neither was synced
                    assertThat(later == null || ofOther != null).isTrue();
                } else {
                    assertThat(ofOther).isEqualTo(bytes("v"));
                    assertThat(later).isEqualTo(bytes("v"));
                }
                assertThat(left.get(bytes("torn"))).isNull();
            }
            storage.heal();
            store.resume();
            assertThat(level0(store, store.defaultColumnFamily())).isEqualTo(1);
            assertThat(level0(store, other)).isEqualTo(1);
            try (Store left = open(memory.crashClone())) {
                assertThat(left.get(left.columnFamilies().get(1), bytes("k"))).isEqualTo(bytes("v"));
                assertThat(left.get(bytes("k"))).isEqualTo(bytes("v"));
                assertThat(left.get(bytes("torn"))).isNull();
            }
        }
    }

    /** A flush that was on its way when the log's end was torn. */
    @Test
    void shouldNotInstallAFlushOfItsOwnAccordBesideALogThatFailed() throws Exception {
        try (Store store = Store.open(options(3), storage, List.of())) {
            ColumnFamilyHandle other = store.createColumnFamily(new ColumnFamilyDescriptor("other"));
            store.put(other, bytes("k"), bytes("v"));
            store.put(bytes("k"), bytes("v"));
            CountDownLatch appending = new CountDownLatch(1);
            CountDownLatch goOn = new CountDownLatch(1);
            Queue<MemoryStorage> left = new ConcurrentLinkedQueue<>();
            storage.plan(call -> {
                if (isOfLog(call, Operation.APPEND) && appending.getCount() > 0) {
                    appending.countDown();
                    join(goOn);
                    return Fault.SHORT_WRITE;
                }
                if (goOn.getCount() == 0) {
                    left.add(memory.crashClone());
                    left.add(memory.killClone());
                }
                return null;
            });
            FutureTask<StoreException> write = inThread(() -> store.put(other, bytes("torn"), bytes("v")));
            join(appending);
            store.flush(FlushOptions.builder().waitForFlush(false).build(), store.defaultColumnFamily());
            await().until(() -> memory.list("").stream().anyMatch(name -> name.endsWith(".sst")));
            goOn.countDown();
            assertThat(write.get()).hasMessageContaining("write.log");
            store.resume();
            storage.heal();
            assertThat(left).hasSizeGreaterThan(10);
            for (MemoryStorage each : left) {
                try (Store found = open(each)) {
                    boolean hasOther = found.get(found.columnFamilies().get(1), bytes("k")) != null;
                    assertThat(found.get(bytes("k")) == null || hasOther).isTrue();
                }
            }
            assertThat(level0(store, store.defaultColumnFamily())).isEqualTo(1);
            try (Store found = open(memory.crashClone())) {
                assertThat(found.get(bytes("k"))).isNotNull();
                assertThat(found.get(found.columnFamilies().get(1), bytes("k"))).isNotNull();
                assertThat(found.get(found.columnFamilies().get(1), bytes("torn")))
                        .isNull();
            }
        }
    }

    /** The log before fails in its sync while a group is on its way into the next: it is acknowledged, and so it is kept. */
    @Test
    void shouldKeepAWriteThatWasOnItsWayWhenTheLogBeforeFailed() throws Exception {
        try (Store store = Store.open(options, storage, List.of())) {
            ColumnFamilyHandle other = store.createColumnFamily(new ColumnFamilyDescriptor("other"));
            store.put(bytes("k"), bytes("v"));
            CountDownLatch syncing = new CountDownLatch(1);
            CountDownLatch appending = new CountDownLatch(1);
            CountDownLatch goOn = new CountDownLatch(1);
            AtomicReference<Thread> installer = new AtomicReference<>();
            storage.plan(call -> {
                boolean installs = Thread.currentThread().getName().startsWith("sluice-installer");
                if (installs && isOfLog(call, Operation.SYNC)) {
                    installer.set(Thread.currentThread());
                    syncing.countDown();
                    join(appending);
                    return Fault.ERROR;
                }
                if (!installs && isOfLog(call, Operation.APPEND)) { // of what the new log says of the one before
                    appending.countDown();
                    join(goOn);
                }
                return null;
            });
            store.flush(FlushOptions.builder().waitForFlush(false).build(), store.defaultColumnFamily());
            join(syncing);
            FutureTask<StoreException> write = inThread(() -> store.put(other, bytes("late"), bytes("v")));
            join(appending);
            Thread installs = Objects.requireNonNull(installer.get());
            await().until(() -> store.longProperty(store.defaultColumnFamily(), "rocksdb.background-errors") > 0
                    && installs.getState() == Thread.State.WAITING);
            goOn.countDown();
            assertThat(write.get()).isNull();
            try (Store left = open(memory.killClone())) {
                assertThat(left.get(bytes("k"))).isNotNull();
                assertThat(left.get(left.columnFamilies().get(1), bytes("late")))
                        .isNotNull();
            }
            storage.heal();
            store.resume();
            try (Store left = open(memory.crashClone())) {
                assertThat(left.get(bytes("k"))).isNotNull();
                assertThat(left.get(left.columnFamilies().get(1), bytes("late")))
                        .isNotNull();
            }
        }
    }

    /** It meets the log's failure itself; it waits for the others then, and is not tried again. */
    @Test
    void shouldInstallAFlushThatMetTheLogsFailureWithAllOthersWhenResumed() throws Exception {
        try (Store store = Store.open(options, storage, List.of())) {
            ColumnFamilyHandle other = store.createColumnFamily(new ColumnFamilyDescriptor("other"));
            store.put(other, bytes("k"), bytes("v"));
            store.put(bytes("k"), bytes("v"));
            storage.failWhen(call -> isOfLog(call, Operation.SYNC), Fault.NO_SPACE);
            assertThatThrownBy(() -> store.flush(FlushOptions.DEFAULT, store.defaultColumnFamily()))
                    .hasMessageContaining("store.background-error");
            assertThat(level0(store, store.defaultColumnFamily())).isZero();
            store.resume(); // though no log can be synced yet
            assertThat(level0(store, store.defaultColumnFamily())).isEqualTo(1);
            assertThat(level0(store, other)).isEqualTo(1);
            assertThat(store.statistics().flushesFailed()).isZero();
        }
    }

    /** A log whose sync failed is not asked again: the storage may have dropped what it could not write. */
    @Test
    void shouldNotTakeALaterSyncForThatOfALogWhoseSyncFailed() throws Exception {
        Store store = Store.open(options, storage, List.of());
        store.put(bytes("k"), bytes("v"));
        storage.failWhen(call -> isOfLog(call, Operation.SYNC), Fault.ERROR);
        assertThatThrownBy(store::syncWal).hasMessageContaining("write.log");
        storage.heal();
        assertThatThrownBy(store::close).hasMessageContaining("injected");
        try (Store left = open(memory.killClone())) {
            assertThat(left.get(bytes("k"))).isEqualTo(bytes("v"));
        }
    }

    /** Nothing is left of a memtable whose only write failed: the others are not to wait for it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldNotWaitForAColumnFamilyThatHasNothingButTheWriteThatFailed(boolean closes) throws Exception {
        DBOptions flushing = DBOptions.builder().createIfMissing(true).build();
        Store store = Store.open(flushing, storage, List.of());
        ColumnFamilyHandle other = store.createColumnFamily(new ColumnFamilyDescriptor("other"));
        store.put(bytes("k"), bytes("v"));
        storage.failWhen(call -> isOfLog(call, Operation.APPEND), Fault.SHORT_WRITE);
        assertThatThrownBy(() -> store.put(other, bytes("torn"), bytes("v"))).isInstanceOf(StoreException.class);
        storage.heal();
        if (!closes) {
            store.resume();
            store.put(other, bytes("on"), bytes("ward"));
        }
        store.close();
        try (Store left = open(memory.crashClone())) {
            assertThat(left.get(bytes("k"))).isEqualTo(bytes("v"));
            ColumnFamilyHandle found = left.columnFamilies().get(1);
            assertThat(left.get(found, bytes("torn"))).isNull();
            assertThat(left.get(found, bytes("on")) == null).isEqualTo(closes);
        }
    }

    private static boolean isOfLog(Call call, Operation operation) {
        return call.operation() == operation && call.name().endsWith(".log");
    }

    private static long level0(Store store, ColumnFamilyHandle family) throws StoreException {
        return store.longProperty(family, "rocksdb.num-files-at-level0");
    }

    private Store open(MemoryStorage left) throws StoreException {
        return Store.open(options, left, List.of());
    }

    private interface Action {
        void run() throws StoreException;
    }

    /** What it throws is the result. */
    private static FutureTask<StoreException> inThread(Action action) {
        FutureTask<StoreException> task = new FutureTask<>(() -> {
            try {
                action.run();
                return null;
            } catch (StoreException e) {
                return e;
            }
        });
        new Thread(task, "writer").start();
        return task;
    }

    private static void join(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
