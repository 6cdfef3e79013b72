// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.Ticker;
import io.sluice.store.base.Tickers;
import io.sluice.store.cache.OffHeapCache;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.sst.BlockReads;
import io.sluice.store.sst.TableCaching;
import io.sluice.store.sst.TableReader;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open tables of a store, each opened at its first use, and closed when its file is let go or, where there is a bound
 * to their number ({@code max_open_files}), to make room for another. Safe for concurrent use; two tables are opened
 * independently of each other.
 *
 * <p>Invariants: who uses a reader holds a version that has its file, and a file is evicted only when no version has it; so
 * without a bound readers need no count of their users. With a bound each use is counted, and only readers without users
 * are closed: if all have users, there are more open ones than the bound until one of them is given back.
 */
final class TableCache implements AutoCloseable {
    /** No bound to the number of open tables. */
    static final int UNLIMITED = -1;

    /** Bytes of the block cache of a store that was given none; RocksDB's default. */
    private static final long OWN_CACHE_CAPACITY = 32 << 20;

    private static final Logger LOGGER = LoggerFactory.getLogger(TableCache.class);
    private static final ThreadLocal<FileKey> LOOKUP = ThreadLocal.withInitial(FileKey::new);

    private final Storage storage;
    private final int maxOpenFiles;
    private final Tickers tickers;
    private final ConcurrentMap<FileKey, Slot> slots = new ConcurrentHashMap<>();
    private final AtomicInteger openCount = new AtomicInteger();

    @GuardedBy("this")
    private final IdentityHashMap<OffHeapCache, Long> owners = new IdentityHashMap<>();

    @GuardedBy("this")
    private @Nullable OffHeapCache ownCache;

    /** A cache of at most {@code maxOpenFiles} open tables, or {@link #UNLIMITED}; {@code tickers} count what is read. */
    TableCache(Storage storage, int maxOpenFiles, Tickers tickers) {
        this.storage = storage;
        this.maxOpenFiles = maxOpenFiles;
        this.tickers = tickers;
    }

    /** An open table in use, to be given back once. */
    interface Use extends AutoCloseable {
        TableReader reader();

        @Override
        void close();
    }

    /** How the tables of a column family of this store are read. */
    synchronized TableReading reading(KeyComparator comparator, BlockCacheSettings settings) {
        OffHeapCache cache = settings.noBlockCache() ? null : settings.cache();
        if (cache == null && !settings.noBlockCache()) {
            if (ownCache == null) {
                ownCache = new OffHeapCache(OWN_CACHE_CAPACITY);
            }
            cache = ownCache;
        }
        long owner = cache == null ? 0 : owners.computeIfAbsent(cache, OffHeapCache::newOwner);
        return new TableReading(comparator, cache, owner, settings, tickers);
    }

    /** A file's reader, opened where it is not; whoever gets it closes the use. */
    Use use(FileMetadata file, int level, TableReading reading) throws IOException {
        while (true) {
            Slot slot = slots.get(LOOKUP.get().set(file.number()));
            if (slot == null) {
                slot = slots.computeIfAbsent(new FileKey().set(file.number()), key -> new Slot());
            }
            if (slot.enter(file, level, reading)) {
                return slot;
            }
            slots.remove(LOOKUP.get().set(file.number()), slot);
        }
    }

    /** An iterator over a file; its table stays open until it is closed. */
    InternalIterator iterator(FileMetadata file, int level, TableReading reading, BlockReads reads) throws IOException {
        Use use = use(file, level, reading);
        try {
            return use.reader().iterator(reads, use::close);
        } catch (IOException | RuntimeException e) {
            use.close();
            throw e;
        }
    }

    /** Closes the reader of a file that nobody uses any more. */
    void evict(long fileNumber) {
        Slot slot = slots.remove(new FileKey().set(fileNumber));
        if (slot != null) {
            slot.end();
        }
    }

    /** Tables that are open. */
    int openCount() {
        return openCount.get();
    }

    @Override
    public void close() {
        slots.keySet().forEach(key -> evict(key.number));
        synchronized (this) {
            if (ownCache != null) {
                ownCache.close();
            }
        }
    }

    private TableReader open(FileMetadata file, int level, TableReading reading) throws IOException {
        ReadableFile source = storage.open(FileNames.table(file.number()));
        if (source.length() != file.size()) {
            source.close();
            throw StoreException.corruption(
                    "table.size",
                    source.name() + " has " + source.length() + " bytes, the manifest says " + file.size()
                            + ": restore the file");
        }
        TableCaching caching = reading.caching(file.number(), level);
        TableReader reader = TableReader.open(source, reading.comparator(), caching);
        reader.takeManifestSequence(file.largestSequence());
        openCount.incrementAndGet();
        tickers.count(Ticker.NO_FILE_OPENS);
        return reader;
    }

    /** Closes tables without users, those not used for a while first, until there is room. */
    private void makeRoom() {
        // One round takes the marks of use away, a second one finds those that were not used since.
        for (int round = 0; round < 2 && openCount.get() > maxOpenFiles; round++) {
            for (Map.Entry<FileKey, Slot> entry : slots.entrySet()) {
                Slot slot = entry.getValue();
                if (openCount.get() <= maxOpenFiles) {
                    return;
                }
                if (slot.usedLately) {
                    slot.usedLately = false;
                } else if (slot.tryEnd()) {
                    slots.remove(entry.getKey(), slot);
                }
            }
        }
    }

    /** A file's number, to look it up without garbage. Changes only where it serves one thread's look-ups. */
    private static final class FileKey {
        private long number;

        FileKey set(long fileNumber) {
            number = fileNumber;
            return this;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof FileKey key && key.number == number;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(number);
        }
    }

    /** A file's place; {@code users} is {@link #ENDED} once it has left the cache. */
    private final class Slot implements Use {
        private static final int ENDED = -1;

        private final AtomicInteger users = new AtomicInteger();
        private volatile @Nullable TableReader reader;
        private volatile boolean usedLately;

        /** Opens the table where it is not, and counts a user where that matters; false where the slot has ended. */
        boolean enter(FileMetadata file, int level, TableReading reading) throws IOException {
            if (maxOpenFiles == UNLIMITED) {
                if (reader == null) {
                    openOnce(file, level, reading);
                }
                return users.get() != ENDED;
            }
            if (!count()) {
                return false;
            }
            usedLately = true;
            if (reader == null) {
                try {
                    openOnce(file, level, reading);
                } catch (IOException | RuntimeException e) {
                    close();
                    throw e;
                }
                makeRoom();
            }
            return true;
        }

        @Override
        public TableReader reader() {
            TableReader open = reader;
            if (open == null) {
                throw new IllegalStateException("the table was let go before this use");
            }
            return open;
        }

        @Override
        public void close() {
            if (maxOpenFiles != UNLIMITED && users.decrementAndGet() < 0) {
                throw new IllegalStateException("the table was given back more often than taken");
            }
        }

        /** Ends the slot where it has no users. */
        boolean tryEnd() {
            if (!users.compareAndSet(0, ENDED)) {
                return false;
            }
            closeReader();
            return true;
        }

        /** Ends the slot: nobody needs its file. */
        void end() {
            users.set(ENDED);
            closeReader();
        }

        private boolean count() {
            int seen = users.get();
            while (seen != ENDED) {
                if (users.compareAndSet(seen, seen + 1)) {
                    return true;
                }
                seen = users.get();
            }
            return false;
        }

        /** Waits for storage with this slot's lock held: only those who need this very file wait with it. */
        private synchronized void openOnce(FileMetadata file, int level, TableReading reading) throws IOException {
            if (users.get() == ENDED) {
                return;
            }
            if (reader == null) {
                reader = open(file, level, reading);
            }
        }

        private synchronized void closeReader() {
            TableReader open = reader;
            reader = null;
            if (open == null) {
                return;
            }
            openCount.decrementAndGet();
            try {
                open.close();
            } catch (IOException e) {
                LOGGER.warn("a table that nobody reads any more can't be closed", e);
            }
        }
    }
}
