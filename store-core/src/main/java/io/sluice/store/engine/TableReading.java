// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Tickers;
import io.sluice.store.cache.OffHeapCache;
import io.sluice.store.sst.TableCaching;
import org.jspecify.annotations.Nullable;

/**
 * How the tables of a column family are read; a value.
 *
 * @param comparator the order of its user keys
 * @param cache of blocks, or null for none
 * @param cacheOwner the store's number in the cache
 * @param options what is kept there
 * @param tickers count what is read
 */
record TableReading(
        KeyComparator comparator,
        @Nullable OffHeapCache cache,
        long cacheOwner,
        BlockCacheSettings options,
        Tickers tickers) {
    /** For a file of that level. */
    TableCaching caching(long fileNumber, int level) {
        return new TableCaching(
                cache,
                cacheOwner,
                fileNumber,
                options.cacheIndexAndFilterBlocks(),
                level == 0 && options.pinL0FilterAndIndexBlocks(),
                options.pinTopLevelIndexAndFilter(),
                tickers);
    }
}
