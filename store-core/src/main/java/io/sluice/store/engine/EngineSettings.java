// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.compaction.CompactionExecutorFactory;
import io.sluice.store.flush.FlushExecutorFactory;
import io.sluice.store.memory.MemoryPool;
import io.sluice.store.wal.WalRecoveryMode;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The options of a store; a value. See {@code io.sluice.store.DBOptions} for each.
 *
 * @param maxBackgroundFlushes flushes at once: a part of the jobs where the option is not set
 * @param maxBackgroundCompactions compactions at once: the rest of the jobs where the option is not set
 */
public record EngineSettings(
        boolean createIfMissing,
        boolean errorIfExists,
        boolean createMissingColumnFamilies,
        int maxOpenFiles,
        long dbWriteBufferSize,
        long delayedWriteRate,
        boolean avoidFlushDuringShutdown,
        Duration shutdownTimeout,
        int maxBgErrorResumeCount,
        Duration bgErrorResumeRetryInterval,
        WalRecoveryMode walRecoveryMode,
        long maxTotalWalSize,
        long walBytesPerSync,
        boolean manualWalFlush,
        boolean remoteFlush,
        @Nullable FlushExecutorFactory remoteFlushExecutor,
        @Nullable CompactionExecutorFactory remoteCompactionExecutor,
        @Nullable MemoryPool memoryPool,
        int maxBackgroundJobs,
        int maxBackgroundFlushes,
        int maxBackgroundCompactions,
        int maxSubcompactions,
        int maxLevel1Subcompactions,
        long rateBytesPerSecond,
        boolean statistics,
        List<? extends EngineListener> listeners) {
    /** Flushes at once where only {@code max_background_jobs} is set. */
    static int flushesOf(int jobs) {
        return Math.max(1, jobs / 4);
    }

    /** Compactions at once where only {@code max_background_jobs} is set. */
    static int compactionsOf(int jobs) {
        return Math.max(1, jobs - flushesOf(jobs));
    }

    /** The same with another rate, and other numbers of jobs where {@code jobs} is above 0. */
    EngineSettings with(long newDelayedWriteRate, int jobs) {
        return new EngineSettings(
                createIfMissing,
                errorIfExists,
                createMissingColumnFamilies,
                maxOpenFiles,
                dbWriteBufferSize,
                newDelayedWriteRate,
                avoidFlushDuringShutdown,
                shutdownTimeout,
                maxBgErrorResumeCount,
                bgErrorResumeRetryInterval,
                walRecoveryMode,
                maxTotalWalSize,
                walBytesPerSync,
                manualWalFlush,
                remoteFlush,
                remoteFlushExecutor,
                remoteCompactionExecutor,
                memoryPool,
                jobs > 0 ? jobs : maxBackgroundJobs,
                jobs > 0 ? flushesOf(jobs) : maxBackgroundFlushes,
                jobs > 0 ? compactionsOf(jobs) : maxBackgroundCompactions,
                maxSubcompactions,
                maxLevel1Subcompactions,
                rateBytesPerSecond,
                statistics,
                listeners);
    }
}
