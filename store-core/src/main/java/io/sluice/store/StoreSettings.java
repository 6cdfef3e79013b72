// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.engine.BlockCacheSettings;
import io.sluice.store.engine.ColumnFamilySettings;
import io.sluice.store.engine.EngineSettings;
import io.sluice.store.sst.TableOptions;

/** Hands the public options to the engine, which knows nothing above it. */
final class StoreSettings {
    /** The format version of the tables that are written. */
    private static final int FORMAT_VERSION = 5;

    private StoreSettings() {}

    static EngineSettings of(DBOptions options) {
        return new EngineSettings(
                options.createIfMissing(),
                options.errorIfExists(),
                options.createMissingColumnFamilies(),
                options.maxOpenFiles(),
                options.dbWriteBufferSize(),
                options.delayedWriteRate(),
                options.avoidFlushDuringShutdown(),
                options.shutdownTimeout(),
                options.maxBgErrorResumeCount(),
                options.bgErrorResumeRetryInterval(),
                options.walRecoveryMode(),
                options.maxTotalWalSize(),
                options.walBytesPerSync(),
                options.manualWalFlush(),
                options.remoteFlush(),
                options.remoteFlushExecutor(),
                options.remoteCompactionExecutor(),
                options.memoryPool(),
                options.maxBackgroundJobs(),
                options.maxBackgroundFlushes(),
                options.maxBackgroundCompactions(),
                options.maxSubcompactions(),
                options.maxLevel1Subcompactions(),
                options.rateBytesPerSecond(),
                options.statistics(),
                options.listeners());
    }

    static ColumnFamilySettings of(ColumnFamilyOptions options) {
        BlockBasedTableOptions table = options.tableOptions();
        return new ColumnFamilySettings(
                options.writeBufferSize(),
                options.maxWriteBufferNumber(),
                options.minWriteBufferNumberToMerge(),
                options.memtableMaxEntries(),
                options.memtableMaxAge().toNanos(),
                options.paranoidFileChecks(),
                options.remoteFlush(),
                options.compaction(),
                options.compactionFilterFactory(),
                blockCache(table),
                new TableOptions(
                        options.comparator(),
                        table.blockSize(),
                        table.blockSizeDeviation(),
                        table.blockRestartInterval(),
                        table.indexBlockRestartInterval(),
                        FORMAT_VERSION,
                        options.compression(),
                        options.compressionLevel(),
                        table.filterBitsPerKey(),
                        table.wholeKeyFiltering(),
                        options.mergeOperator(),
                        options.prefixExtractor()));
    }

    private static BlockCacheSettings blockCache(BlockBasedTableOptions table) {
        BlockCache cache = table.blockCache();
        return new BlockCacheSettings(
                cache == null ? null : cache.cache(),
                table.noBlockCache(),
                table.cacheIndexAndFilterBlocks(),
                table.pinL0FilterAndIndexBlocksInCache(),
                table.pinTopLevelIndexAndFilter());
    }
}
