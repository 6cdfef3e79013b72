// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import io.sluice.store.manifest.VersionSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

/**
 * Opens a store's tables with the store, several at a time, so that no read has to wait for it, and a missing or damaged
 * table is found at once. Where not all may be open, a quarter of those that may are opened, as RocksDB does.
 */
final class TableOpening {
    /** RocksDB's {@code max_file_opening_threads}. */
    private static final int MAX_THREADS = 16;

    private final TableCache tables;
    private final IntFunction<ExecutorService> threads;

    /**
     * An opening of tables into a cache.
     *
     * @param threads makes an executor of so many threads, which this shuts down
     */
    TableOpening(TableCache tables, IntFunction<ExecutorService> threads) {
        this.tables = tables;
        this.threads = threads;
    }

    /** Opens the tables of column families; throws the error of one that can't be opened. */
    void run(VersionSet versions, Map<Integer, ColumnFamilySettings> columnFamilies, int maxOpenFiles)
            throws IOException {
        List<Opening> openings = new ArrayList<>();
        for (Map.Entry<Integer, ColumnFamilySettings> entry : columnFamilies.entrySet()) {
            Version version = versions.retainVersion(entry.getKey());
            try {
                TableReading reading =
                        tables.reading(version.comparator(), entry.getValue().blockCache());
                for (int level = 0; level < version.levelCount(); level++) {
                    for (FileMetadata file : version.files(level)) {
                        openings.add(new Opening(file, level, reading));
                    }
                }
            } finally {
                version.release();
            }
        }
        int most = maxOpenFiles == TableCache.UNLIMITED ? openings.size() : maxOpenFiles / 4;
        open(openings.subList(0, Math.min(most, openings.size())));
    }

    private void open(List<Opening> openings) throws IOException {
        if (openings.isEmpty()) {
            return;
        }
        ExecutorService executor = threads.apply(Math.min(MAX_THREADS, openings.size()));
        try {
            List<Future<?>> futures = new ArrayList<>();
            for (Opening opening : openings) {
                futures.add(executor.submit(() -> {
                    tables.use(opening.file, opening.level, opening.reading).close();
                    return null;
                }));
            }
            for (Future<?> future : futures) {
                await(future);
            }
        } finally {
            executor.shutdownNow();
        }
    }

    private static void await(Future<?> future) throws IOException {
        try {
            future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IllegalStateException("a table can't be opened", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(
                    StoreException.Kind.IO, "store.open.interrupted", "interrupted while tables were being opened", e);
        }
    }

    private record Opening(FileMetadata file, int level, TableReading reading) {}
}
