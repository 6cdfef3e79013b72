// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.Ticker;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.MemoryStorage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Iterators pass over what a range deletion hides, without reading it, and over nothing else. */
@Timeout(120)
class RangeDeletionSkipTest {
    private static final int KEYS = 20_000;

    @Test
    void shouldNotAskTheTablesAnewAfterASwitchOfMemtables() throws Exception {
        FaultInjectingStorage counted = new FaultInjectingStorage(new MemoryStorage("switch"));
        DBOptions options =
                DBOptions.builder().createIfMissing(true).maxOpenFiles(20).build();
        List<ColumnFamilyDescriptor> families = List.of(
                new ColumnFamilyDescriptor("default", CompactionTest.small().build()));
        AtomicInteger opened = new AtomicInteger();
        try (Store store = Store.open(options, counted, families)) {
            byte[] value = new byte[1000];
            for (int i = 0; i < 400; i++) {
                store.put(
                        String.format("key%04d", i * 37 % 400).getBytes(UTF_8), value); // so that no file is just moved
            }
            store.flush(FlushOptions.DEFAULT);
            store.compactRange(store.defaultColumnFamily());
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
            store.pauseBackgroundWork(); // so that the files stay as they are
            counted.plan(call -> {
                if (call.operation() == FaultInjectingStorage.Operation.OPEN) {
                    opened.incrementAndGet();
                }
                return null;
            });
            store.newIterator(store.defaultColumnFamily()).close();
            assertThat(opened.getAndSet(0)).isGreaterThan(20);
            store.put("new".getBytes(UTF_8), value);
            store.flush(FlushOptions.builder().waitForFlush(false).build());
            assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.num-immutable-mem-table"))
                    .isEqualTo(1);
            store.newIterator(store.defaultColumnFamily()).close();
            assertThat(opened).hasValue(0);
            store.continueBackgroundWork();
        }
    }

    @Test
    void shouldReadNoBlocksOfAHiddenRange() throws Exception {
        try (Store store = open()) {
            for (int i = 0; i < KEYS; i++) {
                store.put(key(i), new byte[100]);
            }
            store.flush(FlushOptions.DEFAULT);
            store.compactRange(store.defaultColumnFamily());
            long all = blocksRead(store, () -> assertThat(countForward(store)).isEqualTo(KEYS));
            assertThat(all).isGreaterThan(400);

            store.deleteRange(key(50), key(KEYS - 50)); // in the memtable
            assertThat(blocksRead(store, () -> assertThat(countForward(store)).isEqualTo(100)))
                    .isLessThan(20);
            assertThat(blocksRead(store, () -> assertThat(countBackward(store)).isEqualTo(100)))
                    .isLessThan(20);
            store.flush(FlushOptions.DEFAULT); // in a table of L0
            assertThat(blocksRead(store, () -> assertThat(countForward(store)).isEqualTo(100)))
                    .isLessThan(20);
            assertThat(blocksRead(store, () -> assertThat(countBackward(store)).isEqualTo(100)))
                    .isLessThan(20);

            store.put(key(KEYS / 2), new byte[1]); // a newer one, in the midst
            assertThat(blocksRead(store, () -> assertThat(countForward(store)).isEqualTo(101)))
                    .isLessThan(20);
            assertThat(blocksRead(store, () -> assertThat(countBackward(store)).isEqualTo(101)))
                    .isLessThan(20);
        }
    }

    @Test
    void shouldStepWhereATableHasSomethingNewer() throws Exception {
        try (Store store = open()) {
            for (int i = 0; i < 1000; i++) {
                store.put(key(i), new byte[10]);
            }
            store.deleteRange(key(10), key(990));
            store.put(key(500), new byte[1]);
            store.flush(FlushOptions.DEFAULT);
            assertThat(countForward(store)).isEqualTo(21);
            assertThat(countBackward(store)).isEqualTo(21);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldShowWhatAMapShows(long seed) throws Exception {
        Random random = new Random(seed);
        NavigableMap<String, Integer> model = new TreeMap<>();
        List<Snapshot> snapshots = new ArrayList<>();
        List<NavigableMap<String, Integer>> states = new ArrayList<>();
        try (Store store = open()) {
            for (int step = 0; step < 3000; step++) {
                write(store, model, random, step);
                if (step % 400 == 399) {
                    snapshots.add(store.snapshot());
                    states.add(new TreeMap<>(model));
                }
            }
            for (int i = 0; i < states.size(); i++) {
                ReadOptions options =
                        ReadOptions.builder().snapshot(snapshots.get(i)).build();
                assertShows(store, options, states.get(i), random, "seed " + seed + ", snapshot " + i);
            }
            assertShows(store, ReadOptions.DEFAULT, model, random, "seed " + seed);
            snapshots.forEach(Snapshot::close);
        }
    }

    private static void write(Store store, NavigableMap<String, Integer> model, Random random, int step)
            throws StoreException {
        int number = random.nextInt(1000);
        int kind = random.nextInt(100);
        if (kind < 2) {
            int end = number + random.nextInt(random.nextBoolean() ? 400 : 20);
            store.deleteRange(key(number), key(end));
            model.subMap(text(number), true, text(end), false).clear();
        } else if (kind < 8) {
            store.delete(key(number));
            model.remove(text(number));
        } else if (kind < 9) {
            store.flush(FlushOptions.DEFAULT);
        } else if (kind < 10 && random.nextInt(4) == 0) {
            store.compactRange(store.defaultColumnFamily());
        } else {
            store.put(key(number), Integer.toString(step).getBytes(UTF_8));
            model.put(text(number), step);
        }
    }

    private static void assertShows(
            Store store, ReadOptions options, NavigableMap<String, Integer> model, Random random, String what)
            throws StoreException {
        List<String> expected = new ArrayList<>();
        model.forEach((key, value) -> expected.add(key + "=" + value));
        try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily(), options)) {
            List<String> found = new ArrayList<>();
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                found.add(shown(iterator));
            }
            assertThat(found).as(what).isEqualTo(expected);
            found.clear();
            for (iterator.seekToLast(); iterator.isValid(); iterator.prev()) {
                found.add(shown(iterator));
            }
            Collections.reverse(found);
            assertThat(found).as(what + ", backward").isEqualTo(expected);
            for (int i = 0; i < 100; i++) {
                assertWalks(iterator, model, text(random.nextInt(1000)), random, what);
            }
        }
    }

    /** Seeks, and goes to and fro. */
    private static void assertWalks(
            StoreIterator iterator, NavigableMap<String, Integer> model, String from, Random random, String what)
            throws StoreException {
        boolean up = random.nextBoolean();
        Map.Entry<String, Integer> at;
        if (up) {
            iterator.seek(from.getBytes(UTF_8));
            at = model.ceilingEntry(from);
        } else {
            iterator.seekForPrev(from.getBytes(UTF_8));
            at = model.floorEntry(from);
        }
        for (int step = 0; step < 12; step++) {
            assertThat(iterator.isValid()).as(what).isEqualTo(at != null);
            if (at == null) {
                return;
            }
            assertThat(shown(iterator)).as(what).isEqualTo(at.getKey() + "=" + at.getValue());
            if (random.nextInt(3) == 0) {
                up = !up;
            }
            if (up) {
                iterator.next();
                at = model.higherEntry(at.getKey());
            } else {
                iterator.prev();
                at = model.lowerEntry(at.getKey());
            }
        }
    }

    private static String shown(StoreIterator iterator) throws StoreException {
        return new String(iterator.key(), UTF_8) + "=" + new String(iterator.value(), UTF_8);
    }

    private interface Reading {
        void run() throws StoreException;
    }

    private static long blocksRead(Store store, Reading reading) throws StoreException {
        long before = blocksRead(store);
        reading.run();
        return blocksRead(store) - before;
    }

    private static long blocksRead(Store store) {
        Statistics counted = store.statistics();
        return counted.ticker(Ticker.BLOCK_CACHE_DATA_HIT) + counted.ticker(Ticker.BLOCK_CACHE_DATA_MISS);
    }

    private static int countForward(Store store) throws StoreException {
        int count = 0;
        try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily())) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                count++;
            }
        }
        return count;
    }

    private static int countBackward(Store store) throws StoreException {
        int count = 0;
        try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily())) {
            for (iterator.seekToLast(); iterator.isValid(); iterator.prev()) {
                count++;
            }
        }
        return count;
    }

    private static Store open() throws StoreException {
        ColumnFamilyOptions family = ColumnFamilyOptions.builder()
                .disableAutoCompactions(true)
                .targetFileSizeBase(512 << 10)
                .build();
        return Store.open(
                DBOptions.builder().createIfMissing(true).statistics(true).build(),
                new MemoryStorage("skips"),
                List.of(new ColumnFamilyDescriptor("default", family)));
    }

    private static byte[] key(int number) {
        return text(number).getBytes(UTF_8);
    }

    private static String text(int number) {
        return "key%06d".formatted(number);
    }
}
