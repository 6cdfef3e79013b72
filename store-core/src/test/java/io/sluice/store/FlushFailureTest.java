// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushInfo;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.memory.SlabMemoryPool;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Fault;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.MemoryStorage;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Failing flushes lose nothing, and results are held against the truth before they are believed. */
@Timeout(120)
class FlushFailureTest {
    private static final int KEYS = 50;

    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final List<FlushInfo> completed = new CopyOnWriteArrayList<>();

    @Test
    void shouldLoseNothingWhicheverStorageCallOfAFlushFails() throws Exception {
        for (Fault fault : List.of(Fault.ERROR, Fault.ERROR_AFTER, Fault.SHORT_WRITE)) {
            int failed = 0;
            for (long index = 0; reachesCall(fault, index); index++) {
                failed++;
            }
            assertThat(failed).isGreaterThan(10);
        }
    }

    /** Fails one storage call of a flush; false where the flush has no such call. */
    private boolean reachesCall(Fault fault, long index) throws Exception {
        MemoryStorage memory = new MemoryStorage("fault-" + fault + "-" + index);
        FaultInjectingStorage storage = new FaultInjectingStorage(memory);
        boolean reached;
        completed.clear();
        try (Store store = Store.open(options(null), storage, List.of())) {
            fill(store, "old");
            store.flush(FlushOptions.DEFAULT);
            fill(store, "new");
            await().pollInterval(Duration.ofMillis(1))
                    .until(() -> !completed.isEmpty()); // nothing of the first flush is left to be done
            long target = storage.calls() + index;
            storage.failOnly(target, fault);
            store.flush(FlushOptions.DEFAULT);
            reached = storage.calls() > target;
            storage.heal();
            assertValues(store, "new");
            memory = memory.crashClone();
        }
        try (Store store = Store.open(DBOptions.DEFAULT, memory, List.of())) {
            assertValues(store, "new");
        }
        return reached;
    }

    @Test
    void shouldStopWritesWhenRetriesDoNotHelpAndGoOnAfterResume() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(new MemoryStorage("resume"));
        try (Store store = Store.open(options(null), storage, List.of())) {
            fill(store, "kept");
            storage.failWhen(FlushFailureTest::appendsToTable, Fault.ERROR);
            assertThatThrownBy(() -> store.flush(FlushOptions.DEFAULT))
                    .isInstanceOfSatisfying(StoreException.class, e -> {
                        assertThat(e.code()).isEqualTo("store.background-error");
                        assertThat(e.kind()).isEqualTo(StoreException.Kind.IO);
                    });
            assertThat(store.statistics().flushesFailed()).isEqualTo(3);
            assertThatThrownBy(() -> store.put(key(1), "x".getBytes(UTF_8))).isInstanceOf(StoreException.class);
            assertValues(store, "kept");
            storage.heal();
            store.resume();
            store.put(key(KEYS), "more".getBytes(UTF_8));
            store.flush(FlushOptions.DEFAULT);
            assertValues(store, "kept");
        }
        await().untilAsserted(() -> assertThat(failures).contains("background"));
        try (Store store = Store.open(DBOptions.DEFAULT, storage, List.of())) {
            assertValues(store, "kept");
        }
    }

    @Test
    void shouldNotStayPausedWherePausingFailed() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(new MemoryStorage("pause"));
        try (Store store = Store.open(options(null), storage, List.of())) {
            fill(store, "kept");
            storage.failWhen(FlushFailureTest::appendsToTable, Fault.ERROR);
            assertThatThrownBy(() -> store.flush(FlushOptions.DEFAULT)).isInstanceOf(StoreException.class);
            assertThatThrownBy(store::pauseBackgroundWork).isInstanceOf(StoreException.class);
            storage.heal();
            store.resume();
            store.put(key(KEYS), "more".getBytes(UTF_8));
            store.flush(FlushOptions.builder().timeout(Duration.ofSeconds(30)).build());
            store.waitForCompact(
                    WaitForCompactOptions.builder().abortOnPause(true).build());
            assertValues(store, "kept");
        }
    }

    @Test
    void shouldLetGoOfAFlushThatWaitsToBeTriedAgainWhenItsColumnFamilyIsDropped() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(new MemoryStorage("dropped"));
        SlabMemoryPool pool = new SlabMemoryPool(8 << 20, 1 << 20, 1 << 20);
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .memoryPool(pool)
                .bgErrorResumeRetryInterval(Duration.ofHours(1))
                .build();
        try (Store store = Store.open(options, storage, List.of())) {
            ColumnFamilyHandle family = store.createColumnFamily(new ColumnFamilyDescriptor("dropped"));
            store.put(family, key(1), key(1));
            storage.failWhen(FlushFailureTest::appendsToTable, Fault.ERROR);
            store.flush(FlushOptions.builder().waitForFlush(false).build(), family);
            await().until(() -> store.statistics().flushesFailed() == 1);
            assertThat(pool.inUse()).isPositive();
            store.dropColumnFamily(family);
            await().untilAsserted(() -> assertThat(pool.inUse()).isZero());
        }
        pool.close();
    }

    @Test
    void shouldStopWritesAtOnceWhereStorageIsFullAndGoOnWhenThereIsSpace() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(new MemoryStorage("full"));
        try (Store store = Store.open(options(null), storage, List.of())) {
            fill(store, "kept");
            storage.failWhen(FlushFailureTest::appendsToTable, Fault.NO_SPACE);
            assertNoSpace(() -> store.flush(FlushOptions.DEFAULT));
            assertNoSpace(() -> store.put(key(1), "x".getBytes(UTF_8)));
            // It is not given up, however often it fails.
            await().until(() -> store.statistics().flushesFailed() > 5);
            assertNoSpace(() -> store.put(key(1), "x".getBytes(UTF_8)));
            assertValues(store, "kept");
            storage.heal();
            await().untilAsserted(
                            () -> assertThat(failures).contains("background").endsWith("recovered"));
            store.put(key(KEYS), "more".getBytes(UTF_8));
            store.flush(FlushOptions.DEFAULT);
            assertValues(store, "kept");
        }
    }

    @Test
    void shouldTryAgainAtOnceWhenResumedWhereStorageWasFull() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(new MemoryStorage("full"));
        DBOptions patient = DBOptions.builder()
                .createIfMissing(true)
                .bgErrorResumeRetryInterval(Duration.ofHours(1))
                .build();
        try (Store store = Store.open(patient, storage, List.of())) {
            fill(store, "kept");
            storage.failWhen(FlushFailureTest::appendsToTable, Fault.NO_SPACE);
            assertNoSpace(() -> store.flush(FlushOptions.DEFAULT));
            storage.heal();
            store.resume();
            store.flush(FlushOptions.DEFAULT);
            assertThat(store.statistics().flushesFailed()).isEqualTo(1);
            assertThat(store.statistics().flushesCompleted()).isEqualTo(1);
            assertValues(store, "kept");
        }
    }

    @Test
    void shouldEndFencedAndNotTryAgainWhereANewOwnerHasTheStore() throws Exception {
        MemoryStorage storage = new MemoryStorage("deposed");
        Store store = Store.open(options(null), storage, List.of());
        fill(store, "late");
        // What a new owner does first, and a lock that was lost does not prevent.
        String owner = storage.list("").stream()
                .filter(name -> name.startsWith("owner-"))
                .findFirst()
                .orElseThrow();
        storage.rename(owner, owner.replace("owner", "deposed"));
        assertThatThrownBy(() -> store.flush(FlushOptions.DEFAULT))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.FENCED));
        assertThat(store.statistics().flushesFailed()).isEqualTo(1);
        assertThatThrownBy(() -> store.put(key(1), "x".getBytes(UTF_8)))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.FENCED));
        assertThatThrownBy(store::close).hasMessageContaining("lost");
    }

    private static void assertNoSpace(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StoreException.class, e -> {
            assertThat(e.code()).isEqualTo("store.background-error");
            assertThat(e.kind()).isEqualTo(StoreException.Kind.NO_SPACE);
        });
    }

    @Test
    void shouldCloseAndTellWhereTheLastFlushFails() throws Exception {
        FaultInjectingStorage storage = new FaultInjectingStorage(new MemoryStorage("close"));
        Store store = Store.open(options(null), storage, List.of());
        fill(store, "flushed");
        store.flush(FlushOptions.DEFAULT);
        WriteOptions unlogged = WriteOptions.builder().disableWal(true).build();
        for (int i = 0; i < KEYS; i++) {
            store.put(store.defaultColumnFamily(), unlogged, key(i), "lost".getBytes(UTF_8));
        }
        store.put(key(KEYS), "logged".getBytes(UTF_8));
        storage.failWhen(FlushFailureTest::appendsToTable, Fault.ERROR);
        assertThatThrownBy(store::close).isInstanceOf(StoreException.class).hasMessageContaining("lost");
        storage.heal();
        try (Store again = Store.open(DBOptions.DEFAULT, storage, List.of())) {
            assertValues(again, "flushed");
            assertThat(again.get(key(KEYS))).isEqualTo("logged".getBytes(UTF_8));
        }
    }

    private static boolean appendsToTable(FaultInjectingStorage.Call call) {
        return call.operation() == Operation.APPEND && call.name().endsWith(".sst");
    }

    @Test
    void shouldKeepWhatWasFlushedThroughACrash() throws Exception {
        MemoryStorage storage = new MemoryStorage("crash");
        Store store = Store.open(options(null), storage, List.of());
        ColumnFamilyHandle other = store.createColumnFamily(new ColumnFamilyDescriptor("other"));
        fill(store, "flushed");
        store.put(other, key(0), "there".getBytes(UTF_8));
        store.flush(FlushOptions.DEFAULT);
        fill(store, "not flushed");
        MemoryStorage crashed = storage.crashClone();
        store.close();
        try (Store again = Store.open(DBOptions.DEFAULT, crashed, List.of())) {
            assertValues(again, "flushed");
            ColumnFamilyHandle found = Objects.requireNonNull(again.columnFamily("other"));
            assertThat(again.get(found, key(0))).isEqualTo("there".getBytes(UTF_8));
            assertThat(crashed.list("")).noneMatch(name -> name.endsWith(".dbtmp"));
        }
    }

    @Test
    @Tag("A18")
    void shouldRefuseResultsThatAreNotTrueAndFlushHere() throws Exception {
        List<UnaryOperator<FlushResult>> lies = List.of(
                r -> with(r, r.path(), file(r), r.inputEntries() - 1, r.outputEntries(), r.builder(), r.attempt()),
                r -> with(r, r.path(), file(r), r.inputEntries(), r.outputEntries() - 1, r.builder(), r.attempt()),
                r -> with(r, "CURRENT", file(r), r.inputEntries(), r.outputEntries(), r.builder(), r.attempt()),
                r -> with(r, r.path(), file(r), r.inputEntries(), r.outputEntries(), r.builder(), r.attempt() + 1),
                r -> with(r, r.path(), file(r), r.inputEntries(), r.outputEntries(), "somebody", r.attempt()),
                r -> with(r, null, null, r.inputEntries(), 0, r.builder(), r.attempt()),
                r -> withFile(r, file(r).number() + 1, file(r).size(), file(r).largestSequence()),
                r -> withFile(r, file(r).number(), file(r).size() - 1, file(r).largestSequence()),
                r -> withFile(r, file(r).number(), file(r).size(), file(r).largestSequence() + 1));
        for (int i = 0; i < lies.size(); i++) {
            failures.clear();
            completed.clear();
            MemoryStorage storage = new MemoryStorage("lie-" + i);
            GatedFlushExecutor liar = new GatedFlushExecutor(true, lies.get(i));
            try (Store store = Store.open(options(liar), storage, List.of())) {
                fill(store, "true");
                store.flush(FlushOptions.DEFAULT);
                await().untilAsserted(() -> assertThat(completed).hasSize(1));
                assertThat(failures).as("lie %s", i).containsExactly("flush.verify");
                assertThat(liar.settled).hasValue(1);
                assertThat(liar.installed).hasValue(0);
                assertValues(store, "true");
            }
        }
    }

    @Test
    void shouldLeaveItToTheExecutorWhoTriesAFailedFlushAgain() throws Exception {
        GatedFlushExecutor stubborn = new GatedFlushExecutor(
                true, r -> with(r, "CURRENT", file(r), r.inputEntries(), r.outputEntries(), r.builder(), r.attempt()));
        stubborn.fallsBack = false;
        MemoryStorage storage = new MemoryStorage("stubborn");
        try (Store store = Store.open(options(stubborn), storage, List.of())) {
            fill(store, "kept");
            assertThatThrownBy(() -> store.flush(FlushOptions.DEFAULT))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.code()).isEqualTo("store.background-error"));
            assertThat(stubborn.started).as("never elsewhere").hasValue(3);
            assertThat(stubborn.settled).hasValue(3);
            assertThat(stubborn.installed).hasValue(0);
            assertValues(store, "kept");
            stubborn.tamper = UnaryOperator.identity();
            store.resume();
            store.flush(FlushOptions.DEFAULT);
            await().untilAsserted(() -> assertThat(stubborn.installed).hasValue(1));
            assertThat(stubborn.started).hasValue(4);
            assertValues(store, "kept");
        }
    }

    @Test
    @Tag("A18")
    void shouldReadTheFileBackWhereThatIsAskedFor() throws Exception {
        GatedFlushExecutor liar = new GatedFlushExecutor(
                true,
                r -> new FlushResult(
                        r.id(),
                        r.attempt(),
                        r.path(),
                        r.file(),
                        r.crc32c() ^ 1,
                        r.inputEntries(),
                        r.outputEntries(),
                        r.properties(),
                        r.builder(),
                        r.statistics()));
        ColumnFamilyOptions paranoid =
                ColumnFamilyOptions.builder().paranoidFileChecks(true).build();
        List<ColumnFamilyDescriptor> families = List.of(new ColumnFamilyDescriptor("default", paranoid));
        try (Store store = Store.open(options(liar), new MemoryStorage("paranoid"), families)) {
            fill(store, "true");
            store.flush(FlushOptions.DEFAULT);
            await().untilAsserted(() -> assertThat(completed).hasSize(1));
            assertThat(failures).containsExactly("flush.verify");
        }
    }

    @Test
    @Tag("A15")
    void shouldFlushSeveralMemtablesAsOneFile() throws Exception {
        MemoryStorage storage = new MemoryStorage("several");
        GatedFlushExecutor gate = new GatedFlushExecutor(false);
        ColumnFamilyOptions many = ColumnFamilyOptions.builder()
                .writeBufferSize(64 << 10)
                .maxWriteBufferNumber(6)
                .build();
        List<ColumnFamilyDescriptor> families = List.of(new ColumnFamilyDescriptor("default", many));
        try (Store store = Store.open(options(gate), storage, families)) {
            byte[] value = new byte[8 << 10];
            for (int round = 0; round < 4; round++) {
                for (int i = 0; i < 8; i++) {
                    store.put(key(i), value);
                }
                fill(store, "round " + round);
                store.delete(key(KEYS - 1));
            }
            gate.open();
            store.flush(FlushOptions.DEFAULT);
            await().untilAsserted(() -> assertThat(
                            store.longProperty(store.defaultColumnFamily(), "rocksdb.num-immutable-mem-table"))
                    .isZero());
            assertThat(completed)
                    .anySatisfy(info -> assertThat(info.memtables()).isGreaterThan(1));
            assertThat(store.statistics().flushesFailed()).isZero();
            assertThat(store.get(key(KEYS - 1))).isNull();
            for (int i = 0; i < KEYS - 1; i++) {
                assertThat(store.get(key(i))).isEqualTo("round 3".getBytes(UTF_8));
            }
        }
        try (Store store = Store.open(DBOptions.DEFAULT, storage, List.of())) {
            assertThat(store.get(key(KEYS - 1))).isNull();
            assertThat(store.get(key(0))).isEqualTo("round 3".getBytes(UTF_8));
        }
    }

    private DBOptions options(@Nullable GatedFlushExecutor remote) {
        DBOptions.Builder builder = DBOptions.builder()
                .createIfMissing(true)
                .maxBgErrorResumeCount(2)
                .bgErrorResumeRetryInterval(Duration.ofMillis(1))
                .listener(new EventListener() {
                    @Override
                    public void onFlushCompleted(FlushInfo info) {
                        completed.add(info);
                    }

                    @Override
                    public void onFlushFailed(FlushInfo info, StoreException cause) {
                        failures.add(cause.code());
                    }

                    @Override
                    public void onBackgroundError(StoreException cause) {
                        failures.add("background");
                    }

                    @Override
                    public void onErrorRecoveryCompleted(StoreException passed) {
                        failures.add("recovered");
                    }
                });
        return (remote == null ? builder : builder.remoteFlushExecutor(remote)).build();
    }

    private static FlushResult with(
            FlushResult r,
            @Nullable String path,
            @Nullable FileMetadata file,
            long input,
            long output,
            String builder,
            int attempt) {
        return new FlushResult(
                r.id(), attempt, path, file, r.crc32c(), input, output, r.properties(), builder, r.statistics());
    }

    private static FlushResult withFile(FlushResult r, long number, long size, long largestSequence) {
        FileMetadata f = file(r);
        FileMetadata changed = new FileMetadata(
                number,
                size,
                f.smallest(),
                f.largest(),
                f.smallestSequence(),
                largestSequence,
                f.epochNumber(),
                f.oldestAncestorTime(),
                f.fileCreationTime());
        return with(r, r.path(), changed, r.inputEntries(), r.outputEntries(), r.builder(), r.attempt());
    }

    private static FileMetadata file(FlushResult result) {
        return Objects.requireNonNull(result.file());
    }

    private static void fill(Store store, String value) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            store.put(key(i), value.getBytes(UTF_8));
        }
    }

    private static void assertValues(Store store, String value) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            assertThat(store.get(key(i))).isEqualTo(value.getBytes(UTF_8));
        }
    }

    private static byte[] key(int number) {
        return String.format("key%06d", number).getBytes(UTF_8);
    }
}
