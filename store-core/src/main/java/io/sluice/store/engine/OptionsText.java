// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.MergeOperator;
import io.sluice.store.compaction.CompactionSettings;
import io.sluice.store.options.ObjectOptions;
import io.sluice.store.options.OptionsFileFormat;
import io.sluice.store.options.OptionsFileWriter;
import io.sluice.store.sst.TableOptions;
import java.math.BigDecimal;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Settings as an OPTIONS file has them. Only what RocksDB 7.8 has is written, since a release that does not know one name
 * refuses the whole store: what is Sluice's own is not.
 */
final class OptionsText {
    private static final Logger LOGGER = LoggerFactory.getLogger(OptionsText.class);

    private OptionsText() {}

    /** The file. The default column family is the first of those given. */
    static byte[] of(EngineSettings settings, Map<String, ColumnFamilySettings> columnFamilies) {
        OptionsFileWriter file = new OptionsFileWriter();
        db(settings, file);
        columnFamilies.forEach((name, family) -> {
            file.columnFamily(name);
            columnFamily(name, family, file);
            file.table(name);
            table(family, file);
        });
        return file.bytes();
    }

    private static void db(EngineSettings s, OptionsFileWriter file) {
        file.option("create_if_missing", s.createIfMissing())
                .option("error_if_exists", s.errorIfExists())
                .option("create_missing_column_families", s.createMissingColumnFamilies())
                .option("max_open_files", s.maxOpenFiles())
                .option("db_write_buffer_size", s.dbWriteBufferSize())
                .option("delayed_write_rate", s.delayedWriteRate())
                .option("avoid_flush_during_shutdown", s.avoidFlushDuringShutdown())
                .option("max_bgerror_resume_count", s.maxBgErrorResumeCount())
                .option("bgerror_resume_retry_interval", TimeUnit.MICROSECONDS.convert(s.bgErrorResumeRetryInterval()))
                .option("wal_recovery_mode", OptionEnums.name(OptionEnums.RECOVERY_MODES, s.walRecoveryMode()))
                .option("max_total_wal_size", s.maxTotalWalSize())
                .option("wal_bytes_per_sync", s.walBytesPerSync())
                .option("manual_wal_flush", s.manualWalFlush())
                .option("max_subcompactions", s.maxSubcompactions())
                .option("max_background_jobs", s.maxBackgroundJobs());
        boolean followFromJobs = s.maxBackgroundFlushes() == EngineSettings.flushesOf(s.maxBackgroundJobs())
                && s.maxBackgroundCompactions() == EngineSettings.compactionsOf(s.maxBackgroundJobs());
        file.option("max_background_flushes", followFromJobs ? -1 : s.maxBackgroundFlushes())
                .option("max_background_compactions", followFromJobs ? -1 : s.maxBackgroundCompactions());
    }

    private static void columnFamily(String name, ColumnFamilySettings s, OptionsFileWriter file) {
        TableOptions table = s.tableOptions();
        CompactionSettings compaction = s.compaction();
        file.option("write_buffer_size", s.writeBufferSize())
                .option("max_write_buffer_number", s.maxWriteBufferNumber())
                .option("min_write_buffer_number_to_merge", s.minWriteBufferNumberToMerge())
                .option("compression", OptionEnums.name(OptionEnums.COMPRESSIONS, table.compression()))
                .option("compression_opts", "{level=" + table.compressionLevel() + ";}")
                .option("num_levels", compaction.numLevels())
                .option("level0_file_num_compaction_trigger", compaction.level0FileNumCompactionTrigger())
                .option("level0_slowdown_writes_trigger", compaction.level0SlowdownWritesTrigger())
                .option("level0_stop_writes_trigger", compaction.level0StopWritesTrigger())
                .option("max_bytes_for_level_base", compaction.maxBytesForLevelBase())
                .option("max_bytes_for_level_multiplier", plain(compaction.maxBytesForLevelMultiplier()))
                .option("level_compaction_dynamic_level_bytes", compaction.levelCompactionDynamicLevelBytes())
                .option("target_file_size_base", compaction.targetFileSizeBase())
                .option("target_file_size_multiplier", compaction.targetFileSizeMultiplier())
                .option("max_compaction_bytes", compaction.maxCompactionBytes())
                .option("soft_pending_compaction_bytes_limit", compaction.softPendingCompactionBytesLimit())
                .option("hard_pending_compaction_bytes_limit", compaction.hardPendingCompactionBytesLimit())
                .option("disable_auto_compactions", compaction.disableAutoCompactions())
                .option("compaction_style", "kCompactionStyleLevel")
                .option("compaction_pri", OptionEnums.name(OptionEnums.PRIORITIES, compaction.compactionPriority()))
                .option("paranoid_file_checks", s.paranoidFileChecks());
        MergeOperator operator = table.mergeOperator();
        object(name, "comparator", ObjectOptions.text(table.comparator().name()), file);
        object(
                name,
                "prefix_extractor",
                table.prefixExtractor() == null
                        ? OptionsFileFormat.NULL
                        : ObjectOptions.text(table.prefixExtractor().name()),
                file);
        object(name, "merge_operator", operator == null ? OptionsFileFormat.NULL : ObjectOptions.text(operator), file);
        object(
                name,
                "compaction_filter_factory",
                s.compactionFilterFactory() == null
                        ? OptionsFileFormat.NULL
                        : ObjectOptions.text(s.compactionFilterFactory().name()),
                file);
        file.option("table_factory", OptionsFileFormat.BLOCK_BASED_TABLE);
    }

    private static void table(ColumnFamilySettings s, OptionsFileWriter file) {
        TableOptions table = s.tableOptions();
        BlockCacheSettings cache = s.blockCache();
        double bits = table.filterBitsPerKey();
        file.option("block_size", table.blockSize())
                .option("block_size_deviation", table.blockSizeDeviation())
                .option("block_restart_interval", table.blockRestartInterval())
                .option("index_block_restart_interval", table.indexBlockRestartInterval())
                .option("format_version", table.formatVersion())
                .option("checksum", "kCRC32c")
                .option("index_type", "kBinarySearch")
                .option("filter_policy", bits == 0 ? OptionsFileFormat.NULL : "bloomfilter:" + plain(bits) + ":false")
                .option("whole_key_filtering", table.wholeKeyFiltering())
                .option("no_block_cache", cache.noBlockCache())
                .option("cache_index_and_filter_blocks", cache.cacheIndexAndFilterBlocks())
                .option("pin_l0_filter_and_index_blocks_in_cache", cache.pinL0FilterAndIndexBlocks())
                .option("pin_top_level_index_and_filter", cache.pinTopLevelIndexAndFilter());
    }

    private static void object(String family, String option, @Nullable String text, OptionsFileWriter file) {
        if (text == null) {
            LOGGER.warn(
                    "column family \"{}\": {} has a name or delimiter that no OPTIONS file can hold: it is left out, and"
                            + " tools will not know it",
                    family,
                    option);
            return;
        }
        file.option(option, text);
    }

    private static String plain(double number) {
        return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }
}
