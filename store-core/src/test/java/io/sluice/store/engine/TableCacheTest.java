// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.Tickers;
import io.sluice.store.cache.OffHeapBlock;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.TestVersions;
import io.sluice.store.manifest.Version;
import io.sluice.store.sst.BlockReads;
import io.sluice.store.sst.Entry;
import io.sluice.store.sst.TableOptions;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TableCacheTest {
    private static final int FILES = 40;
    private static final int KEYS_PER_FILE = 50;

    private final MemoryStorage storage = new MemoryStorage("tables");
    private final List<FileMetadata> files = new ArrayList<>();
    private long liveBefore;

    @BeforeEach
    void writeTables() throws IOException {
        storage.createRoot();
        liveBefore = OffHeapBlock.liveBytes();
        for (int i = 0; i < FILES; i++) {
            List<Entry> entries = new ArrayList<>();
            for (int n = 0; n < KEYS_PER_FILE; n++) {
                entries.add(entry(i * KEYS_PER_FILE + n));
            }
            byte[] table = Entry.table(entries, TableOptions.DEFAULT.withBlockSize(256));
            try (WritableFile file = storage.create(FileNames.table(i + 1))) {
                file.append(new UnsafeBuffer(table), 0, table.length);
                file.sync();
            }
            files.add(new FileMetadata(
                    i + 1,
                    table.length,
                    entries.get(0).key(),
                    entries.get(KEYS_PER_FILE - 1).key(),
                    5,
                    5,
                    1,
                    0,
                    0));
        }
    }

    @AfterEach
    void shouldHaveFreedEveryBlock() {
        assertThat(OffHeapBlock.liveBytes()).isEqualTo(liveBefore);
    }

    private static Entry entry(int number) {
        return Entry.put(String.format("key%06d", number), 5, "value " + number);
    }

    private static TableReading reading(TableCache tables) {
        return tables.reading(BytewiseComparator.INSTANCE, BlockCacheSettings.DEFAULT);
    }

    @Test
    void shouldKeepEveryTableOpenWithoutABound() throws IOException {
        try (TableCache tables = new TableCache(storage, TableCache.UNLIMITED, Tickers.OFF)) {
            for (FileMetadata file : files) {
                tables.use(file, 1, reading(tables)).close();
            }
            assertThat(tables.openCount()).isEqualTo(FILES);
            tables.evict(1);
            assertThat(tables.openCount()).isEqualTo(FILES - 1);
        }
    }

    @Test
    void shouldCloseTablesThatWereNotUsedForAWhileToStayWithinTheBound() throws IOException {
        try (TableCache tables = new TableCache(storage, 10, Tickers.OFF)) {
            for (int i = 0; i < 400; i++) {
                tables.use(files.get(i % FILES), 1, reading(tables)).close();
                tables.use(files.get(0), 1, reading(tables)).close();
                assertThat(tables.openCount()).isLessThanOrEqualTo(10);
            }
        }
    }

    @Test
    void shouldNeverCloseATableInUse() throws IOException {
        try (TableCache tables = new TableCache(storage, 2, Tickers.OFF)) {
            List<TableCache.Use> uses = new ArrayList<>();
            for (FileMetadata file : files) {
                uses.add(tables.use(file, 1, reading(tables)));
            }
            assertThat(tables.openCount()).isEqualTo(FILES);
            for (TableCache.Use use : uses) {
                assertThat(use.reader().properties().entryCount()).isEqualTo(KEYS_PER_FILE);
                use.close();
            }
            tables.use(files.get(0), 1, reading(tables)).close();
            tables.evict(1);
            tables.use(files.get(1), 1, reading(tables)).close();
            tables.use(files.get(3), 1, reading(tables)).close();
            tables.evict(4);
            tables.use(files.get(5), 1, reading(tables)).close();
        }
    }

    @Test
    void shouldServeManyThreadsWithinTheBound() throws Exception {
        ExecutorService readers = Executors.newFixedThreadPool(4);
        try (TableCache tables = new TableCache(storage, 5, Tickers.OFF)) {
            TableReading reading = reading(tables);
            List<Future<?>> results = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                long seed = t;
                results.add(readers.submit(() -> {
                    Random random = new Random(seed);
                    for (int i = 0; i < 2000; i++) {
                        int which = random.nextInt(FILES);
                        try (InternalIterator iterator =
                                tables.iterator(files.get(which), 1, reading, BlockReads.DEFAULT)) {
                            iterator.seekToFirst();
                            assertThat(Entry.here(iterator))
                                    .as("seed %d", seed)
                                    .isEqualTo(entry(which * KEYS_PER_FILE));
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> result : results) {
                result.get(60, TimeUnit.SECONDS);
            }
            tables.use(files.get(0), 1, reading).close();
            assertThat(tables.openCount()).isLessThanOrEqualTo(5);
        } finally {
            readers.shutdownNow();
        }
    }

    @Test
    void shouldTryAgainWhereATableCouldNotBeOpened() throws IOException {
        try (TableCache tables = new TableCache(storage, 5, Tickers.OFF)) {
            FileMetadata missing = new FileMetadata(
                    99, 5, files.get(0).smallest(), files.get(0).largest(), 5, 5, 1, 0, 0);
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> tables.use(missing, 1, reading(tables)))
                        .isInstanceOfSatisfying(
                                StoreException.class,
                                e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.NOT_FOUND));
            }
            assertThat(tables.openCount()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {TableCache.UNLIMITED, 2})
    void shouldWalkALevelWithOneTableInUseAtATime(int maxOpenFiles) throws IOException {
        Version version = TestVersions.of(List.of(List.of(), files));
        try (TableCache tables = new TableCache(storage, maxOpenFiles, Tickers.OFF)) {
            LevelIterator level = new LevelIterator(tables, reading(tables), BlockReads.DEFAULT, version, 1);
            assertThat(tables.openCount()).isZero();
            int count = 0;
            for (level.seekToFirst(); level.isValid(); level.next()) {
                assertThat(Entry.here(level)).isEqualTo(entry(count++));
            }
            assertThat(count).isEqualTo(FILES * KEYS_PER_FILE);
            for (level.seekToLast(); level.isValid(); level.prev()) {
                assertThat(Entry.here(level)).isEqualTo(entry(--count));
            }
            assertThat(count).isZero();
            Random random = new Random(7);
            for (int i = 0; i < 500; i++) {
                int wanted = random.nextInt(FILES * KEYS_PER_FILE);
                level.seek(entry(wanted).key().buffer());
                assertThat(Entry.here(level)).isEqualTo(entry(wanted));
                level.seekForPrev(Entry.put(String.format("key%06d+", wanted), 5, "")
                        .key()
                        .buffer());
                assertThat(Entry.here(level)).isEqualTo(entry(wanted));
            }
            level.seek(Entry.put("z", 5, "").key().buffer());
            assertThat(level.isValid()).isFalse();
            level.seekForPrev(Entry.put("a", 5, "").key().buffer());
            assertThat(level.isValid()).isFalse();
            assertThatThrownBy(level::next).isInstanceOf(IllegalStateException.class);
            level.seekForPrev(Entry.put("z", 5, "").key().buffer());
            assertThat(Entry.here(level)).isEqualTo(entry(FILES * KEYS_PER_FILE - 1));
            level.close();
            assertThat(tables.openCount()).isEqualTo(maxOpenFiles == 2 ? 2 : FILES);
        }
    }
}
