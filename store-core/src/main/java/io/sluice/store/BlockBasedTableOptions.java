// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

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

    private BlockBasedTableOptions(Builder builder) {
        this.blockSize = builder.blockSize;
        this.blockSizeDeviation = builder.blockSizeDeviation;
        this.blockRestartInterval = builder.blockRestartInterval;
        this.indexBlockRestartInterval = builder.indexBlockRestartInterval;
        this.filterBitsPerKey = builder.filterBitsPerKey;
        this.wholeKeyFiltering = builder.wholeKeyFiltering;
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

    /** Builds {@link BlockBasedTableOptions}. */
    public static final class Builder {
        private int blockSize = 4096;
        private int blockSizeDeviation = 10;
        private int blockRestartInterval = 16;
        private int indexBlockRestartInterval = 1;
        private double filterBitsPerKey;
        private boolean wholeKeyFiltering = true;

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

        /** The options. */
        public BlockBasedTableOptions build() {
            return new BlockBasedTableOptions(this);
        }
    }
}
