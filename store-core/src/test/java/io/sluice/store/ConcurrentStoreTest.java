// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.base.StoreException;
import io.sluice.store.storage.MemoryStorage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What many threads see of one store while memtables are switched and flushed under them. */
@Timeout(120)
class ConcurrentStoreTest {
    private static final int THREADS = 10;

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @TempDir
    Path directory;

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    @Tag("A8")
    void shouldReadBackWhatTenWritersPutIntoTenColumnFamilies() throws Exception {
        int keys = 2_000;
        try (Store store = Store.open(options(64 << 20), directory, families(256 << 10))) {
            runAll(writer -> {
                List<ColumnFamilyHandle> families = store.columnFamilies();
                for (int i = 0; i < keys; i++) {
                    ColumnFamilyHandle family = families.get(i % families.size());
                    store.put(family, key(writer, i), value(writer, i));
                    if (i % 500 == 499) {
                        store.flush(FlushOptions.DEFAULT, family);
                    }
                }
            });
            assertThat(store.statistics().keysWritten()).isEqualTo((long) THREADS * keys);
            assertAll(store, keys);
            assertThat(store.statistics().flushesCompleted()).isGreaterThan(20);
        }
        try (Store store = Store.open(DBOptions.DEFAULT, directory)) {
            assertAll(store, keys);
            long found = 0;
            for (ColumnFamilyHandle family : store.columnFamilies()) {
                try (StoreIterator iterator = store.newIterator(family)) {
                    for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                        found++;
                    }
                }
            }
            assertThat(found).isEqualTo((long) THREADS * keys);
        }
    }

    private static void assertAll(Store store, int keys) throws StoreException {
        List<ColumnFamilyHandle> families = store.columnFamilies();
        for (int writer = 0; writer < THREADS; writer++) {
            for (int i = 0; i < keys; i++) {
                assertThat(store.get(families.get(i % families.size()), key(writer, i)))
                        .isEqualTo(value(writer, i));
            }
        }
    }

    @Test
    void shouldNeverReadAnOlderValueThanBeforeWhileMemtablesAreSwitched() throws Exception {
        AtomicBoolean writing = new AtomicBoolean(true);
        AtomicLong[] acknowledged = new AtomicLong[THREADS];
        for (int i = 0; i < THREADS; i++) {
            acknowledged[i] = new AtomicLong();
        }
        try (Store store = Store.open(options(32 << 20), new MemoryStorage("monotonic"), oneFamily(64 << 10))) {
            List<Future<Long>> readers = new ArrayList<>();
            for (int r = 0; r < 3; r++) {
                readers.add(threads.submit(() -> {
                    long[] seen = new long[THREADS];
                    long reads = 0;
                    while (writing.get()) {
                        for (int i = 0; i < THREADS; i++) {
                            long floor = Math.max(seen[i], acknowledged[i].get());
                            byte[] value = store.get(key(i, 0));
                            long found = value == null ? 0 : Long.parseLong(new String(value, UTF_8).strip());
                            assertThat(found).isGreaterThanOrEqualTo(floor);
                            seen[i] = found;
                            reads++;
                        }
                    }
                    return reads;
                }));
            }
            runAll(writer -> {
                String padding = " ".repeat(200);
                for (long i = 1; i <= 5_000; i++) {
                    store.put(key(writer, 0), (i + padding).getBytes(UTF_8));
                    acknowledged[writer].set(i);
                }
            });
            writing.set(false);
            for (Future<Long> reader : readers) {
                assertThat(reader.get()).isPositive();
            }
            assertThat(store.statistics().flushesCompleted()).isGreaterThan(20);
        }
    }

    @Test
    void shouldShowEachBatchWholeOrNotAtAll() throws Exception {
        int keysInBatch = 20;
        AtomicBoolean writing = new AtomicBoolean(true);
        try (Store store = Store.open(options(32 << 20), new MemoryStorage("atomic"), oneFamily(64 << 10))) {
            Future<Integer> reader = threads.submit(() -> {
                int scans = 0;
                long last = 0;
                for (; writing.get() || scans == 0; scans++) {
                    try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily())) {
                        int count = 0;
                        long batch = -1;
                        for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                            long found = Long.parseLong(new String(iterator.value(), UTF_8));
                            assertThat(batch).isIn(-1L, found);
                            batch = found;
                            count++;
                        }
                        assertThat(count).isIn(0, keysInBatch);
                        assertThat(batch).isGreaterThanOrEqualTo(last == 0 ? -1 : last);
                        last = Math.max(last, batch);
                    }
                }
                return scans;
            });
            AtomicLong batches = new AtomicLong();
            runAll(writer -> {
                WriteBatch batch = new WriteBatch();
                for (int i = 0; i < 300; i++) {
                    synchronized (batches) { // so that the numbers ascend with the sequence
                        byte[] number = Long.toString(batches.incrementAndGet()).getBytes(UTF_8);
                        batch.clear();
                        for (int k = 0; k < keysInBatch; k++) {
                            batch.put(key(0, k), number);
                        }
                        store.write(WriteOptions.DEFAULT, batch);
                    }
                }
            });
            writing.set(false);
            assertThat(reader.get()).isPositive();
        }
    }

    @Test
    void shouldWriteBatchesAcrossColumnFamiliesWhileTheyAreFlushed() throws Exception {
        try (Store store = Store.open(options(32 << 20), new MemoryStorage("across"), families(64 << 10))) {
            runAll(writer -> {
                WriteBatch batch = new WriteBatch();
                for (int i = 0; i < 400; i++) {
                    batch.clear();
                    for (ColumnFamilyHandle family : store.columnFamilies()) {
                        batch.put(family, key(writer, i), value(writer, i));
                    }
                    store.write(WriteOptions.DEFAULT, batch);
                }
            });
            for (ColumnFamilyHandle family : store.columnFamilies()) {
                for (int writer = 0; writer < THREADS; writer++) {
                    for (int i = 0; i < 400; i++) {
                        assertThat(store.get(family, key(writer, i))).isEqualTo(value(writer, i));
                    }
                }
            }
        }
    }

    @Test
    void shouldGetThroughWithLittleMemory() throws Exception {
        try (Store store = Store.open(options(16 << 20), new MemoryStorage("little"), families(64 << 20))) {
            runAll(writer -> {
                for (int i = 0; i < 1_000; i++) {
                    ColumnFamilyHandle family = store.columnFamilies().get((writer + i) % 10);
                    store.put(family, key(writer, i), new byte[8 << 10]);
                }
            });
            assertThat(store.statistics().flushesCompleted()).isPositive();
            for (int writer = 0; writer < THREADS; writer++) {
                for (int i = 0; i < 1_000; i++) {
                    ColumnFamilyHandle family = store.columnFamilies().get((writer + i) % 10);
                    assertThat(store.get(family, key(writer, i))).hasSize(8 << 10);
                }
            }
        }
    }

    private interface Writer {
        void run(int writer) throws Exception;
    }

    private void runAll(Writer writer) throws Exception {
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int number = i;
            tasks.add(() -> {
                writer.run(number);
                return null;
            });
        }
        for (Future<Void> future : threads.invokeAll(tasks)) {
            future.get();
        }
    }

    private static DBOptions options(long memory) {
        return DBOptions.builder()
                .createIfMissing(true)
                .createMissingColumnFamilies(true)
                .maxBackgroundFlushes(2)
                .dbWriteBufferSize(memory)
                .build();
    }

    private static List<ColumnFamilyDescriptor> families(long writeBufferSize) {
        ColumnFamilyOptions options =
                ColumnFamilyOptions.builder().writeBufferSize(writeBufferSize).build();
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        families.add(new ColumnFamilyDescriptor("default", options));
        for (int i = 1; i < 10; i++) {
            families.add(new ColumnFamilyDescriptor("family" + i, options));
        }
        return families;
    }

    private static List<ColumnFamilyDescriptor> oneFamily(long writeBufferSize) {
        return families(writeBufferSize).subList(0, 1);
    }

    private static byte[] key(int writer, int number) {
        return String.format("%02d-%06d", writer, number).getBytes(UTF_8);
    }

    private static byte[] value(int writer, int number) {
        return ("value of " + writer + " " + number + "x".repeat(number % 300)).getBytes(UTF_8);
    }
}
