// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

import io.sluice.store.BlockBasedTableOptions;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.ReverseBytewiseComparator;
import io.sluice.store.memory.MemoryPool;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.wal.WalRecoveryMode;
import java.util.Objects;

/** Draws Sluice's options. */
final class SluiceOptions {
    private final Draw draw;
    private final MemoryPool pool;
    private final StringBuilder drawn = new StringBuilder();

    SluiceOptions(Draw draw, MemoryPool pool) {
        this.draw = draw;
        this.pool = pool;
    }

    /** What was drawn so far. */
    @Override
    public String toString() {
        return "Sluice" + drawn;
    }

    /**
     * Options of a store.
     *
     * @param recycled whether RocksDB's logs in it are recycled ones: what their earlier use left behind their last record
     *     may look as damage does, so that {@code absolute_consistency} refuses them, there as here
     * @param logged whether it is closed with what its logs hold in no table
     */
    DBOptions store(boolean recycled, boolean logged) {
        WalRecoveryMode mode = draw.oneOf(WalRecoveryMode.values());
        if (recycled && mode == WalRecoveryMode.ABSOLUTE_CONSISTENCY) {
            mode = WalRecoveryMode.POINT_IN_TIME_RECOVERY;
        }
        int subcompactions = draw.between(1, 3);
        long logBytes = draw.once(5) ? 20_000 : 0;
        boolean manual = draw.once(4);
        drawn.append("\n  store wal_recovery_mode=" + mode + " max_subcompactions=" + subcompactions
                + " max_total_wal_size=" + logBytes + " manual_wal_flush=" + manual + " avoid_flush_during_shutdown="
                + logged);
        return DBOptions.builder()
                .createIfMissing(true)
                .createMissingColumnFamilies(true)
                .memoryPool(pool)
                .walRecoveryMode(mode)
                .maxSubcompactions(subcompactions)
                .maxTotalWalSize(logBytes)
                .manualWalFlush(manual)
                .avoidFlushDuringShutdown(logged)
                .build();
    }

    ColumnFamilyOptions family(FamilyPlan plan) {
        CompressionType compression = draw.oneOf(CompressionType.values());
        int prefixLength = draw.coin() ? -1 : draw.between(1, 4);
        boolean capped = draw.coin();
        int blockSize = draw.oneOf(256, 1000, 4096);
        int restarts = draw.oneOf(1, 2, 16);
        int indexRestarts = draw.oneOf(1, 3, 16);
        double bits = draw.oneOf(0.0, 10.0, 3.5);
        boolean wholeKeys = draw.coin();
        boolean cacheIndex = draw.coin();
        boolean dynamic = draw.coin();
        int trigger = draw.between(2, 6);
        int fileSize = draw.oneOf(1 << 10, 4 << 10, 1 << 20);
        int levelBase = draw.oneOf(2 << 10, 20 << 10, 10 << 20);
        boolean manual = draw.once(5);
        drawn.append("\n  " + plan.name() + " compression=" + compression + " prefix=" + (capped ? "capped " : "fixed ")
                + prefixLength + " block_size=" + blockSize + " block_restart_interval=" + restarts
                + " index_block_restart_interval=" + indexRestarts + " bloomfilter=" + bits + " whole_key_filtering="
                + wholeKeys + " cache_index_and_filter_blocks=" + cacheIndex + " dynamic=" + dynamic + " trigger="
                + trigger + " target_file_size_base=" + fileSize + " max_bytes_for_level_base=" + levelBase
                + " disable_auto_compactions=" + manual);
        BlockBasedTableOptions table = BlockBasedTableOptions.builder()
                .blockSize(blockSize)
                .blockRestartInterval(restarts)
                .indexBlockRestartInterval(indexRestarts)
                .filterBitsPerKey(bits)
                .wholeKeyFiltering(wholeKeys)
                .cacheIndexAndFilterBlocks(cacheIndex)
                .build();
        ColumnFamilyOptions.Builder options = ColumnFamilyOptions.builder()
                .comparator(plan.reverse() ? ReverseBytewiseComparator.INSTANCE : BytewiseComparator.INSTANCE)
                .numLevels(plan.numLevels())
                .compression(compression)
                .tableOptions(table)
                .levelCompactionDynamicLevelBytes(dynamic)
                .level0FileNumCompactionTrigger(trigger)
                .targetFileSizeBase(fileSize)
                .maxBytesForLevelBase(levelBase)
                .disableAutoCompactions(manual)
                .paranoidFileChecks(draw.coin())
                .writeBufferSize(draw.coin() ? 64 << 10 : 64 << 20);
        if (!plan.mergeOperator().isEmpty()) {
            options.mergeOperator(Objects.requireNonNull(MergeOperators.builtIn(plan.mergeOperator())));
        }
        if (prefixLength > 0) {
            options.prefixExtractor(
                    capped ? PrefixExtractor.capped(prefixLength) : PrefixExtractor.fixed(prefixLength));
        }
        return options.build();
    }
}
