// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionInfo;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Fault;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.write.StallCause;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Failing compactions lose nothing; writes wait for those that fall behind. */
@Timeout(120)
class CompactionFailureTest {
    private static final int KEYS = 100;

    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final List<String> stalls = new CopyOnWriteArrayList<>();

    @Test
    void shouldLoseNothingWhicheverStorageCallOfACompactionFails() throws Exception {
        for (Fault fault : List.of(Fault.ERROR, Fault.ERROR_AFTER, Fault.SHORT_WRITE)) {
            int failed = 0;
            for (long index = 0; reachesCall(fault, index); index++) {
                failed++;
            }
            assertThat(failed).isGreaterThan(20);
        }
    }

    private boolean reachesCall(Fault fault, long index) throws Exception {
        MemoryStorage memory = new MemoryStorage("fault-" + fault + "-" + index);
        FaultInjectingStorage storage = new FaultInjectingStorage(memory);
        boolean reached;
        try (Store store = open(storage, family().disableAutoCompactions(true).build())) {
            for (int round = 0; round < 3; round++) {
                fill(store, round);
            }
            long target = storage.calls() + index;
            storage.failOnly(target, fault);
            try {
                store.compactRange(store.defaultColumnFamily());
            } catch (StoreException failedOnce) {
                store.compactRange(store.defaultColumnFamily());
            }
            reached = storage.calls() > target;
            storage.heal();
            check(store, 2);
            memory = memory.crashClone();
        }
        try (Store store = open(memory, family().build())) {
            check(store, 2);
        }
        return reached;
    }

    @Test
    void shouldTellWhoAskedForACompactionThatItFailed() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(new MemoryStorage("asked"));
        try (Store store = open(storage, family().disableAutoCompactions(true).build())) {
            fill(store, 0);
            fill(store, 1);
            storage.failWhen(call -> call.name().contains("job-compaction"), Fault.ERROR);
            assertThatThrownBy(() -> store.compactRange(store.defaultColumnFamily()))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.code()).isEqualTo("storage.injected"));
            await().untilAsserted(() -> assertThat(failures).containsExactly("storage.injected"));
            storage.heal();
            fill(store, 2); // its failure stops nothing
            store.compactRange(store.defaultColumnFamily());
            check(store, 2);
        }
    }

    @Test
    void shouldHoldEverythingAfterACrashAtAnyCallOfACompaction() throws Exception {
        int crashes = 0;
        for (long index = 0; crashesAt(index); index++) {
            crashes++;
        }
        assertThat(crashes).isGreaterThan(20);
    }

    /** Lets every storage call fail from one on, and then the machine; false where the compaction ended before. */
    private boolean crashesAt(long index) throws Exception {
        MemoryStorage memory = new MemoryStorage("crash-" + index);
        FaultInjectingStorage storage = new FaultInjectingStorage(memory);
        boolean reached;
        try (Store store = open(storage, family().disableAutoCompactions(true).build())) {
            for (int round = 0; round < 3; round++) {
                fill(store, round);
            }
            long target = storage.calls() + index;
            storage.failFrom(target, Fault.ERROR);
            try {
                store.compactRange(store.defaultColumnFamily());
            } catch (StoreException crashed) {
                assertThat(storage.calls()).isGreaterThan(target);
            }
            reached = storage.calls() > target;
            memory = memory.crashClone(new java.util.Random(index));
            storage.heal();
        }
        try (Store store = open(memory, family().build())) {
            check(store, 2);
            store.compactRange(store.defaultColumnFamily());
            check(store, 2);
        }
        return reached;
    }

    @Test
    void shouldStopWritesWhenRetriesDoNotHelpAndGoOnAfterResume() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(new MemoryStorage("resume"));
        try (Store store = open(storage, family().build())) {
            storage.failWhen(call -> call.name().contains("job-compaction"), Fault.ERROR);
            for (int round = 0; round < 4; round++) {
                fill(store, round);
            }
            await().until(() -> failures.size() == 3);
            await().untilAsserted(() -> assertThatThrownBy(() -> store.put(key(1), value(9)))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.code()).isEqualTo("store.background-error")));
            assertThatThrownBy(() -> store.waitForCompact(WaitForCompactOptions.DEFAULT))
                    .isInstanceOf(StoreException.class);
            assertThatThrownBy(() -> store.compactRange(store.defaultColumnFamily()))
                    .isInstanceOf(StoreException.class);
            check(store, 3);
            storage.heal();
            store.resume();
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
            assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.num-files-at-level0"))
                    .isLessThan(4);
            fill(store, 4);
            check(store, 4);
        }
    }

    @Test
    void shouldStallWritesByFilesOfL0() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(new MemoryStorage("stall"));
        ColumnFamilyOptions options = family().level0SlowdownWritesTrigger(5)
                .level0StopWritesTrigger(6)
                .build();
        try (Store store = open(storage, options, 1000)) {
            storage.failWhen(call -> call.name().contains("job-compaction"), Fault.ERROR);
            for (int round = 0; round < 5; round++) {
                fill(store, round);
            }
            await().untilAsserted(() -> assertThat(stalls).contains("LEVEL0_FILE_COUNT_DELAY true"));
            store.setDBOptions(Map.of("delayed_write_rate", "20000"));
            for (int i = 0; i < 20; i++) {
                store.put(key(i), value(5));
            }
            assertThat(stall(store, StallCause.LEVEL0_FILE_COUNT_DELAY).writes())
                    .isPositive();
            store.flush(FlushOptions.DEFAULT);
            assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.is-write-stopped"))
                    .isEqualTo(1);
            WriteOptions noSlowdown = WriteOptions.builder().noSlowdown(true).build();
            assertThatThrownBy(() -> store.put(store.defaultColumnFamily(), noSlowdown, key(2), value(5)))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.code()).isEqualTo("write.stalled"));
            Thread healer = new Thread(storage::heal);
            healer.start();
            store.put(key(2), value(5)); // waits for the compaction
            Statistics.Stall stall = stall(store, StallCause.LEVEL0_FILE_COUNT_LIMIT);
            assertThat(stall.writes()).isPositive();
            assertThat(stall.nanos()).isPositive();
            await().untilAsserted(() -> assertThat(stalls).contains("LEVEL0_FILE_COUNT_LIMIT false"));
        }
    }

    @Test
    void shouldStallWritesByBytesThatWaitForCompaction() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(new MemoryStorage("pending"));
        try (Store store = open(storage, family().build(), 1000)) {
            storage.failWhen(call -> call.name().contains("job-compaction"), Fault.ERROR);
            for (int round = 0; round < 4; round++) {
                fill(store, round);
            }
            long pending = store.longProperty(store.defaultColumnFamily(), "rocksdb.estimate-pending-compaction-bytes");
            assertThat(pending).isPositive();
            limitPendingBytes(store, pending + 1);
            assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.is-write-stopped"))
                    .isZero();
            limitPendingBytes(store, pending);
            assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.is-write-stopped"))
                    .isEqualTo(1);
            storage.heal();
            store.put(key(2), value(5));
            assertThat(stall(store, StallCause.PENDING_COMPACTION_BYTES_LIMIT).writes())
                    .isPositive();
        }
    }

    private static void limitPendingBytes(Store store, long bytes) throws StoreException {
        String limit = Long.toString(bytes);
        store.setOptions(
                store.defaultColumnFamily(),
                Map.of("soft_pending_compaction_bytes_limit", limit, "hard_pending_compaction_bytes_limit", limit));
    }

    @Test
    void shouldStallWritesByWhatTheStoreWasOpenedWith() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(new MemoryStorage("opened"));
        try (Store store = open(storage, family().disableAutoCompactions(true).build())) {
            for (int round = 0; round < 5; round++) {
                fill(store, round);
            }
        }
        storage.failWhen(call -> call.name().contains("job-compaction"), Fault.ERROR);
        try (Store store = open(
                storage,
                family().level0SlowdownWritesTrigger(5)
                        .level0StopWritesTrigger(5)
                        .build(),
                1000)) {
            assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.is-write-stopped"))
                    .isEqualTo(1);
            storage.heal();
            store.put(key(1), value(5)); // waits for the compaction
            assertThat(store.get(key(1))).isEqualTo(value(5));
        }
    }

    @Test
    void shouldNotWaitForCompactionWhereItIsSwitchedOff() throws Exception {
        ColumnFamilyOptions options = family().level0SlowdownWritesTrigger(4)
                .level0StopWritesTrigger(4)
                .disableAutoCompactions(true)
                .build();
        try (Store store = open(new MemoryStorage("off"), options)) {
            for (int round = 0; round < 6; round++) {
                fill(store, round);
            }
            assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.is-write-stopped"))
                    .isZero();
            store.setOptions(store.defaultColumnFamily(), Map.of("disable_auto_compactions", "false"));
            store.put(key(1), value(6));
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
        }
    }

    private Store open(io.sluice.store.storage.Storage storage, ColumnFamilyOptions family) throws StoreException {
        return open(storage, family, 2);
    }

    private Store open(io.sluice.store.storage.Storage storage, ColumnFamilyOptions family, int retries)
            throws StoreException {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .maxBgErrorResumeCount(retries)
                .bgErrorResumeRetryInterval(Duration.ofMillis(5))
                .listener(new EventListener() {
                    @Override
                    public void onCompactionFailed(CompactionInfo info, StoreException cause) {
                        failures.add(cause.code());
                    }

                    @Override
                    public void onStallConditionsChanged(String name, StallCause cause, boolean stalled) {
                        stalls.add(cause + " " + stalled);
                    }
                })
                .build();
        return Store.open(options, storage, List.of(new ColumnFamilyDescriptor("default", family)));
    }

    private static ColumnFamilyOptions.Builder family() {
        return CompactionTest.small();
    }

    private static void fill(Store store, int round) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            store.put(key(i), value(round));
        }
        store.flush(FlushOptions.DEFAULT);
    }

    private static void check(Store store, int round) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            assertThat(store.get(key(i))).isEqualTo(value(round));
        }
    }

    private static Statistics.Stall stall(Store store, StallCause cause) {
        return Objects.requireNonNull(store.statistics().stalls().get(cause));
    }

    private static byte[] key(int number) {
        return String.format("key%06d", number).getBytes(UTF_8);
    }

    private static byte[] value(int round) {
        byte[] value = new byte[100];
        new java.util.Random(round).nextBytes(value);
        return value;
    }
}
