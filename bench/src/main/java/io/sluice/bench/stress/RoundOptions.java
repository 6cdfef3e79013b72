// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.store.BlockBasedTableOptions;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.compaction.CompactionPriority;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.wal.WalRecoveryMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * The options of one opening of the store, drawn at random: small, so that little data fills many files and levels.
 *
 * @param logUse how the writes of this opening are logged
 * @param manualWalFlush {@code manual_wal_flush}
 * @param withPrefixes whether there is a prefix extractor
 * @param text what was drawn, for whoever has to repeat it
 */
record RoundOptions(
        LogUse logUse,
        boolean manualWalFlush,
        boolean withPrefixes,
        DBOptions.Builder store,
        List<ColumnFamilyDescriptor> families,
        String text) {

    /** How writes are logged. */
    enum LogUse {
        /** All of them. */
        LOGGED,
        /** None. */
        UNLOGGED,
        /** Some, except for those of keys that are put once: these can't bear that one of two writes is lost. */
        MIXED
    }

    private static final List<WalRecoveryMode> RECOVERY_MODES = List.of(
            WalRecoveryMode.POINT_IN_TIME_RECOVERY,
            WalRecoveryMode.POINT_IN_TIME_RECOVERY,
            WalRecoveryMode.TOLERATE_CORRUPTED_TAIL_RECORDS,
            WalRecoveryMode.SKIP_ANY_CORRUPTED_RECORDS);

    /** Draws options. */
    static RoundOptions draw(RandomGenerator random, KeySpace space, boolean manyLevels) {
        Draws draw = new Draws(random, manyLevels);
        LogUse logUse =
                draw.of("log", List.of(LogUse.LOGGED, LogUse.LOGGED, LogUse.LOGGED, LogUse.UNLOGGED, LogUse.MIXED));
        boolean manual = logUse == LogUse.LOGGED && draw.chance("manual_wal_flush", 25);
        boolean withPrefixes = draw.chance("prefix_extractor", 30);
        DBOptions.Builder store = draw.store(manual);
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        for (String name : space.familyNames()) {
            families.add(new ColumnFamilyDescriptor(name, draw.family(name, withPrefixes)));
        }
        return new RoundOptions(logUse, manual, withPrefixes, store, families, draw.drawn.toString());
    }

    /** Draws that are written down. */
    private static final class Draws {
        private final Map<String, Object> drawn = new TreeMap<>();
        private final RandomGenerator random;
        private final boolean manyLevels;

        Draws(RandomGenerator random, boolean manyLevels) {
            this.random = random;
            this.manyLevels = manyLevels;
        }

        <T> T of(String name, List<T> choices) {
            T choice = choices.get(random.nextInt(choices.size()));
            drawn.put(name, String.valueOf(choice));
            return choice;
        }

        boolean chance(String name, int percent) {
            boolean yes = random.nextInt(100) < percent;
            drawn.put(name, yes);
            return yes;
        }

        DBOptions.Builder store(boolean manual) {
            return DBOptions.builder()
                    .createIfMissing(true)
                    .createMissingColumnFamilies(true)
                    .manualWalFlush(manual)
                    .maxBackgroundJobs(of("max_background_jobs", List.of(2, 3, 6)))
                    .maxSubcompactions(of("max_subcompactions", List.of(1, 1, 3, 8)))
                    .maxOpenFiles(of("max_open_files", List.of(-1, -1, 20, 40)))
                    .walBytesPerSync(of("wal_bytes_per_sync", List.of(0, 0, 64 << 10)))
                    .maxTotalWalSize(of("max_total_wal_size", List.of(0L, 0L, 256L << 10)))
                    .walRecoveryMode(of("wal_recovery_mode", RECOVERY_MODES));
        }

        ColumnFamilyOptions family(String family, boolean withPrefixes) {
            String of = family + ".";
            int buffers = of(of + "max_write_buffer_number", List.of(2, 3, 5));
            boolean fixedLevels = chance(of + "fixed_levels", manyLevels ? 80 : 50);
            ColumnFamilyOptions.Builder options = ColumnFamilyOptions.builder()
                    .mergeOperator(MergeOperators.stringAppend())
                    .writeBufferSize(of(of + "write_buffer_size", List.of(64 << 10, 128 << 10, 512 << 10)))
                    .maxWriteBufferNumber(buffers)
                    .minWriteBufferNumberToMerge(buffers > 2 && random.nextBoolean() ? 2 : 1)
                    .compression(of(of + "compression", List.of(CompressionType.values())))
                    .levelCompactionDynamicLevelBytes(!fixedLevels)
                    .level0FileNumCompactionTrigger(of(of + "level0_file_num_compaction_trigger", List.of(1, 2, 4, 8)))
                    .level0SlowdownWritesTrigger(12)
                    .level0StopWritesTrigger(20)
                    .targetFileSizeBase(of(of + "target_file_size_base", files()))
                    .targetFileSizeMultiplier(of(of + "target_file_size_multiplier", List.of(1, 1, 2)))
                    .maxBytesForLevelBase(of(of + "max_bytes_for_level_base", List.of(8L << 10, 32L << 10, 256L << 10)))
                    .maxBytesForLevelMultiplier(of(of + "max_bytes_for_level_multiplier", List.of(1.5, 2.0, 4.0)))
                    .maxCompactionBytes(of(of + "max_compaction_bytes", List.of(0L, 0L, 32L << 10)))
                    .compactionPriority(of(of + "compaction_pri", List.of(CompactionPriority.values())))
                    .disableAutoCompactions(chance(of + "disable_auto_compactions", 5))
                    .paranoidFileChecks(chance(of + "paranoid_file_checks", 10))
                    .tableOptions(table(of));
            return (withPrefixes ? options.prefixExtractor(PrefixExtractor.fixed(KeySpace.PREFIX_LENGTH)) : options)
                    .build();
        }

        private List<Long> files() {
            return manyLevels ? List.of(2L << 10, 4L << 10, 16L << 10) : List.of(4L << 10, 16L << 10, 128L << 10);
        }

        private BlockBasedTableOptions table(String of) {
            BlockBasedTableOptions.Builder table = BlockBasedTableOptions.builder()
                    .blockSize(of(of + "block_size", List.of(256, 1024, 4096)))
                    .blockRestartInterval(of(of + "block_restart_interval", List.of(1, 4, 16)))
                    .filterBitsPerKey(of(of + "filter_bits", List.of(0, 4, 10)))
                    .wholeKeyFiltering(chance(of + "whole_key_filtering", 80));
            if (chance(of + "no_block_cache", 15)) {
                return table.noBlockCache(true).build();
            }
            return table.cacheIndexAndFilterBlocks(chance(of + "cache_index_and_filter_blocks", 40))
                    .build();
        }
    }
}
