// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.CompactionFilterFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.TtlDB;

/** Values that end some time after they were written. */
class TimeToLiveTest {
    @TempDir
    Path directory;

    @BeforeAll
    static void loadRocksDb() {
        RocksDB.loadLibrary();
    }

    private Store open(CompactionFilterFactory factory) throws Exception {
        ColumnFamilyOptions options = ColumnFamilyOptions.builder()
                .disableAutoCompactions(true)
                .compactionFilterFactory(factory)
                .build();
        DBOptions create = DBOptions.builder()
                .createIfMissing(true)
                .dbWriteBufferSize(4 << 20)
                .build();
        return Store.open(create, directory, List.of(new ColumnFamilyDescriptor("default", options)));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    @Test
    void shouldDropValuesWhoseTimeIsOver() throws Exception {
        AtomicLong now = new AtomicLong(1_700_000_000);
        try (Store store = open(TimeToLive.filter(Duration.ofSeconds(100), () -> Instant.ofEpochSecond(now.get())))) {
            store.put(bytes("a"), TimeToLive.stamp(bytes("first"), Instant.ofEpochSecond(now.get())));
            now.addAndGet(60);
            store.put(bytes("b"), TimeToLive.stamp(bytes("second"), Instant.ofEpochSecond(now.get())));
            store.put(bytes("c"), bytes("abc"));
            store.compactRange(store.defaultColumnFamily());
            assertThat(keys(store)).containsExactly("a", "b", "c");
            now.addAndGet(41);
            store.compactRange(
                    store.defaultColumnFamily(),
                    CompactRangeOptions.builder()
                            .bottommostLevelCompaction(io.sluice.store.compaction.BottommostLevelCompaction.FORCE)
                            .build(),
                    null,
                    null);
            assertThat(keys(store)).containsExactly("b", "c");
            byte[] left = java.util.Objects.requireNonNull(store.get(bytes("b")));
            assertThat(TimeToLive.strip(left)).isEqualTo(bytes("second"));
            assertThat(TimeToLive.written(left)).isEqualTo(Instant.ofEpochSecond(1_700_000_060));
            assertThatThrownBy(() -> TimeToLive.strip(bytes("abc"))).hasMessageContaining("ttl.stamp");
        }
    }

    @Test
    void shouldStampValuesAsRocksDbDoes() throws Exception {
        Instant begin = Instant.now().minusSeconds(1);
        try (Options options = new Options()
                        .setCreateIfMissing(true)
                        .setTableFormatConfig(new org.rocksdb.BlockBasedTableConfig().setFormatVersion(5));
                TtlDB db = TtlDB.open(options, directory.toString(), 10_000, false);
                org.rocksdb.FlushOptions flush = new org.rocksdb.FlushOptions()) {
            db.put(bytes("theirs"), bytes("value"));
            db.flush(flush);
        }
        try (Store store = open(TimeToLive.filter(Duration.ofSeconds(10_000), Instant::now))) {
            byte[] found = java.util.Objects.requireNonNull(store.get(bytes("theirs")));
            assertThat(TimeToLive.strip(found)).isEqualTo(bytes("value"));
            assertThat(TimeToLive.written(found)).isBetween(begin, Instant.now());
            store.put(bytes("ours"), TimeToLive.stamp(bytes("other"), Instant.now()));
        }
        try (Options options = new Options();
                TtlDB db = TtlDB.open(options, directory.toString(), 10_000, false)) {
            assertThat(db.get(bytes("ours"))).isEqualTo(bytes("other"));
            assertThat(db.get(bytes("theirs"))).isEqualTo(bytes("value"));
        }
    }

    private static Set<String> keys(Store store) throws Exception {
        Set<String> keys = new TreeSet<>();
        try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily())) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                keys.add(new String(iterator.key(), UTF_8));
            }
        }
        return keys;
    }
}
