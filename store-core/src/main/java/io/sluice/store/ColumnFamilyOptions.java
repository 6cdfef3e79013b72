// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.base.MergeOperator;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.sst.TableOptions;
import org.jspecify.annotations.Nullable;

/** The options of one column family. A value; names and defaults are RocksDB's where it has the option. */
public final class ColumnFamilyOptions {
    /** The defaults. */
    public static final ColumnFamilyOptions DEFAULT = builder().build();

    private final long writeBufferSize;
    private final int maxWriteBufferNumber;
    private final int minWriteBufferNumberToMerge;
    private final CompressionType compression;
    private final int compressionLevel;
    private final boolean paranoidFileChecks;
    private final boolean remoteFlush;
    private final BlockBasedTableOptions tableOptions;
    private final @Nullable MergeOperator mergeOperator;

    private ColumnFamilyOptions(Builder builder) {
        this.writeBufferSize = builder.writeBufferSize;
        this.maxWriteBufferNumber = builder.maxWriteBufferNumber;
        this.minWriteBufferNumberToMerge = builder.minWriteBufferNumberToMerge;
        this.compression = builder.compression;
        this.compressionLevel = builder.compressionLevel;
        this.paranoidFileChecks = builder.paranoidFileChecks;
        this.remoteFlush = builder.remoteFlush;
        this.tableOptions = builder.tableOptions;
        this.mergeOperator = builder.mergeOperator;
    }

    /** A builder with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Bytes at which a memtable is sealed and flushed. */
    public long writeBufferSize() {
        return writeBufferSize;
    }

    /** Sealed memtables at which writes stop. */
    public int maxWriteBufferNumber() {
        return maxWriteBufferNumber;
    }

    /** Sealed memtables that a flush waits for. */
    public int minWriteBufferNumberToMerge() {
        return minWriteBufferNumberToMerge;
    }

    /** Compression of data and index blocks. */
    public CompressionType compression() {
        return compression;
    }

    /** The compression's level. */
    public int compressionLevel() {
        return compressionLevel;
    }

    /** Always true: this version does not compact. */
    public boolean disableAutoCompactions() {
        return true;
    }

    /** Whether every new SST is read back whole before it is installed. */
    public boolean paranoidFileChecks() {
        return paranoidFileChecks;
    }

    /** Whether flushes go to workers, where the store has a remote flush executor. */
    public boolean remoteFlush() {
        return remoteFlush;
    }

    /** How SSTs are laid out. */
    public BlockBasedTableOptions tableOptions() {
        return tableOptions;
    }

    /** What merged operands are combined by, or null where nothing can be merged. */
    public @Nullable MergeOperator mergeOperator() {
        return mergeOperator;
    }

    /** Builds {@link ColumnFamilyOptions}. */
    public static final class Builder {
        private long writeBufferSize = 64L << 20;
        private int maxWriteBufferNumber = 2;
        private int minWriteBufferNumberToMerge = 1;
        private CompressionType compression = CompressionType.SNAPPY;
        private int compressionLevel = TableOptions.DEFAULT_LEVEL;
        private boolean paranoidFileChecks;
        private boolean remoteFlush = true;
        private BlockBasedTableOptions tableOptions = BlockBasedTableOptions.DEFAULT;
        private @Nullable MergeOperator mergeOperator;

        private Builder() {}

        /** {@code write_buffer_size}, bytes, 64 KiB to 1 GiB; 64 MiB. Can be changed while the store is open. */
        public Builder writeBufferSize(long bytes) {
            writeBufferSize = Checks.inRange("write_buffer_size", bytes, 64 << 10, 1 << 30);
            return this;
        }

        /**
         * {@code max_write_buffer_number}, 2 to 1,000; 2. Writes stop while as many sealed memtables wait for their
         * flush. Can be changed while the store is open.
         */
        public Builder maxWriteBufferNumber(int count) {
            maxWriteBufferNumber = Checks.inRange("max_write_buffer_number", count, 2, 1000);
            return this;
        }

        /** {@code min_write_buffer_number_to_merge}, 1 to {@code max_write_buffer_number - 1}; 1. */
        public Builder minWriteBufferNumberToMerge(int count) {
            minWriteBufferNumberToMerge = Checks.inRange("min_write_buffer_number_to_merge", count, 1, 999);
            return this;
        }

        /** {@code compression}; Snappy. */
        public Builder compression(CompressionType type) {
            compression = type;
            return this;
        }

        /** {@code compression_opts.level}; the algorithm's own, {@link TableOptions#DEFAULT_LEVEL}. */
        public Builder compressionLevel(int level) {
            compressionLevel = level;
            return this;
        }

        /** {@code disable_auto_compactions}: this version does not compact, so only true is taken. */
        public Builder disableAutoCompactions(boolean value) {
            if (!value) {
                throw new IllegalArgumentException(
                        "disable_auto_compactions=false: this version does not compact yet; leave it at true");
            }
            return this;
        }

        /** {@code paranoid_file_checks}: read back each new SST's bytes and compare their checksum; false. */
        public Builder paranoidFileChecks(boolean value) {
            paranoidFileChecks = value;
            return this;
        }

        /**
         * {@code remote_flush}, ours: whether flushes go to workers where the store has a remote flush executor; true.
         * Can be changed while the store is open.
         */
        public Builder remoteFlush(boolean value) {
            remoteFlush = value;
            return this;
        }

        /** {@code table_factory}: how SSTs are laid out. */
        public Builder tableOptions(BlockBasedTableOptions value) {
            tableOptions = value;
            return this;
        }

        /**
         * {@code merge_operator}; none. RocksDB's own are in {@link io.sluice.store.base.MergeOperators}. Workers flush
         * what they have the operator for; the rest is flushed here.
         */
        public Builder mergeOperator(MergeOperator value) {
            mergeOperator = value;
            return this;
        }

        /**
         * The options.
         *
         * @throws IllegalArgumentException where two of them contradict each other
         */
        public ColumnFamilyOptions build() {
            if (minWriteBufferNumberToMerge >= maxWriteBufferNumber) {
                throw new IllegalArgumentException("min_write_buffer_number_to_merge=" + minWriteBufferNumberToMerge
                        + " is not below max_write_buffer_number=" + maxWriteBufferNumber
                        + ": writes would stop before a flush could start");
            }
            return new ColumnFamilyOptions(this);
        }
    }
}
