// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.Ticker;
import io.sluice.store.compaction.CompactionInfo;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.compaction.CountingFilters;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Fault;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.Storage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A store whose compactions go to an executor of its user's, which fails, comes late, or tells what is not so. */
@Timeout(120)
class RemoteCompactionTest {
    private static final int KEYS = 200;
    private static final int ROUNDS = 4;

    private final InProcessCompactions workers = new InProcessCompactions();
    private final MemoryStorage memory = new MemoryStorage("remote");
    private final FaultInjectingStorage storage = new FaultInjectingStorage(memory);
    private final List<CompactionInfo> completed = new CopyOnWriteArrayList<>();
    private final List<String> errors = new CopyOnWriteArrayList<>();
    private @Nullable CompactionFilterFactory filters;

    @Test
    @Tag("B36")
    void shouldCompactElsewhereFromL0OnAndCountIt() throws Exception {
        try (Store store = open(storage, true, 2, CompactionTest.small().disableAutoCompactions(true))) {
            fillAll(store);
            store.compactRange(store.defaultColumnFamily());
            check(store);
            assertThat(workers.jobs.get()).isPositive();
            await().until(() -> workers.installed.get() == workers.jobs.get());
            awaitEvents();
            assertThat(completed)
                    .filteredOn(info -> !info.trivialMove())
                    .hasSize(workers.jobs.get())
                    .anySatisfy(info -> assertThat(info.startLevel()).isZero())
                    .allSatisfy(info -> assertThat(info.builder()).isEqualTo("worker-1"));
            Statistics statistics = store.statistics();
            assertThat(statistics.compactionsCompleted()).isEqualTo(workers.jobs.get());
            assertThat(statistics.compactionsByBuilder()).containsOnlyKeys("worker-1");
            assertThat(statistics.compactReadBytes()).isZero();
            assertThat(statistics.compactWriteBytes()).isZero();
            long read = completed.stream()
                    .filter(info -> !info.trivialMove())
                    .mapToLong(CompactionInfo::inputBytes)
                    .sum();
            long written = completed.stream()
                    .filter(info -> !info.trivialMove())
                    .mapToLong(CompactionInfo::outputBytes)
                    .sum();
            assertThat(statistics.remoteCompactReadBytes()).isEqualTo(read).isPositive();
            assertThat(statistics.remoteCompactWriteBytes()).isEqualTo(written).isPositive();
            assertThat(statistics.ticker(Ticker.REMOTE_COMPACT_READ_BYTES)).isEqualTo(read);
            assertThat(statistics.ticker(Ticker.REMOTE_COMPACT_WRITE_BYTES)).isEqualTo(written);
            assertThat(statistics.ticker(Ticker.COMPACT_WRITE_BYTES)).isZero();
            assertThat(completed)
                    .anySatisfy(info ->
                            assertThat(info.statistics().get("dropped_hidden")).isPositive());
            assertThat(store.property(store.defaultColumnFamily(), "rocksdb.cfstats"))
                    .contains("Compaction Stats");
        }
    }

    @Test
    void shouldGoOnBehindDeadWorkersHereWhereNoneIsLeft() throws Exception {
        workers.life = attempt -> attempt;
        workers.maxAttempts = 2;
        workers.fallsBack = true;
        try (Store store = open(storage, true, 2, CompactionTest.small().disableAutoCompactions(true))) {
            fillAll(store);
            store.compactRange(store.defaultColumnFamily());
            check(store);
            awaitEvents();
            assertThat(completed).anySatisfy(info -> {
                assertThat(info.builder()).isEqualTo("local");
                assertThat(info.attempt()).isEqualTo(3);
                assertThat(info.statistics().get("adopted_bytes")).isPositive();
            });
            assertThat(store.statistics().remoteCompactWriteBytes()).isPositive();
            assertThat(store.statistics().compactWriteBytes()).isPositive();
            assertThat(memory.list(workers.context().ownerDirectory())).noneMatch(name -> name.startsWith("job-"));
        }
        try (Store store = open(storage)) {
            check(store);
        }
    }

    @Test
    void shouldHandTheFiltersStateOutAndTheirReportsBackOnce() throws Exception {
        CountingFilters here = new CountingFilters('7');
        filters = here;
        List<String> local = filtered(new MemoryStorage("local"), false);
        CountingFilters elsewhere = new CountingFilters('7');
        filters = elsewhere;
        workers.life = attempt -> attempt;
        assertThat(filtered(storage, true)).isEqualTo(local);
        assertThat(workers.attempts.get()).isGreaterThan(workers.jobs.get());
        assertThat(here.asked()).isPositive();
        assertThat(elsewhere.asked()).isEqualTo(here.asked());
        assertThat(elsewhere.reports()).isGreaterThan(1);
    }

    private List<String> filtered(Storage target, boolean remote) throws Exception {
        try (Store store = open(target, remote, 2, CompactionTest.small().disableAutoCompactions(true))) {
            fillAll(store);
            store.compactRange(store.defaultColumnFamily());
            List<String> found = new ArrayList<>();
            try (StoreIterator entries = store.newIterator(store.defaultColumnFamily())) {
                for (entries.seekToFirst(); entries.isValid(); entries.next()) {
                    found.add(new String(entries.key(), UTF_8) + "=" + new String(entries.value(), UTF_8));
                }
            }
            return found;
        }
    }

    @Test
    void shouldNotCareForAnAttemptThatComesLate() throws Exception {
        workers.sticks = true;
        try (Store store = open(storage, true, 2, CompactionTest.small().disableAutoCompactions(true))) {
            fillAll(store);
            store.compactRange(store.defaultColumnFamily());
            awaitEvents();
            assertThat(completed).anySatisfy(info -> assertThat(info.attempt()).isEqualTo(2));
            assertThat(workers.ended.get()).isZero();
            List<String> files = tables();
            workers.free();
            await().until(() -> workers.ended.get() == 1);
            assertThat(tables()).isEqualTo(files);
            check(store);
            assertThat(memory.list(workers.context().ownerDirectory())).noneMatch(name -> name.startsWith("job-"));
        }
    }

    @Test
    @Tag("B33")
    void shouldInstallNothingOfAResultThatIsNotSo() throws Exception {
        workers.tamper = result -> {
            List<CompactionResult.Output> outputs = new ArrayList<>(result.outputs());
            int last = outputs.size() - 1;
            CompactionResult.Output output = outputs.get(last);
            outputs.set(
                    last,
                    new CompactionResult.Output(
                            output.path(), output.file(), output.crc32c(), output.entries() + 1, output.builder()));
            return new CompactionResult(
                    result.id(),
                    result.attempt(),
                    outputs,
                    result.inputEntries(),
                    result.filterReports(),
                    result.builder(),
                    result.statistics());
        };
        try (Store store = open(storage, true, 2, CompactionTest.small().disableAutoCompactions(true))) {
            fillAll(store);
            List<String> files = tables();
            assertThatThrownBy(() -> store.compactRange(store.defaultColumnFamily()))
                    .hasMessageContaining("compaction.verify")
                    .hasMessageContaining("entries in the properties");
            await().until(() -> workers.givenUp.get() == 1);
            assertThat(workers.installed.get()).isZero();
            assertThat(tables()).isEqualTo(files);
            assertThat(memory.list(workers.context().ownerDirectory())).noneMatch(name -> name.startsWith("job-"));
            check(store);
            workers.tamper = result -> result;
            store.compactRange(store.defaultColumnFamily());
            check(store);
        }
    }

    @Test
    @Tag("B33")
    void shouldHoldEverythingAfterACrashAtAnyCallWhileWorkersCompact() throws Exception {
        int crashes = 0;
        for (int index = 0; crashesAt(index); index += 1 + index / 16) {
            crashes++;
        }
        assertThat(crashes).isGreaterThan(20);
    }

    /** Lets every storage call fail from one on, and then the machine; false where the compaction ended before. */
    private boolean crashesAt(int index) throws Exception {
        MemoryStorage disk = new MemoryStorage("crash-" + index);
        FaultInjectingStorage failing = new FaultInjectingStorage(disk);
        InProcessCompactions dying = new InProcessCompactions();
        dying.life = attempt -> attempt;
        dying.maxAttempts = 50;
        boolean reached;
        MemoryStorage left;
        try (Store store = open(failing, dying, 2, CompactionTest.small().disableAutoCompactions(true))) {
            fillAll(store);
            long target = failing.calls() + index;
            failing.failFrom(target, Fault.ERROR);
            try {
                store.compactRange(store.defaultColumnFamily());
            } catch (StoreException crashed) {
                assertThat(failing.calls()).isGreaterThan(target);
            }
            reached = failing.calls() > target;
            left = disk.crashClone(new Random(index));
            failing.heal();
        }
        try (Store store = open(left)) {
            check(store);
            store.compactRange(store.defaultColumnFamily());
            check(store);
        }
        return reached;
    }

    @Test
    @Tag("B34")
    void shouldCopyOutputsThatAreOnAnotherDevice() throws Exception {
        storage.failWhen(
                call -> call.operation() == Operation.RENAME && call.name().contains("job-compaction"),
                Fault.CROSS_DEVICE);
        workers.life = attempt -> attempt;
        try (Store store = open(storage, true, 2, CompactionTest.small().disableAutoCompactions(true))) {
            fillAll(store);
            store.compactRange(store.defaultColumnFamily());
            check(store);
            awaitEvents();
            assertThat(completed)
                    .anySatisfy(info ->
                            assertThat(info.statistics().get("adopted_bytes")).isPositive());
            assertThat(memory.list(workers.context().ownerDirectory()))
                    .noneMatch(name -> name.startsWith("job-") || name.endsWith(".sst"));
        }
        try (Store store = open(memory.crashClone())) {
            check(store);
        }
    }

    @Test
    @Tag("B41")
    void shouldStopWritesWhereWorkersFailForGoodAndGoOnAfterResume() throws Exception {
        workers.life = attempt -> 0;
        workers.maxAttempts = 3;
        try (Store store = open(storage)) {
            fillAll(store);
            await().until(() -> errors.contains("test.workers"));
            await().untilAsserted(() -> assertThatThrownBy(() -> store.put(key(1), value(1, 9)))
                    .isInstanceOfSatisfying(StoreException.class, e -> {
                        assertThat(e.code()).isEqualTo("store.background-error");
                        assertThat(e).hasMessageContaining("no worker is left").hasMessageContaining("resume()");
                    }));
            check(store);
            assertThat(store.statistics().compactionsFailed()).isEqualTo(3);
            await().until(() -> workers.givenUp.get() == 3);
            assertThat(workers.attempts.get()).isEqualTo(9);
            workers.life = attempt -> Integer.MAX_VALUE;
            store.resume();
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
            await().until(() -> workers.installed.get() > 0);
            store.put(key(1), value(1, ROUNDS - 1));
            check(store);
        }
    }

    @Test
    @Tag("B46")
    void shouldNotRepeatWhatCannotSucceed() throws Exception {
        workers.refusal = StoreException.corruption("test.input", "000012.sst is damaged");
        try (Store store = open(storage, true, 1000, CompactionTest.small().disableAutoCompactions(true))) {
            fillAll(store);
            store.setOptions(store.defaultColumnFamily(), Map.of("disable_auto_compactions", "false"));
            await().until(() -> errors.contains("test.input"));
            assertThat(store.statistics().compactionsFailed()).isEqualTo(1);
            assertThatThrownBy(() -> store.put(key(1), value(1, 9))).hasMessageContaining("000012.sst is damaged");
            check(store);
            workers.refusal = null;
            store.resume();
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
            store.put(key(1), value(1, ROUNDS - 1));
            check(store);
        }
    }

    @Test
    void shouldRepeatWhatTheStorageRefused() throws Exception {
        workers.refusal = StoreException.invalid("storage.exists", "a file is there already");
        try (Store store = open(storage, true, 1000, CompactionTest.small())) {
            fillAll(store);
            await().until(() -> workers.jobs.get() >= 3);
            workers.refusal = null;
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
            assertThat(errors).isEmpty();
            check(store);
        }
    }

    @Test
    void shouldHaveAJobOfEachColumnFamilyUnderWayWhereTheExecutorTakesThem() throws Exception {
        workers.capacity = Integer.MAX_VALUE;
        workers.gate = new CountDownLatch(1);
        try (Store store = openWith(8)) {
            List<ColumnFamilyHandle> families = fillFamilies(store, 10);
            await().until(() -> workers.jobs.get() == 8);
            assertThat(store.longProperty(families.get(0), "rocksdb.num-running-compactions"))
                    .isEqualTo(8);
            workers.gate.countDown();
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
            assertThat(workers.jobs.get()).isGreaterThanOrEqualTo(10);
            assertThat(workers.installed.get() + workers.givenUp.get()).isLessThanOrEqualTo(workers.jobs.get());
            for (ColumnFamilyHandle family : families) {
                assertThat(store.get(family, key(7))).isEqualTo(value(7, 3));
            }
        }
    }

    @Test
    void shouldHaveOneJobUnderWayWhereTheExecutorTakesNoMore() throws Exception {
        workers.gate = new CountDownLatch(1);
        try (Store store = openWith(8)) {
            List<ColumnFamilyHandle> families = fillFamilies(store, 3);
            await().until(() -> workers.jobs.get() == 1);
            assertThat(store.longProperty(families.get(0), "rocksdb.num-running-compactions"))
                    .isEqualTo(1);
            workers.capacity = 2;
            store.put(families.get(0), key(1), value(1, 3));
            store.flush(FlushOptions.DEFAULT, families.get(0)); // makes it look again
            await().until(() -> workers.jobs.get() == 2);
            workers.gate.countDown();
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
        }
    }

    @Test
    void shouldHaveIndependentRangesOfALevelUnderWay() throws Exception {
        workers.capacity = Integer.MAX_VALUE;
        try (Store store = openWith(8)) {
            ColumnFamilyHandle family = store.createColumnFamily(new ColumnFamilyDescriptor(
                    "levels",
                    CompactionTest.small()
                            .writeBufferSize(1 << 20)
                            .disableAutoCompactions(true)
                            .levelCompactionDynamicLevelBytes(false)
                            .maxBytesForLevelBase(4 << 10)
                            .build()));
            for (int level = 2; level > 0; level--) {
                for (int i = 0; i < 10 * KEYS; i++) {
                    store.put(family, key(i), value(i, 3));
                }
                store.flush(FlushOptions.DEFAULT, family);
                List<String> tables = tables();
                store.compactFiles(family, tables.subList(tables.size() - 1, tables.size()), level);
            }
            assertThat(store.longProperty(family, "rocksdb.num-files-at-level1"))
                    .isGreaterThan(20);
            int before = workers.jobs.get();
            workers.gate = new CountDownLatch(1);
            store.setOptions(family, Map.of("disable_auto_compactions", "false"));
            await().until(() -> workers.jobs.get() == before + 8);
            workers.gate.countDown();
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
            for (int i = 0; i < 10 * KEYS; i++) {
                assertThat(store.get(family, key(i))).isEqualTo(value(i, 3));
            }
        }
    }

    private Store openWith(int compactions) throws StoreException {
        return Store.open(
                DBOptions.builder()
                        .createIfMissing(true)
                        .maxBackgroundCompactions(compactions)
                        .remoteCompactionExecutor(workers)
                        .build(),
                storage,
                List.of());
    }

    /** Column families that have to be compacted, but are not behind. */
    private static List<ColumnFamilyHandle> fillFamilies(Store store, int count) throws StoreException {
        List<ColumnFamilyHandle> families = new ArrayList<>();
        for (int n = 0; n < count; n++) {
            families.add(store.createColumnFamily(new ColumnFamilyDescriptor(
                    "family" + n, CompactionTest.small().build())));
        }
        for (int round = 0; round < 4; round++) {
            for (ColumnFamilyHandle family : families) {
                for (int i = 0; i < 20; i++) {
                    store.put(family, key(i), value(i, round));
                }
            }
            store.flush(FlushOptions.DEFAULT, families.toArray(ColumnFamilyHandle[]::new));
        }
        return families;
    }

    @Test
    @Tag("B47")
    void shouldCloseSoonWhileAWorkerIsStuck() throws Exception {
        workers.sticks = true;
        workers.maxAttempts = 1;
        workers.staysStuck = true;
        closesSoon();
    }

    @Test
    @Tag("B47")
    void shouldCloseSoonWhileAWorkerWorks() throws Exception {
        workers.sticks = true;
        workers.maxAttempts = 1;
        closesSoon();
    }

    private void closesSoon() throws Exception {
        Store store = open(storage);
        fillAll(store);
        workers.stuck.await();
        long start = System.nanoTime();
        store.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        try (Store again = open(storage, false, 2, CompactionTest.small())) {
            check(again);
            workers.free();
            await().until(() -> workers.ended.get() == 1);
            check(again);
            assertThat(memory.list("")).noneMatch(name -> name.startsWith("deposed-"));
        }
    }

    @Test
    void shouldFailTheOpenWhereTheExecutorCannotBeMade() throws Exception {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .remoteCompactionExecutor(context -> {
                    throw StoreException.invalid(
                            "test.workers", "no worker at " + context.storage().uri());
                })
                .build();
        assertThatThrownBy(() -> Store.open(options, storage, List.of()))
                .hasMessageContaining("no worker at memory:remote");
        try (Store store = open(storage)) {
            fillAll(store); // it can be opened afterwards
        }
    }

    private Store open(Storage target) throws StoreException {
        return open(target, true, 2, CompactionTest.small());
    }

    private Store open(Storage target, boolean remote, int retries, ColumnFamilyOptions.Builder family)
            throws StoreException {
        return open(target, remote ? workers : null, retries, family);
    }

    private Store open(
            Storage target, @Nullable InProcessCompactions remote, int retries, ColumnFamilyOptions.Builder family)
            throws StoreException {
        DBOptions.Builder options = DBOptions.builder()
                .createIfMissing(true)
                .statistics(true)
                .maxSubcompactions(2)
                .maxBgErrorResumeCount(retries)
                .bgErrorResumeRetryInterval(Duration.ofMillis(5))
                .listener(new EventListener() {
                    @Override
                    public void onCompactionCompleted(CompactionInfo info) {
                        completed.add(info);
                    }

                    @Override
                    public void onBackgroundError(StoreException cause) {
                        errors.add(cause.code());
                    }
                });
        if (remote != null) {
            options.remoteCompactionExecutor(remote);
        }
        CompactionFilterFactory given = filters;
        if (given != null) {
            family.compactionFilterFactory(given);
        }
        return Store.open(options.build(), target, List.of(new ColumnFamilyDescriptor("default", family.build())));
    }

    /** Listeners are told behind those who wait. */
    private void awaitEvents() {
        await().until(() ->
                completed.stream().filter(info -> !info.trivialMove()).count() == workers.jobs.get());
    }

    private List<String> tables() throws Exception {
        return memory.list("").stream()
                .filter(name -> name.endsWith(".sst"))
                .sorted()
                .toList();
    }

    private static void fillAll(Store store) throws StoreException {
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < KEYS; i++) {
                store.put(key(i), value(i, round));
            }
            store.flush(FlushOptions.DEFAULT);
        }
    }

    private static void check(Store store) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            assertThat(Objects.requireNonNull(store.get(key(i)))).isEqualTo(value(i, ROUNDS - 1));
        }
    }

    private static byte[] key(int number) {
        return String.format("key%06d", number).getBytes(UTF_8);
    }

    private static byte[] value(int number, int round) {
        return ("v".repeat(90) + round + "-" + number).getBytes(UTF_8);
    }
}
