// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.PrefixExtractor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All that decides the bytes of an SST, beside its entries. A value: a worker that gets it writes the same blocks. The
 * defaults are RocksDB's ({@code include/rocksdb/table.h}, {@code options.h}), but for {@link #formatVersion}, which is
 * 5; the checksum is always CRC32C.
 *
 * @param comparator the order of user keys
 * @param blockSize uncompressed bytes at which a data block is cut; 4,096
 * @param blockSizeDeviation per cent of room left in a block at which the next entry starts a new one; 10
 * @param blockRestartInterval entries between restart points of a data block; 16
 * @param indexBlockRestartInterval entries between restart points of the index; 1
 * @param formatVersion of the table file; 5
 * @param compression of data and index blocks; Snappy
 * @param compressionLevel of LZ4HC and ZSTD, the algorithm's own, or {@link #DEFAULT_LEVEL}; the others have none
 * @param filterBitsPerKey bits of the Bloom filter for each key, 0 for no filter
 * @param wholeKeyFiltering whether whole user keys enter the filter; true
 * @param mergeOperator what merge operands are folded with, or null for none
 * @param prefixExtractor what cuts the prefixes that enter the filter, or null for none
 */
public record TableOptions(
        KeyComparator comparator,
        int blockSize,
        int blockSizeDeviation,
        int blockRestartInterval,
        int indexBlockRestartInterval,
        int formatVersion,
        CompressionType compression,
        int compressionLevel,
        double filterBitsPerKey,
        boolean wholeKeyFiltering,
        @Nullable MergeOperator mergeOperator,
        @Nullable PrefixExtractor prefixExtractor) {
    /** Stands for the algorithm's own default level, as RocksDB's {@code kDefaultCompressionLevel}. */
    public static final int DEFAULT_LEVEL = 32767;

    /** The largest block size in bytes. */
    public static final int MAX_BLOCK_SIZE = 64 << 20;

    /** Checks the ranges; throws {@link IllegalArgumentException}, naming option, value and range. */
    public TableOptions {
        check("block_size", blockSize, 1, MAX_BLOCK_SIZE);
        check("block_size_deviation", blockSizeDeviation, 0, 100);
        check("block_restart_interval", blockRestartInterval, 1, Integer.MAX_VALUE);
        check("index_block_restart_interval", indexBlockRestartInterval, 1, Integer.MAX_VALUE);
        check("format_version", formatVersion, TableFormat.WRITTEN_VERSION, TableFormat.WRITTEN_VERSION);
        if (!(filterBitsPerKey >= 0)) {
            throw new IllegalArgumentException("filter bits per key=" + filterBitsPerKey + " is below 0");
        }
    }

    /** RocksDB's defaults. */
    public static final TableOptions DEFAULT = new TableOptions(
            BytewiseComparator.INSTANCE,
            4096,
            10,
            16,
            1,
            5,
            CompressionType.SNAPPY,
            DEFAULT_LEVEL,
            0,
            true,
            null,
            null);

    /** The same with another order of keys. */
    public TableOptions withComparator(KeyComparator order) {
        return with(copy -> copy.comparator = order);
    }

    /** The same with another compression. */
    public TableOptions withCompression(CompressionType type, int level) {
        return with(copy -> {
            copy.compression = type;
            copy.compressionLevel = level;
        });
    }

    /** The same with another filter. */
    public TableOptions withFilterBitsPerKey(double bits) {
        return with(copy -> copy.filterBitsPerKey = bits);
    }

    /** The same with another block size. */
    public TableOptions withBlockSize(int bytes) {
        return with(copy -> copy.blockSize = bytes);
    }

    /** The same with another merge operator. */
    public TableOptions withMergeOperator(@Nullable MergeOperator operator) {
        return with(copy -> copy.mergeOperator = operator);
    }

    /** The same with other prefixes in the filter, and with whole keys or without. */
    public TableOptions withPrefixes(@Nullable PrefixExtractor extractor, boolean wholeKeys) {
        return with(copy -> {
            copy.prefixExtractor = extractor;
            copy.wholeKeyFiltering = wholeKeys;
        });
    }

    private TableOptions with(Consumer<Copy> change) {
        Copy copy = new Copy(this);
        change.accept(copy);
        return new TableOptions(
                copy.comparator,
                copy.blockSize,
                blockSizeDeviation,
                blockRestartInterval,
                indexBlockRestartInterval,
                formatVersion,
                copy.compression,
                copy.compressionLevel,
                copy.filterBitsPerKey,
                copy.wholeKeyFiltering,
                copy.mergeOperator,
                copy.prefixExtractor);
    }

    /** What the methods above change. */
    private static final class Copy {
        private KeyComparator comparator;
        private int blockSize;
        private CompressionType compression;
        private int compressionLevel;
        private double filterBitsPerKey;
        private boolean wholeKeyFiltering;
        private @Nullable MergeOperator mergeOperator;
        private @Nullable PrefixExtractor prefixExtractor;

        private Copy(TableOptions from) {
            comparator = from.comparator;
            blockSize = from.blockSize;
            compression = from.compression;
            compressionLevel = from.compressionLevel;
            filterBitsPerKey = from.filterBitsPerKey;
            wholeKeyFiltering = from.wholeKeyFiltering;
            mergeOperator = from.mergeOperator;
            prefixExtractor = from.prefixExtractor;
        }
    }

    /** Whether tables get a filter, if anything enters it: RocksDB takes less than half a bit for none. */
    boolean hasFilter() {
        return filterBitsPerKey >= 0.5;
    }

    private static void check(String option, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    option + "=" + value + " is out of range: expected " + min + " to " + max);
        }
    }
}
