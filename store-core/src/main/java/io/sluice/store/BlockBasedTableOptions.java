// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import org.jspecify.annotations.Nullable;

/** How the SSTs of a column family are laid out. A value; names and defaults are RocksDB's. */
public final class BlockBasedTableOptions {
    /** RocksDB's defaults. */
    public static final BlockBasedTableOptions DEFAULT = builder().build();

    private final int blockSize;
    private final int blockSizeDeviation;
    private final int blockRestartInterval;
    private final int indexBlockRestartInterval;
    private final double filterBitsPerKey;
    private final boolean wholeKeyFiltering;
    private final @Nullable BlockCache blockCache;
    private final boolean noBlockCache;
    private final boolean cacheIndexAndFilterBlocks;
    private final boolean pinL0FilterAndIndexBlocksInCache;
    private final boolean pinTopLevelIndexAndFilter;

    private BlockBasedTableOptions(Builder builder) {
        this.blockSize = builder.blockSize;
        this.blockSizeDeviation = builder.blockSizeDeviation;
        this.blockRestartInterval = builder.blockRestartInterval;
        this.indexBlockRestartInterval = builder.indexBlockRestartInterval;
        this.filterBitsPerKey = builder.filterBitsPerKey;
        this.wholeKeyFiltering = builder.wholeKeyFiltering;
        this.blockCache = builder.blockCache;
        this.noBlockCache = builder.noBlockCache;
        this.cacheIndexAndFilterBlocks = builder.cacheIndexAndFilterBlocks;
        this.pinL0FilterAndIndexBlocksInCache = builder.pinL0FilterAndIndexBlocksInCache;
        this.pinTopLevelIndexAndFilter = builder.pinTopLevelIndexAndFilter;
    }

    /** A builder with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Uncompressed bytes at which a data block is cut. */
    public int blockSize() {
        return blockSize;
    }

    /** Per cent of room left in a block at which the next entry starts a new one. */
    public int blockSizeDeviation() {
        return blockSizeDeviation;
    }

    /** Entries between restart points of a data block. */
    public int blockRestartInterval() {
        return blockRestartInterval;
    }

    /** Entries between restart points of the index. */
    public int indexBlockRestartInterval() {
        return indexBlockRestartInterval;
    }

    /** Bits of the Bloom filter for each key, 0 for no filter. */
    public double filterBitsPerKey() {
        return filterBitsPerKey;
    }

    /** Whether whole keys enter the filter. */
    public boolean wholeKeyFiltering() {
        return wholeKeyFiltering;
    }

    /** The cache of the tables' blocks, or null for the store's own of 32 MiB. */
    public @Nullable BlockCache blockCache() {
        return blockCache;
    }

    /** Whether blocks are read from their files each time. */
    public boolean noBlockCache() {
        return noBlockCache;
    }

    /** Whether indexes and filters are the cache's to keep, and within its bound. */
    public boolean cacheIndexAndFilterBlocks() {
        return cacheIndexAndFilterBlocks;
    }

    /** Whether those of L0's tables are held nevertheless, while the table is open. */
    public boolean pinL0FilterAndIndexBlocksInCache() {
        return pinL0FilterAndIndexBlocksInCache;
    }

    /** Whether the upper level of those in parts is held nevertheless, while the table is open. */
    public boolean pinTopLevelIndexAndFilter() {
        return pinTopLevelIndexAndFilter;
    }

    /** Builds {@link BlockBasedTableOptions}. */
    public static final class Builder {
        private int blockSize = 4096;
        private int blockSizeDeviation = 10;
        private int blockRestartInterval = 16;
        private int indexBlockRestartInterval = 1;
        private double filterBitsPerKey;
        private boolean wholeKeyFiltering = true;
        private @Nullable BlockCache blockCache;
        private boolean noBlockCache;
        private boolean cacheIndexAndFilterBlocks;
        private boolean pinL0FilterAndIndexBlocksInCache;
        private boolean pinTopLevelIndexAndFilter = true;

        private Builder() {}

        /** {@code block_size}, bytes, 256 to 16 MiB; 4,096. */
        public Builder blockSize(int bytes) {
            blockSize = Checks.inRange("block_size", bytes, 256, 16 << 20);
            return this;
        }

        /** {@code block_size_deviation}, per cent, 0 to 100; 10. */
        public Builder blockSizeDeviation(int percent) {
            blockSizeDeviation = Checks.inRange("block_size_deviation", percent, 0, 100);
            return this;
        }

        /** {@code block_restart_interval}, entries, 1 to 65,536; 16. */
        public Builder blockRestartInterval(int entries) {
            blockRestartInterval = Checks.inRange("block_restart_interval", entries, 1, 1 << 16);
            return this;
        }

        /** {@code index_block_restart_interval}, entries, 1 to 65,536; 1. */
        public Builder indexBlockRestartInterval(int entries) {
            indexBlockRestartInterval = Checks.inRange("index_block_restart_interval", entries, 1, 1 << 16);
            return this;
        }

        /** The bits of {@code filter_policy=bloomfilter:…}, 0 to 100, 0 for no filter; 0. */
        public Builder filterBitsPerKey(double bits) {
            if (!(bits >= 0 && bits <= 100)) {
                throw new IllegalArgumentException("bloomfilter bits=" + bits + " is not in 0..100");
            }
            filterBitsPerKey = bits;
            return this;
        }

        /** {@code whole_key_filtering}; true. */
        public Builder wholeKeyFiltering(boolean value) {
            wholeKeyFiltering = value;
            return this;
        }

        /**
         * {@code block_cache}; one of 32 MiB of the store's own. Column families and stores that are given the same one
         * share it; it stays the caller's, who closes it after them.
         */
        public Builder blockCache(BlockCache cache) {
            blockCache = cache;
            return this;
        }

        /** {@code no_block_cache}; false. */
        public Builder noBlockCache(boolean value) {
            noBlockCache = value;
            return this;
        }

        /** {@code cache_index_and_filter_blocks}; false: a table holds them as long as it is open. */
        public Builder cacheIndexAndFilterBlocks(boolean value) {
            cacheIndexAndFilterBlocks = value;
            return this;
        }

        /** {@code pin_l0_filter_and_index_blocks_in_cache}; false. */
        public Builder pinL0FilterAndIndexBlocksInCache(boolean value) {
            pinL0FilterAndIndexBlocksInCache = value;
            return this;
        }

        /** {@code pin_top_level_index_and_filter}; true. */
        public Builder pinTopLevelIndexAndFilter(boolean value) {
            pinTopLevelIndexAndFilter = value;
            return this;
        }

        /**
         * The options.
         *
         * @throws IllegalArgumentException where two of them contradict each other
         */
        public BlockBasedTableOptions build() {
            if (noBlockCache && (blockCache != null || cacheIndexAndFilterBlocks)) {
                throw new IllegalArgumentException("no_block_cache=true contradicts block_cache and"
                        + " cache_index_and_filter_blocks: leave one of them out");
            }
            return new BlockBasedTableOptions(this);
        }
    }
}
