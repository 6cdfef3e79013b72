// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.CompactionFilter;
import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.BottommostLevelCompaction;
import io.sluice.store.compaction.CompactionInfo;
import io.sluice.store.compaction.CompactionReason;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.MemoryStorage;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compactions of an open store, by themselves and by command. */
@Timeout(120)
class CompactionTest {
    private final MemoryStorage storage = new MemoryStorage("compaction-test");
    private final List<CompactionInfo> completed = new CopyOnWriteArrayList<>();

    @Test
    void shouldCompactByItselfAndKeepEveryKey() throws Exception {
        try (Store store = open(small().build())) {
            for (int round = 0; round < 12; round++) {
                for (int i = round; i < 600; i += 1 + round % 3) {
                    store.put(key(i), value(round, i));
                }
                store.delete(key(round));
                store.flush(FlushOptions.DEFAULT);
            }
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
            assertThat(files(store, 0)).isLessThan(4);
            assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.compaction-pending"))
                    .isZero();
            await().until(() ->
                    completed.stream().anyMatch(info -> info.reason() == CompactionReason.LEVEL_L0_FILES_NUM));
            Statistics statistics = store.statistics();
            assertThat(statistics.compactionsCompleted()).isPositive();
            assertThat(statistics.compactionsFailed()).isZero();
            assertThat(statistics.compactReadBytes()).isGreaterThan(statistics.compactWriteBytes());
            assertThat(statistics.compactWriteBytes()).isPositive();
            checkRounds(store, 12);
            await().untilAsserted(() -> assertThat(tables()).isEqualTo(tablesOf(store)));
        }
        try (Store store = open(small().build())) {
            checkRounds(store, 12);
        }
    }

    @Test
    void shouldKeepFilesWhileAnIteratorReadsThem() throws Exception {
        // no compaction by itself, whose inputs could still be there when they are listed, and go then
        try (Store store = open(small().disableAutoCompactions(true).build())) {
            fill(store, 3, 300);
            Set<String> before = tables();
            try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily())) {
                iterator.seekToFirst();
                store.compactRange(store.defaultColumnFamily());
                fill(store, 5, 300);
                store.compactRange(store.defaultColumnFamily());
                assertThat(tables()).containsAll(before);
                int count = 0;
                for (; iterator.isValid(); iterator.next()) {
                    assertThat(iterator.value()).isEqualTo(value(2, count));
                    count++;
                }
                assertThat(count).isEqualTo(300);
            }
            await().untilAsserted(() -> assertThat(tables()).doesNotContainAnyElementsOf(before));
            assertThat(tables()).isEqualTo(tablesOf(store));
        }
    }

    @Test
    void shouldCompactARangeToOneLevel() throws Exception {
        try (Store store = open(small().disableAutoCompactions(true).build())) {
            fill(store, 3, 300);
            assertThat(files(store, 0)).isEqualTo(3);
            store.compactRange(store.defaultColumnFamily());
            assertThat(files(store, 0)).isZero();
            assertThat(files(store, 6)).isGreaterThan(1);
            checkAll(store, 2, 300);
            assertThat(store.property(store.defaultColumnFamily(), "rocksdb.levelstats"))
                    .contains("Level Files Size(MB)")
                    .containsPattern("  6 +\\d+ +0");
            assertThat(store.property(store.defaultColumnFamily(), "rocksdb.stats"))
                    .contains("** Compaction Stats [default] **")
                    .contains("Sum");
        }
    }

    @Test
    void shouldCompactOnlyTheKeysAskedFor() throws Exception {
        ColumnFamilyOptions options = small().disableAutoCompactions(true)
                .levelCompactionDynamicLevelBytes(false)
                .build();
        try (Store store = open(options)) {
            fill(store, 2, 400);
            store.compactRange(store.defaultColumnFamily()); // all to L1
            assertThat(files(store, 1)).isGreaterThan(4);
            long below = files(store, 1);
            store.compactRange(
                    store.defaultColumnFamily(),
                    CompactRangeOptions.builder()
                            .bottommostLevelCompaction(BottommostLevelCompaction.FORCE)
                            .build(),
                    key(0),
                    key(50));
            await().untilAsserted(() -> {
                CompactionInfo last = completed.get(completed.size() - 1);
                assertThat(last.startLevel()).isEqualTo(1);
                assertThat(last.outputLevel()).isEqualTo(1);
                assertThat((long) last.inputFiles().size()).isLessThan(below);
            });
            checkAll(store, 1, 400);
        }
    }

    @Test
    void shouldAskTheCompactionFilterOfWhatItKeeps() throws Exception {
        CompactionFilterFactory odd = new CompactionFilterFactory() {
            @Override
            public String name() {
                return "odd";
            }

            @Override
            public CompactionFilter create() {
                return new OddKeys();
            }
        };
        ColumnFamilyOptions options = small().disableAutoCompactions(true)
                .compactionFilterFactory(odd)
                .build();
        try (Store store = open(options)) {
            fill(store, 2, 200);
            assertThat(store.get(key(4))).as("a flush filters nothing").isEqualTo(value(1, 4));
            store.compactRange(store.defaultColumnFamily());
            for (int i = 0; i < 200; i++) {
                byte[] expected = i % 2 == 0 ? null : i % 5 == 0 ? "changed".getBytes(UTF_8) : value(1, i);
                assertThat(store.get(key(i))).isEqualTo(expected);
            }
            long compactions = store.statistics().compactionsCompleted();
            store.compactRange(store.defaultColumnFamily());
            assertThat(store.statistics().compactionsCompleted())
                    .as("the lowest level is asked again")
                    .isGreaterThan(compactions);
        }
    }

    /** Keeps odd keys; changes the value of each fifth. */
    private static final class OddKeys implements CompactionFilter {
        @Override
        public String name() {
            return "odd";
        }

        @Override
        public Decision filter(int level, Kind kind, DirectBuffer key, DirectBuffer value) {
            int number = key.parseIntAscii(3, key.capacity() - 3);
            if (number % 2 == 0) {
                return Decision.REMOVE;
            }
            return number % 5 == 0 ? Decision.changeValue("changed".getBytes(UTF_8)) : Decision.KEEP;
        }
    }

    @Test
    void shouldDropDeletedKeysForGood() throws Exception {
        try (Store store = open(small().disableAutoCompactions(true).build())) {
            fill(store, 2, 200);
            for (int i = 0; i < 200; i++) {
                store.delete(key(i));
            }
            store.compactRange(store.defaultColumnFamily());
            assertThat(tablesOf(store)).isEmpty();
            await().untilAsserted(() -> assertThat(tables()).isEmpty());
        }
    }

    @Test
    void shouldChangeTheLevel() throws Exception {
        ColumnFamilyOptions options = small().disableAutoCompactions(true)
                .levelCompactionDynamicLevelBytes(false)
                .maxBytesForLevelBase(1 << 20)
                .build();
        try (Store store = open(options)) {
            fill(store, 2, 200);
            store.compactRange(store.defaultColumnFamily());
            assertThat(files(store, 1)).isPositive();
            CompactRangeOptions toThree = CompactRangeOptions.builder()
                    .changeLevel(true)
                    .targetLevel(3)
                    .build();
            store.compactRange(store.defaultColumnFamily(), toThree, null, null);
            assertThat(files(store, 1)).isZero();
            assertThat(files(store, 3)).isPositive();
            CompactRangeOptions up =
                    CompactRangeOptions.builder().changeLevel(true).build();
            store.compactRange(store.defaultColumnFamily(), up, null, null);
            assertThat(files(store, 3)).isZero();
            assertThat(files(store, 1)).isPositive();
            assertThatThrownBy(() -> store.compactRange(
                            store.defaultColumnFamily(),
                            CompactRangeOptions.builder()
                                    .changeLevel(true)
                                    .targetLevel(9)
                                    .build(),
                            null,
                            null))
                    .hasMessageContaining("compaction.level");
            checkAll(store, 1, 200);
        }
    }

    @Test
    void shouldCompactChosenFiles() throws Exception {
        ColumnFamilyOptions options = small().disableAutoCompactions(true).build();
        try (Store store = open(options)) {
            fill(store, 3, 200);
            List<String> newestFirst = tables().stream()
                    .sorted(java.util.Comparator.reverseOrder())
                    .toList();
            List<String> made = store.compactFiles(store.defaultColumnFamily(), List.of(newestFirst.get(1)), 4);
            assertThat(made).isNotEmpty();
            assertThat(files(store, 0)).as("the newest stays").isEqualTo(1);
            assertThat(files(store, 4)).isEqualTo(made.size());
            checkAll(store, 2, 200);
            assertThatThrownBy(() -> store.compactFiles(store.defaultColumnFamily(), List.of(newestFirst.get(1)), 4))
                    .hasMessageContaining("compaction.files");
            assertThatThrownBy(() -> store.compactFiles(store.defaultColumnFamily(), List.of("CURRENT"), 4))
                    .hasMessageContaining("compaction.files");
            assertThatThrownBy(() -> store.compactFiles(store.defaultColumnFamily(), made, 3))
                    .hasMessageContaining("compaction.level");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("B31")
    void shouldCompactTheRangesOfL0AtOnce(boolean dynamicLevels) throws Exception {
        CountDownLatch meeting = new CountDownLatch(3);
        FaultInjectingStorage disk = new FaultInjectingStorage(new MemoryStorage("ranges"));
        disk.plan(call -> {
            if (call.operation() == Operation.CREATE && call.name().contains("job-compaction-")) {
                meeting.countDown();
                try {
                    assertThat(meeting.await(20, TimeUnit.SECONDS)).isTrue(); // none goes on alone
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            return null;
        });
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .maxSubcompactions(2)
                .maxLevel1Subcompactions(3)
                .listener(listener())
                .build();
        ColumnFamilyOptions family = small().levelCompactionDynamicLevelBytes(dynamicLevels)
                .maxBytesForLevelBase(1 << 20)
                .build();
        try (Store store = Store.open(options, disk, List.of(new ColumnFamilyDescriptor("default", family)))) {
            for (int round = 0; round < 4; round++) {
                for (int i = 0; i < 400; i++) {
                    store.put(String.format("key%04d", i).getBytes(UTF_8), new byte[100]);
                }
                store.flush(FlushOptions.DEFAULT);
            }
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
            await().untilAsserted(() -> assertThat(completed)
                    .filteredOn(info -> info.startLevel() == 0)
                    .singleElement()
                    .satisfies(info -> assertThat(info.statistics()).containsEntry("subcompactions", 3L)));
            completed.clear();
            store.put("key0001".getBytes(UTF_8), new byte[1]);
            store.flush(FlushOptions.DEFAULT);
            store.compactRange(store.defaultColumnFamily());
            await().untilAsserted(() -> assertThat(completed)
                    .filteredOn(info -> !info.trivialMove())
                    .isNotEmpty()
                    .allSatisfy(info ->
                            assertThat(info.statistics().get("subcompactions")).isLessThanOrEqualTo(2)));
        }
    }

    @Test
    void shouldSplitACompactionIntoSubcompactions() throws Exception {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .maxSubcompactions(4)
                .listener(listener())
                .build();
        ColumnFamilyOptions family = small().disableAutoCompactions(true).build();
        try (Store store = Store.open(options, storage, List.of(new ColumnFamilyDescriptor("default", family)))) {
            fill(store, 1, 2000);
            store.compactRange(store.defaultColumnFamily());
            fill(store, 2, 2000);
            store.compactRange(store.defaultColumnFamily());
            await().until(() ->
                    completed.stream().anyMatch(info -> info.statistics().getOrDefault("subcompactions", 0L) == 4));
            checkAll(store, 1, 2000);
        }
    }

    @Test
    void shouldBeginNothingWhilePaused() throws Exception {
        try (Store store = open(small().build())) {
            store.pauseBackgroundWork();
            store.put(key(1), value(0, 1));
            assertThatThrownBy(() -> store.flush(FlushOptions.builder()
                            .timeout(Duration.ofMillis(50))
                            .build()))
                    .hasMessageContaining("flush.timed-out");
            assertThatThrownBy(() -> store.waitForCompact(
                            WaitForCompactOptions.builder().abortOnPause(true).build()))
                    .hasMessageContaining("compaction.paused");
            store.waitForCompact(WaitForCompactOptions.DEFAULT); // nothing runs
            store.continueBackgroundWork();
            store.flush(FlushOptions.DEFAULT);
            fill(store, 5, 100);
            store.waitForCompact(WaitForCompactOptions.builder().flush(true).build());
            checkAll(store, 4, 100);
        }
    }

    @Test
    void shouldStartAndEndAutomaticCompactionsByOption() throws Exception {
        try (Store store = open(small().disableAutoCompactions(true).build())) {
            fill(store, 6, 100);
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
            assertThat(files(store, 0)).isEqualTo(6);
            store.setOptions(store.defaultColumnFamily(), Map.of("disable_auto_compactions", "false"));
            await().untilAsserted(() -> assertThat(files(store, 0)).isLessThan(4));
            checkAll(store, 5, 100);
            assertThatThrownBy(() ->
                            store.setOptions(store.defaultColumnFamily(), Map.of("level0_stop_writes_trigger", "-1")))
                    .hasMessageContaining("options.value");
        }
    }

    @Test
    void shouldRunAnExclusiveCompactionAlone() throws Exception {
        try (Store store = open(small().build())) {
            fill(store, 4, 300);
            store.compactRange(
                    store.defaultColumnFamily(),
                    CompactRangeOptions.builder()
                            .exclusiveManualCompaction(true)
                            .build(),
                    null,
                    null);
            fill(store, 4, 300);
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
            checkAll(store, 3, 300);
        }
    }

    @Test
    void shouldEndSoonWhenDroppedOrClosedWhileItCompacts() throws Exception {
        Store store = open(small().disableAutoCompactions(true).build());
        ColumnFamilyHandle other = store.createColumnFamily(new ColumnFamilyDescriptor(
                "other", small().disableAutoCompactions(true).build()));
        for (int i = 0; i < 300; i++) {
            store.put(key(i), value(0, i));
            store.put(other, key(i), value(0, i));
        }
        store.flush(FlushOptions.DEFAULT);
        store.setDBOptions(Map.of("rate_bytes_per_second", "1024")); // a compaction takes a minute
        for (ColumnFamilyHandle family : store.columnFamilies()) {
            Thread waiting = new Thread(() -> {
                try {
                    store.compactRange(
                            family,
                            CompactRangeOptions.builder()
                                    .bottommostLevelCompaction(BottommostLevelCompaction.FORCE)
                                    .build(),
                            null,
                            null);
                } catch (StoreException expected) {
                    completed.clear();
                }
            });
            waiting.setDaemon(true);
            waiting.start();
            await().until(() -> store.longProperty(store.defaultColumnFamily(), "rocksdb.num-running-compactions") > 0);
            if (family.name().equals("other")) {
                store.dropColumnFamily(other);
            } else {
                store.setDBOptions(Map.of("rate_bytes_per_second", "0"));
                waiting.join(20_000);
                store.setDBOptions(Map.of("rate_bytes_per_second", "1024"));
            }
        }
        long start = System.nanoTime();
        store.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
        try (Store again = open(small().build())) {
            checkAll(again, 0, 300);
            assertThat(again.columnFamily("other")).isNull();
        }
    }

    @Test
    void shouldRaiseOneLevelToTwo() throws Exception {
        try (Store store = open(small().numLevels(1).build())) {
            fill(store, 6, 100);
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
            assertThat(files(store, 1)).isPositive();
            checkAll(store, 5, 100);
        }
        try (Store store = open(small().numLevels(3).build())) {
            store.compactRange(store.defaultColumnFamily());
            fill(store, 5, 100);
            store.compactRange(store.defaultColumnFamily());
        }
        assertThatThrownBy(() -> open(small().numLevels(2).build()))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("store.levels");
    }

    @Test
    void shouldTakeMoreLevelsThanTheDefault() throws Exception {
        try (Store store = open(small().numLevels(12).build())) {
            fill(store, 6, 100);
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
            assertThat(store.property(store.defaultColumnFamily(), "rocksdb.levelstats"))
                    .containsPattern(" 11 +[1-9]");
            checkAll(store, 5, 100);
        }
        try (Store store = open(small().numLevels(12).build())) {
            fill(store, 6, 100);
            store.compactRange(store.defaultColumnFamily());
            checkAll(store, 5, 100);
        }
    }

    static ColumnFamilyOptions.Builder small() {
        return ColumnFamilyOptions.builder()
                .writeBufferSize(64 << 10)
                .compression(CompressionType.NONE)
                .targetFileSizeBase(4 << 10)
                .maxBytesForLevelBase(16 << 10);
    }

    private Store open(ColumnFamilyOptions family) throws StoreException {
        DBOptions options =
                DBOptions.builder().createIfMissing(true).listener(listener()).build();
        return Store.open(options, storage, List.of(new ColumnFamilyDescriptor("default", family)));
    }

    private EventListener listener() {
        return new EventListener() {
            @Override
            public void onCompactionCompleted(CompactionInfo info) {
                completed.add(info);
            }
        };
    }

    /** Writes all keys {@code rounds} times, with a flush behind each. */
    private static void fill(Store store, int rounds, int keys) throws StoreException {
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < keys; i++) {
                store.put(key(i), value(round, i));
            }
            store.flush(FlushOptions.DEFAULT);
        }
    }

    private static void checkAll(Store store, int round, int keys) throws StoreException {
        int count = 0;
        try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily())) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                assertThat(iterator.key()).isEqualTo(key(count));
                assertThat(iterator.value()).isEqualTo(value(round, count));
                count++;
            }
        }
        assertThat(count).isEqualTo(keys);
        assertThat(store.get(key(keys / 2))).isEqualTo(value(round, keys / 2));
    }

    private static void checkRounds(Store store, int rounds) throws StoreException {
        for (int i = 0; i < 600; i++) {
            byte[] expected = null;
            for (int round = 0; round < rounds; round++) {
                if (i >= round && (i - round) % (1 + round % 3) == 0) {
                    expected = value(round, i);
                }
                if (i == round) {
                    expected = null;
                }
            }
            assertThat(store.get(key(i))).as("key " + i).isEqualTo(expected);
        }
    }

    private Set<String> tables() throws IOException {
        Set<String> names = new TreeSet<>(storage.list(""));
        names.removeIf(name -> !name.endsWith(".sst"));
        return names;
    }

    private static Set<String> tablesOf(Store store) throws StoreException {
        return new TreeSet<>(
                store.propertiesOfAllTables(store.defaultColumnFamily()).keySet());
    }

    private static long files(Store store, int level) throws StoreException {
        return store.longProperty(store.defaultColumnFamily(), "rocksdb.num-files-at-level" + level);
    }

    private static byte[] key(int number) {
        return String.format("key%06d", number).getBytes(UTF_8);
    }

    private static byte[] value(int round, int number) {
        return ("round " + round + " of " + number + " " + "v".repeat(40 + number % 40)).getBytes(UTF_8);
    }
}
