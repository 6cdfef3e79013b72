// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.compaction.CompactionPriority;
import io.sluice.store.compaction.CompactionSettings;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.sst.TableOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The options of one column family. A value; names and defaults are RocksDB's where it has the option. */
public final class ColumnFamilyOptions {
    /** The defaults. */
    public static final ColumnFamilyOptions DEFAULT = builder().build();

    private final long writeBufferSize;
    private final int maxWriteBufferNumber;
    private final int minWriteBufferNumberToMerge;
    private final long memtableMaxEntries;
    private final Duration memtableMaxAge;
    private final CompressionType compression;
    private final int compressionLevel;
    private final boolean paranoidFileChecks;
    private final boolean remoteFlush;
    private final CompactionOptionValues compactionValues;
    private final CompactionSettings compaction;
    private final BlockBasedTableOptions tableOptions;
    private final @Nullable MergeOperator mergeOperator;
    private final @Nullable CompactionFilterFactory compactionFilterFactory;
    private final KeyComparator comparator;
    private final @Nullable PrefixExtractor prefixExtractor;

    private ColumnFamilyOptions(Builder builder) {
        this.writeBufferSize = builder.writeBufferSize;
        this.maxWriteBufferNumber = builder.maxWriteBufferNumber;
        this.minWriteBufferNumberToMerge = builder.minWriteBufferNumberToMerge;
        this.memtableMaxEntries = builder.memtableMaxEntries;
        this.memtableMaxAge = builder.memtableMaxAge;
        this.compression = builder.compression;
        this.compressionLevel = builder.compressionLevel;
        this.paranoidFileChecks = builder.paranoidFileChecks;
        this.remoteFlush = builder.remoteFlush;
        this.compactionValues = builder.compaction.copy();
        this.compaction = compactionValues.build();
        this.tableOptions = builder.tableOptions;
        this.mergeOperator = builder.mergeOperator;
        this.compactionFilterFactory = builder.compactionFilterFactory;
        this.comparator = builder.comparator;
        this.prefixExtractor = builder.prefixExtractor;
    }

    /** A builder with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that begins with these options. */
    public Builder toBuilder() {
        return new Builder(this);
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

    /** Entries at which a memtable is flushed, or 0 for no bound. */
    public long memtableMaxEntries() {
        return memtableMaxEntries;
    }

    /** How long after its first write a memtable is flushed, or zero for no bound. */
    public Duration memtableMaxAge() {
        return memtableMaxAge;
    }

    /** Compression of data and index blocks. */
    public CompressionType compression() {
        return compression;
    }

    /** The compression's level. */
    public int compressionLevel() {
        return compressionLevel;
    }

    /** Levels, L0 among them: at least 2. */
    public int numLevels() {
        return compaction.numLevels();
    }

    /** Files of L0 from which on it is compacted. */
    public int level0FileNumCompactionTrigger() {
        return compaction.level0FileNumCompactionTrigger();
    }

    /** Files of L0 from which on writes are slowed. */
    public int level0SlowdownWritesTrigger() {
        return compaction.level0SlowdownWritesTrigger();
    }

    /** Files of L0 from which on writes stop. */
    public int level0StopWritesTrigger() {
        return compaction.level0StopWritesTrigger();
    }

    /** Bytes of the first level below L0. */
    public long maxBytesForLevelBase() {
        return compaction.maxBytesForLevelBase();
    }

    /** How much larger each further level is. */
    public double maxBytesForLevelMultiplier() {
        return compaction.maxBytesForLevelMultiplier();
    }

    /** Whether the levels' sizes follow from the last level's. */
    public boolean levelCompactionDynamicLevelBytes() {
        return compaction.levelCompactionDynamicLevelBytes();
    }

    /** Bytes of a file on the first level below L0. */
    public long targetFileSizeBase() {
        return compaction.targetFileSizeBase();
    }

    /** How much larger the files of each further level are. */
    public int targetFileSizeMultiplier() {
        return compaction.targetFileSizeMultiplier();
    }

    /** Bytes that a compaction takes in at most, roughly. */
    public long maxCompactionBytes() {
        return compaction.maxCompactionBytes();
    }

    /** Bytes waiting for compaction from which on writes are slowed, 0 for never. */
    public long softPendingCompactionBytesLimit() {
        return compaction.softPendingCompactionBytesLimit();
    }

    /** Bytes waiting for compaction from which on writes stop, 0 for never. */
    public long hardPendingCompactionBytesLimit() {
        return compaction.hardPendingCompactionBytesLimit();
    }

    /** Whether only the program starts compactions. */
    public boolean disableAutoCompactions() {
        return compaction.disableAutoCompactions();
    }

    /** Which file of a level is compacted first. */
    public CompactionPriority compactionPriority() {
        return compaction.compactionPriority();
    }

    CompactionSettings compaction() {
        return compaction;
    }

    /** Whether every new SST is read back whole before it is installed. */
    public boolean paranoidFileChecks() {
        return paranoidFileChecks;
    }

    /** Whether flushes go to workers, where the store has a remote flush executor. */
    public boolean remoteFlush() {
        return remoteFlush;
    }

    /** The order of keys. */
    public KeyComparator comparator() {
        return comparator;
    }

    /** What cuts keys' prefixes, or null for none. */
    public @Nullable PrefixExtractor prefixExtractor() {
        return prefixExtractor;
    }

    /** How SSTs are laid out. */
    public BlockBasedTableOptions tableOptions() {
        return tableOptions;
    }

    /** What merged operands are combined by, or null where nothing can be merged. */
    public @Nullable MergeOperator mergeOperator() {
        return mergeOperator;
    }

    /** What makes the filters of compactions, or null where they drop nothing but what nobody sees. */
    public @Nullable CompactionFilterFactory compactionFilterFactory() {
        return compactionFilterFactory;
    }

    /** Builds {@link ColumnFamilyOptions}. */
    public static final class Builder {
        private long writeBufferSize = 64L << 20;
        private int maxWriteBufferNumber = 2;
        private int minWriteBufferNumberToMerge = 1;
        private long memtableMaxEntries;
        private Duration memtableMaxAge = Duration.ZERO;
        private CompressionType compression = CompressionType.SNAPPY;
        private int compressionLevel = TableOptions.DEFAULT_LEVEL;
        private boolean paranoidFileChecks;
        private boolean remoteFlush = true;
        private final CompactionOptionValues compaction;
        private BlockBasedTableOptions tableOptions = BlockBasedTableOptions.DEFAULT;
        private @Nullable MergeOperator mergeOperator;
        private @Nullable CompactionFilterFactory compactionFilterFactory;
        private KeyComparator comparator = BytewiseComparator.INSTANCE;
        private @Nullable PrefixExtractor prefixExtractor;

        private Builder() {
            compaction = new CompactionOptionValues(CompactionSettings.DEFAULT);
            compaction.maxCompactionBytes(0); // by target_file_size_base, of which the default's is not the last word
        }

        private Builder(ColumnFamilyOptions from) {
            writeBufferSize = from.writeBufferSize;
            maxWriteBufferNumber = from.maxWriteBufferNumber;
            minWriteBufferNumberToMerge = from.minWriteBufferNumberToMerge;
            memtableMaxEntries = from.memtableMaxEntries;
            memtableMaxAge = from.memtableMaxAge;
            compression = from.compression;
            compressionLevel = from.compressionLevel;
            paranoidFileChecks = from.paranoidFileChecks;
            remoteFlush = from.remoteFlush;
            compaction = from.compactionValues.copy();
            tableOptions = from.tableOptions;
            mergeOperator = from.mergeOperator;
            compactionFilterFactory = from.compactionFilterFactory;
            comparator = from.comparator;
            prefixExtractor = from.prefixExtractor;
        }

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

        /**
         * {@code memtable_max_entries}, ours: a memtable with so many entries is flushed, as one of {@code
         * write_buffer_size} is, by the next write; 0, the default, for no bound. Can be changed while the store is open.
         */
        public Builder memtableMaxEntries(long entries) {
            memtableMaxEntries = Checks.inRange("memtable_max_entries", entries, 0, Long.MAX_VALUE);
            return this;
        }

        /**
         * {@code memtable_max_age_ms}, ours: a memtable is flushed so long after its first write, 1 ms to 365 days; zero,
         * the default, for no bound. Can be changed while the store is open.
         */
        public Builder memtableMaxAge(Duration age) {
            if (!age.isZero() && (age.compareTo(Duration.ofMillis(1)) < 0 || age.compareTo(Duration.ofDays(365)) > 0)) {
                throw new IllegalArgumentException(
                        "memtable_max_age_ms: " + age + " is neither 0 nor 1 ms to 365 days");
            }
            memtableMaxAge = age;
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

        /** {@code num_levels}, 1 to 32; 7. 1 is raised to 2. */
        public Builder numLevels(int levels) {
            compaction.numLevels(levels);
            return this;
        }

        /** {@code level0_file_num_compaction_trigger}, 1 to 1,000,000 files; 4. Can be changed while the store is open. */
        public Builder level0FileNumCompactionTrigger(int files) {
            compaction.level0FileNumCompactionTrigger(files);
            return this;
        }

        /** {@code level0_slowdown_writes_trigger}, 1 to 1,000,000 files; 20. Can be changed while the store is open. */
        public Builder level0SlowdownWritesTrigger(int files) {
            compaction.level0SlowdownWritesTrigger(files);
            return this;
        }

        /** {@code level0_stop_writes_trigger}, 1 to 1,000,000 files; 36. Can be changed while the store is open. */
        public Builder level0StopWritesTrigger(int files) {
            compaction.level0StopWritesTrigger(files);
            return this;
        }

        /** {@code max_bytes_for_level_base}, 1 KiB to 1 PiB; 256 MiB. Can be changed while the store is open. */
        public Builder maxBytesForLevelBase(long bytes) {
            compaction.maxBytesForLevelBase(bytes);
            return this;
        }

        /** {@code max_bytes_for_level_multiplier}, above 1 to 1,000; 10. Can be changed while the store is open. */
        public Builder maxBytesForLevelMultiplier(double factor) {
            compaction.maxBytesForLevelMultiplier(factor);
            return this;
        }

        /** {@code level_compaction_dynamic_level_bytes}; true. */
        public Builder levelCompactionDynamicLevelBytes(boolean value) {
            compaction.levelCompactionDynamicLevelBytes(value);
            return this;
        }

        /** {@code target_file_size_base}, 1 KiB to 1 PiB; 64 MiB. Can be changed while the store is open. */
        public Builder targetFileSizeBase(long bytes) {
            compaction.targetFileSizeBase(bytes);
            return this;
        }

        /** {@code target_file_size_multiplier}, 1 to 1,000; 1. Can be changed while the store is open. */
        public Builder targetFileSizeMultiplier(int factor) {
            compaction.targetFileSizeMultiplier(factor);
            return this;
        }

        /**
         * {@code max_compaction_bytes}, to 1 PiB, 0 for 25 times {@code target_file_size_base}; 0. Can be changed while
         * the store is open.
         */
        public Builder maxCompactionBytes(long bytes) {
            compaction.maxCompactionBytes(bytes);
            return this;
        }

        /**
         * {@code soft_pending_compaction_bytes_limit}, to 1 PiB, 0 for the hard limit; 64 GiB. Can be changed while the
         * store is open.
         */
        public Builder softPendingCompactionBytesLimit(long bytes) {
            compaction.softPendingCompactionBytesLimit(bytes);
            return this;
        }

        /**
         * {@code hard_pending_compaction_bytes_limit}, to 1 PiB, 0 for none; 256 GiB. Can be changed while the store is
         * open.
         */
        public Builder hardPendingCompactionBytesLimit(long bytes) {
            compaction.hardPendingCompactionBytesLimit(bytes);
            return this;
        }

        /** {@code disable_auto_compactions}; false. Can be changed while the store is open. */
        public Builder disableAutoCompactions(boolean value) {
            compaction.disableAutoCompactions(value);
            return this;
        }

        /** {@code compaction_pri}; the least overlapping ratio. */
        public Builder compactionPriority(CompactionPriority priority) {
            compaction.compactionPriority(priority);
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

        /**
         * {@code comparator}; {@link BytewiseComparator}. A store is opened with the comparators it was made with, and
         * workers must know one by its name: they know those of {@link io.sluice.store.base.Comparators}.
         */
        public Builder comparator(KeyComparator value) {
            comparator = value;
            return this;
        }

        /**
         * {@code prefix_extractor}; none. Prefixes enter the filters of new SSTs, so that a seek in {@code
         * prefix_same_as_start} passes over SSTs without its prefix.
         */
        public Builder prefixExtractor(PrefixExtractor value) {
            prefixExtractor = value;
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
         * {@code compaction_filter_factory}; none. Compactions ask its filters of each entry that they keep; flushes do
         * not. With one, an explicit compaction of a range rewrites the lowest level too.
         */
        public Builder compactionFilterFactory(CompactionFilterFactory value) {
            compactionFilterFactory = value;
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
