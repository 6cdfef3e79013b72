// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.Ticker;
import io.sluice.store.base.Tickers;
import io.sluice.store.cache.OffHeapBlock;
import io.sluice.store.cache.OffHeapCache;
import io.sluice.store.cache.OffHeapCache.Role;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A table's blocks, from the cache or the file. Owns the file. Safe for concurrent use. */
final class TableBlocks implements AutoCloseable {
    private final BlockFile file;
    private final TableCaching caching;
    private volatile @Nullable CompressionDictionary dictionary;

    TableBlocks(BlockFile file, TableCaching caching) {
        this.file = file;
        this.caching = caching;
    }

    String name() {
        return file.name();
    }

    /** What its reads are counted by. */
    Tickers tickers() {
        return caching.tickers();
    }

    /** What data blocks were compressed with; it is closed with this. */
    void useDictionary(CompressionDictionary used) {
        dictionary = used;
    }

    /**
     * A block, with a reference for the caller.
     *
     * @throws StoreException {@code INCOMPLETE} where it is not in memory and the read must not ask the file
     */
    OffHeapBlock get(long offset, long length, Role role, BlockReads reads) throws IOException {
        OffHeapCache cache = caching.cache();
        if (cache != null) {
            OffHeapBlock block = cache.find(caching.owner(), caching.file(), offset, role);
            if (block != null) {
                countHit(role, block.length());
                return block;
            }
            countMiss(role);
        }
        if (reads.cacheOnly()) {
            throw new StoreException(
                    StoreException.Kind.INCOMPLETE,
                    "sst.block.not-in-memory",
                    BlockPlace.of(name(), offset) + ": is not in the block cache, and the read must not ask the file");
        }
        if (cache == null || (role == Role.DATA && !reads.fillCache())) {
            return readFile(offset, length, role, reads.verifyChecksums());
        }
        return load(cache, offset, length, role, reads.verifyChecksums());
    }

    /** A block from the file, checked, and not kept. */
    OffHeapBlock readFile(long offset, long length, Role role) throws IOException {
        return readFile(offset, length, role, true);
    }

    @Override
    public void close() throws IOException {
        try (CompressionDictionary used = dictionary) {
            file.close();
        }
    }

    private OffHeapBlock load(OffHeapCache cache, long offset, long length, Role role, boolean verify)
            throws IOException {
        return cache.load(caching.owner(), caching.file(), offset, () -> {
            OffHeapBlock block = readFile(offset, length, role, verify);
            Tickers tickers = caching.tickers();
            tickers.count(Ticker.BLOCK_CACHE_ADD);
            tickers.count(Ticker.BLOCK_CACHE_BYTES_WRITE, block.length());
            return block;
        });
    }

    private void countHit(Role role, long bytes) {
        Tickers tickers = caching.tickers();
        tickers.count(Ticker.BLOCK_CACHE_HIT);
        tickers.count(Ticker.BLOCK_CACHE_BYTES_READ, bytes);
        tickers.count(
                switch (role) {
                    case DATA -> Ticker.BLOCK_CACHE_DATA_HIT;
                    case INDEX -> Ticker.BLOCK_CACHE_INDEX_HIT;
                    case FILTER -> Ticker.BLOCK_CACHE_FILTER_HIT;
                });
    }

    private void countMiss(Role role) {
        Tickers tickers = caching.tickers();
        tickers.count(Ticker.BLOCK_CACHE_MISS);
        tickers.count(
                switch (role) {
                    case DATA -> Ticker.BLOCK_CACHE_DATA_MISS;
                    case INDEX -> Ticker.BLOCK_CACHE_INDEX_MISS;
                    case FILTER -> Ticker.BLOCK_CACHE_FILTER_MISS;
                });
    }

    private OffHeapBlock readFile(long offset, long length, Role role, boolean verify) throws IOException {
        return file.read(offset, length, role == Role.DATA ? dictionary : null, verify);
    }
}
