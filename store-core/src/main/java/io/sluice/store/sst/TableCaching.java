// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.Tickers;
import io.sluice.store.cache.OffHeapCache;
import org.jspecify.annotations.Nullable;

/**
 * What of a table is kept in memory, and where, and what its reads are counted by; a value.
 *
 * @param cache of blocks, or null for none
 * @param owner the store's number in the cache
 * @param file the file's number in the store
 * @param cacheIndexAndFilter whether index and filter are the cache's to keep, not the reader's; RocksDB's {@code
 *     cache_index_and_filter_blocks}
 * @param pinAll whether the reader holds them nevertheless; its {@code pin_l0_filter_and_index_blocks_in_cache}, for a
 *     file of L0
 * @param pinTopLevel whether the reader holds the upper level of a partitioned index or filter; its {@code
 *     pin_top_level_index_and_filter}
 * @param tickers count blocks and filters
 */
public record TableCaching(
        @Nullable OffHeapCache cache,
        long owner,
        long file,
        boolean cacheIndexAndFilter,
        boolean pinAll,
        boolean pinTopLevel,
        Tickers tickers) {
    /** No cache: the reader holds index and filter. */
    public static final TableCaching NONE = new TableCaching(null, 0, 0, false, false, false, Tickers.OFF);

    /** Whether the reader holds the block with which searches of index or filter begin. */
    boolean holdsRoot(boolean isPartitioned) {
        return cache == null || !cacheIndexAndFilter || pinAll || (isPartitioned && pinTopLevel);
    }
}
