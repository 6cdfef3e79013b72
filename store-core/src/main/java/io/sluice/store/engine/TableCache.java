// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.sst.PropertyNames;
import io.sluice.store.sst.TableReader;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open tables of a store, each opened at its first use and kept open until {@link #evict}, as with RocksDB's {@code
 * max_open_files=-1}. Who uses a reader holds a version that has its file, and a file is evicted only when no version has
 * it: so readers need no count of users. Safe for concurrent use; two tables are opened independently of each other.
 */
final class TableCache implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(TableCache.class);

    private final Storage storage;
    private final ConcurrentMap<Long, Slot> slots = new ConcurrentHashMap<>();

    TableCache(Storage storage) {
        this.storage = storage;
    }

    /** The reader of a file, which stays the cache's. */
    TableReader get(FileMetadata file, KeyComparator comparator) throws IOException {
        Slot slot = slots.get(file.number());
        if (slot == null) {
            slot = slots.computeIfAbsent(file.number(), number -> new Slot());
        }
        return slot.get(file, comparator);
    }

    /** Closes the reader of a file that nobody uses any more. */
    void evict(long fileNumber) {
        Slot slot = slots.remove(fileNumber);
        if (slot != null) {
            slot.close();
        }
    }

    @Override
    public void close() {
        slots.keySet().forEach(this::evict);
    }

    private TableReader open(FileMetadata file, KeyComparator comparator) throws IOException {
        ReadableFile source = storage.open(FileNames.table(file.number()));
        if (source.length() != file.size()) {
            source.close();
            throw StoreException.corruption(
                    "table.size",
                    source.name() + " has " + source.length() + " bytes, the manifest says " + file.size()
                            + ": restore the file");
        }
        TableReader table = TableReader.open(source, comparator);
        // RocksDB's rule: the manifest's number, where there is one, is that of every key in an ingested file.
        if (file.largestSequence() != 0 && table.properties().raw().containsKey(PropertyNames.EXTERNAL_FILE_VERSION)) {
            table.close();
            throw new StoreException(
                    Kind.NOT_SUPPORTED,
                    "sst.global-sequence",
                    source.name() + " was ingested, and has its sequence number " + file.largestSequence()
                            + " in the manifest only, which this version does not read: compact the store with RocksDB");
        }
        return table;
    }

    private final class Slot {
        private volatile @Nullable TableReader reader;
        private boolean evicted;

        TableReader get(FileMetadata file, KeyComparator comparator) throws IOException {
            TableReader open = reader;
            return open != null ? open : openOnce(file, comparator);
        }

        /** Waits for storage with this slot's lock held: only those who need this very file wait with it. */
        private synchronized TableReader openOnce(FileMetadata file, KeyComparator comparator) throws IOException {
            TableReader open = reader;
            if (open == null) {
                if (evicted) {
                    throw new IllegalStateException("table " + file.number() + " was let go before this use");
                }
                open = TableCache.this.open(file, comparator);
                reader = open;
            }
            return open;
        }

        synchronized void close() {
            evicted = true;
            TableReader open = reader;
            if (open != null) {
                try {
                    open.close();
                } catch (IOException e) {
                    LOGGER.warn("a table that nobody reads any more can't be closed", e);
                }
            }
        }
    }
}
