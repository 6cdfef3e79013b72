// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushInfo;
import io.sluice.store.flush.FlushReason;
import io.sluice.store.storage.MemoryStorage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A memtable is flushed by itself when it has so many entries, so many bytes, or is so old. */
@Timeout(60)
class FlushTriggerTest {
    /** The number of entries at which the system that this one replaces has flushed. */
    private static final int SEED = 1000;

    private final List<FlushInfo> flushes = new CopyOnWriteArrayList<>();

    @Test
    @Tag("C13")
    void shouldFlushByEntries() throws Exception {
        try (Store store = open(ColumnFamilyOptions.builder().memtableMaxEntries(SEED))) {
            put(store, 0, SEED, 10);
            assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.num-entries-active-mem-table"))
                    .isEqualTo(SEED);
            put(store, SEED, 2 * SEED + 1, 10);
            awaitFlushed(2 * SEED);
            assertThat(flushes)
                    .allSatisfy(
                            flush -> { // one may take both memtables
                                assertThat(flush.inputEntries()).isEqualTo((long) SEED * flush.memtables());
                                assertThat(flush.reason()).isEqualTo(FlushReason.WRITE_BUFFER_FULL);
                            });
            check(store, 2 * SEED + 1, 10);
        }
    }

    @Test
    @Tag("C13")
    void shouldFlushBySize() throws Exception {
        try (Store store = open(ColumnFamilyOptions.builder().writeBufferSize(64 << 10))) {
            put(store, 0, 100, 1000);
            awaitFlushed(50);
            assertThat(flushes.get(0).reason()).isEqualTo(FlushReason.WRITE_BUFFER_FULL);
            assertThat(flushes.get(0).inputEntries()).isBetween(55L, 66L); // of a little more than 1,000 bytes
            check(store, 100, 1000);
        }
    }

    @Test
    @Tag("C13")
    void shouldFlushByTime() throws Exception {
        Duration age = Duration.ofMillis(200);
        try (Store store = open(ColumnFamilyOptions.builder().memtableMaxAge(age))) {
            long start = System.nanoTime();
            put(store, 0, 10, 10);
            awaitFlushed(10);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(age);
            assertThat(flushes.get(0).reason()).isEqualTo(FlushReason.MEMTABLE_MAX_AGE);
            put(store, 10, 20, 10); // the next memtable has a timer of its own
            awaitFlushed(20);
            check(store, 20, 10);
        }
    }

    @Test
    void shouldStartNoTimerForAMemtableWithoutWrites() throws Exception {
        try (Store store = open(ColumnFamilyOptions.builder().memtableMaxAge(Duration.ofMillis(1)))) {
            ColumnFamilyHandle idle = store.createColumnFamily(new ColumnFamilyDescriptor("idle"));
            put(store, 0, 10, 10);
            awaitFlushed(10);
            assertThat(store.longProperty(idle, "rocksdb.num-files-at-level0")).isZero();
            assertThat(flushes)
                    .allSatisfy(flush -> assertThat(flush.inputEntries()).isPositive());
        }
    }

    @Test
    void shouldTakeBothOnAnOpenStore() throws Exception {
        try (Store store = open(ColumnFamilyOptions.builder())) {
            ColumnFamilyHandle family = store.defaultColumnFamily();
            put(store, 0, 50, 10);
            store.setOptions(family, Map.of("memtable_max_entries", "50"));
            put(store, 50, 51, 10);
            awaitFlushed(50);
            assertThat(flushes.get(0).inputEntries()).isEqualTo(50);
            store.setOptions(family, Map.of("memtable_max_entries", "0", "memtable_max_age_ms", "1"));
            awaitFlushed(51); // of the entry that was there before
            assertThat(flushes.get(1).reason()).isEqualTo(FlushReason.MEMTABLE_MAX_AGE);
            assertThatThrownBy(() -> store.setOptions(family, Map.of("memtable_max_entries", "-1")))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("memtable_max_entries=-1");
            check(store, 51, 10);
        }
    }

    @Test
    void shouldFlushByTimeWhereSeveralMemtablesAreMerged() throws Exception {
        try (Store store = open(ColumnFamilyOptions.builder()
                .maxWriteBufferNumber(4)
                .minWriteBufferNumberToMerge(3)
                .memtableMaxAge(Duration.ofMillis(5)))) {
            put(store, 0, 10, 10);
            awaitFlushed(10);
            check(store, 10, 10);
        }
    }

    @Test
    void shouldKeepTheOptionsInCopies() {
        ColumnFamilyOptions copy =
                ColumnFamilyOptions.builder()
                        .memtableMaxEntries(SEED)
                        .memtableMaxAge(Duration.ofSeconds(3))
                        .build()
                        .toBuilder()
                        .build();
        assertThat(copy.memtableMaxEntries()).isEqualTo(SEED);
        assertThat(copy.memtableMaxAge()).isEqualTo(Duration.ofSeconds(3));
        assertThat(DBOptions.builder().statistics(true).build().toBuilder()
                        .build()
                        .statistics())
                .isTrue();
    }

    @Test
    void shouldRefuseValuesByName() {
        assertThatThrownBy(() -> ColumnFamilyOptions.builder().memtableMaxEntries(-1))
                .hasMessageContaining("memtable_max_entries=-1");
        assertThatThrownBy(() -> ColumnFamilyOptions.builder().memtableMaxAge(Duration.ofNanos(1)))
                .hasMessageContaining("memtable_max_age_ms");
        assertThatThrownBy(() -> ColumnFamilyOptions.builder().memtableMaxAge(Duration.ofDays(-1)))
                .hasMessageContaining("memtable_max_age_ms");
    }

    private Store open(ColumnFamilyOptions.Builder family) throws StoreException {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .listener(new EventListener() {
                    @Override
                    public void onFlushCompleted(FlushInfo info) {
                        flushes.add(info);
                    }
                })
                .build();
        return Store.open(
                options, new MemoryStorage("triggers"), List.of(new ColumnFamilyDescriptor("default", family.build())));
    }

    private void awaitFlushed(long entries) {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> flushes.stream().mapToLong(FlushInfo::inputEntries).sum() >= entries);
    }

    private static void put(Store store, int from, int to, int valueLength) throws StoreException {
        for (int i = from; i < to; i++) {
            store.put(key(i), new byte[valueLength]);
        }
    }

    private static void check(Store store, int count, int valueLength) throws StoreException {
        for (int i = 0; i < count; i++) {
            assertThat(store.get(key(i))).hasSize(valueLength);
        }
    }

    private static byte[] key(int number) {
        return new byte[] {(byte) (number >>> 16), (byte) (number >>> 8), (byte) number};
    }
}
