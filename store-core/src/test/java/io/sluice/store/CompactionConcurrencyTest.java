// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.store.storage.MemoryStorage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Writers, readers and several compactions at once, by rule and by command. */
@Timeout(120)
class CompactionConcurrencyTest {
    private static final int WRITERS = 3;
    private static final int KEYS = 500;
    private static final int ROUNDS = 40;

    @Test
    void shouldNeverShowAnOldOrForeignValue() throws Exception {
        MemoryStorage storage = new MemoryStorage("concurrent");
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .maxBackgroundJobs(8)
                .maxSubcompactions(3)
                .build();
        ColumnFamilyOptions family = CompactionTest.small()
                .level0FileNumCompactionTrigger(2)
                .softPendingCompactionBytesLimit(1 << 12) // so that several run at once
                .hardPendingCompactionBytesLimit(1L << 30)
                .maxBytesForLevelBase(8 << 10)
                .maxBytesForLevelMultiplier(3)
                .build();
        ExecutorService threads = Executors.newCachedThreadPool();
        AtomicBoolean done = new AtomicBoolean();
        try (Store store = Store.open(options, storage, List.of(new ColumnFamilyDescriptor("default", family)))) {
            store.setDBOptions(Map.of("delayed_write_rate", "1073741824"));
            List<Future<?>> writers = new ArrayList<>();
            List<Future<?>> readers = new ArrayList<>();
            for (int writer = 0; writer < WRITERS; writer++) {
                int own = writer;
                writers.add(threads.submit(() -> {
                    write(store, own);
                    return null;
                }));
                readers.add(threads.submit(() -> {
                    read(store, own, done);
                    return null;
                }));
            }
            readers.add(threads.submit(() -> {
                command(store, done);
                return null;
            }));
            for (Future<?> writer : writers) {
                writer.get(90, TimeUnit.SECONDS);
            }
            done.set(true);
            for (Future<?> reader : readers) {
                reader.get(30, TimeUnit.SECONDS);
            }
            store.waitForCompact(WaitForCompactOptions.builder().flush(true).build());
            check(store);
            await().untilAsserted(() -> {
                Set<String> tables = new TreeSet<>(storage.list(""));
                tables.removeIf(name -> !name.endsWith(".sst"));
                assertThat(tables)
                        .isEqualTo(store.propertiesOfAllTables(store.defaultColumnFamily())
                                .keySet());
            });
        } finally {
            done.set(true);
            threads.shutdownNow();
        }
        try (Store store = Store.open(DBOptions.DEFAULT, storage, List.of())) {
            check(store);
        }
    }

    /** Writes its keys in rounds, ascending; deletes every seventh in the last. */
    private static void write(Store store, int writer) throws Exception {
        for (int round = 1; round <= ROUNDS; round++) {
            for (int i = 0; i < KEYS; i++) {
                store.put(key(writer, i), value(writer, i, round));
            }
            if (round % 3 == 0) {
                store.flush(FlushOptions.builder().waitForFlush(false).build());
            }
        }
        for (int i = 0; i < KEYS; i += 7) {
            store.delete(key(writer, i));
        }
    }

    /** A key's round never goes back while it is read, by gets and by iterators. */
    private static void read(Store store, int writer, AtomicBoolean done) throws Exception {
        int[] seen = new int[KEYS];
        Random random = new Random(writer);
        while (!done.get()) {
            for (int k = 0; k < 200; k++) {
                int i = random.nextInt(KEYS);
                seen[i] = checkRound(store.get(key(writer, i)), writer, i, seen[i]);
            }
            try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily())) {
                byte[] prefix = ("w" + writer).getBytes(UTF_8);
                int last = -1;
                for (iterator.seek(prefix); iterator.isValid(); iterator.next()) {
                    String key = new String(iterator.key(), UTF_8);
                    if (!key.startsWith("w" + writer)) {
                        break;
                    }
                    int i = Integer.parseInt(key.substring(3));
                    assertThat(i).isGreaterThan(last);
                    last = i;
                    checkRound(iterator.value(), writer, i, 0);
                }
            }
        }
    }

    private static int checkRound(byte @org.jspecify.annotations.Nullable [] value, int writer, int i, int atLeast) {
        if (value == null) {
            assertThat(atLeast == 0 || i % 7 == 0)
                    .as("key %d was there and is gone", i)
                    .isTrue();
            return i % 7 == 0 && atLeast == ROUNDS ? atLeast : 0;
        }
        String text = new String(value, UTF_8);
        String expected = "w" + writer + "-" + i + "-";
        assertThat(text).startsWith(expected);
        int round = Integer.parseInt(text.substring(expected.length()));
        assertThat(round).isGreaterThanOrEqualTo(atLeast);
        return round;
    }

    private static void command(Store store, AtomicBoolean done) throws Exception {
        Random random = new Random(1);
        while (!done.get()) {
            byte[] begin = key(random.nextInt(WRITERS), random.nextInt(KEYS));
            store.compactRange(
                    store.defaultColumnFamily(),
                    CompactRangeOptions.builder()
                            .exclusiveManualCompaction(random.nextInt(4) == 0)
                            .build(),
                    random.nextBoolean() ? begin : null,
                    null);
        }
    }

    private static void check(Store store) throws Exception {
        for (int writer = 0; writer < WRITERS; writer++) {
            for (int i = 0; i < KEYS; i++) {
                byte[] expected = i % 7 == 0 ? null : value(writer, i, ROUNDS);
                assertThat(store.get(key(writer, i))).isEqualTo(expected);
            }
        }
    }

    private static byte[] key(int writer, int i) {
        return String.format("w%d-%05d", writer, i).getBytes(UTF_8);
    }

    private static byte[] value(int writer, int i, int round) {
        return ("w" + writer + "-" + i + "-" + round).getBytes(UTF_8);
    }
}
