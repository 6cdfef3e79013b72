// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.cache.OffHeapCache;
import org.jspecify.annotations.Nullable;

/**
 * What of a column family's tables is kept in memory; a value. See {@code io.sluice.store.BlockBasedTableOptions}.
 *
 * @param cache the cache, which stays its maker's, or null for the store's own
 * @param noBlockCache whether there is none
 * @param cacheIndexAndFilterBlocks whether it keeps indexes and filters
 * @param pinL0FilterAndIndexBlocks whether those of L0 are held nevertheless
 * @param pinTopLevelIndexAndFilter whether the upper level of those in parts is held nevertheless
 */
public record BlockCacheSettings(
        @Nullable OffHeapCache cache,
        boolean noBlockCache,
        boolean cacheIndexAndFilterBlocks,
        boolean pinL0FilterAndIndexBlocks,
        boolean pinTopLevelIndexAndFilter) {
    /** The store's own cache, for data blocks. */
    public static final BlockCacheSettings DEFAULT = new BlockCacheSettings(null, false, false, false, true);
}
