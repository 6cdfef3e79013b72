// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.util.Map.entry;

import io.sluice.store.OptionsInterpreter.Setter;
import io.sluice.store.base.StoreException;
import io.sluice.store.options.OptionText;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The options of tables that a file can have, with their ranges at {@link BlockBasedTableOptions.Builder}. */
final class TableOptionSetters {
    private static final int MAX_BITS = 100;
    private static final Pattern BLOOM = Pattern.compile(
            "(?:bloomfilter|rocksdb\\.BloomFilter):([0-9]{1,9}(?:\\.[0-9]{1,20})?)(?::(?:true|false))?");

    static final Map<String, Setter<BlockBasedTableOptions.Builder>> BY_NAME = Map.ofEntries(
            entry("block_size", (b, v) -> b.blockSize(v.integer(256, 16 << 20))),
            entry("block_size_deviation", (b, v) -> b.blockSizeDeviation(v.integer(0, 100))),
            entry("block_restart_interval", (b, v) -> b.blockRestartInterval(v.integer(1, 1 << 16))),
            entry("index_block_restart_interval", (b, v) -> b.indexBlockRestartInterval(v.integer(1, 1 << 16))),
            entry("filter_policy", TableOptionSetters::filterPolicy),
            entry("whole_key_filtering", (b, v) -> b.wholeKeyFiltering(v.flag())),
            entry("no_block_cache", (b, v) -> b.noBlockCache(v.flag())),
            entry("cache_index_and_filter_blocks", (b, v) -> b.cacheIndexAndFilterBlocks(v.flag())),
            entry("pin_l0_filter_and_index_blocks_in_cache", (b, v) -> b.pinL0FilterAndIndexBlocksInCache(v.flag())),
            entry("pin_top_level_index_and_filter", (b, v) -> b.pinTopLevelIndexAndFilter(v.flag())));

    private TableOptionSetters() {}

    private static void filterPolicy(BlockBasedTableOptions.Builder builder, OptionValue value) throws StoreException {
        if (value.isNull()) {
            return;
        }
        Matcher bloom = BLOOM.matcher(OptionText.objectId(value.raw()));
        if (!bloom.matches()) {
            value.unsupported("expected bloomfilter:BITS");
            return;
        }
        double bits = Double.parseDouble(bloom.group(1));
        if (bits > MAX_BITS) {
            value.unsupported("expected at most " + MAX_BITS + " bits");
        }
        builder.filterBitsPerKey(Math.min(bits, MAX_BITS));
    }
}
