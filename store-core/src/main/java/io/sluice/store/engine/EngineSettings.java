// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.flush.FlushExecutorFactory;
import io.sluice.store.memory.MemoryPool;
import io.sluice.store.wal.WalRecoveryMode;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The options of a store; a value. See {@code io.sluice.store.DBOptions} for each. */
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
        @Nullable MemoryPool memoryPool,
        int maxBackgroundCompactions,
        int maxSubcompactions,
        long rateBytesPerSecond,
        List<? extends EngineListener> listeners) {}
