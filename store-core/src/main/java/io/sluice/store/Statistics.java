// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.base.Ticker;
import io.sluice.store.engine.CompactionCounters;
import io.sluice.store.engine.EngineStatistics;
import io.sluice.store.write.StallCause;
import java.util.EnumMap;
import java.util.Map;

/**
 * Counters of one open store, since it was opened, read one after the other. A value.
 *
 * @param keysWritten puts and deletes that became visible
 * @param bytesWritten bytes of their keys and values
 * @param keysRead gets
 * @param keysFound gets that found a value
 * @param flushesCompleted flushes installed
 * @param flushesFailed attempts at a flush that failed
 * @param flushBytes bytes of the SSTs installed
 * @param flushesByBuilder flushes installed, by who built the SST: {@code local} or a worker's id
 * @param compactionsCompleted compactions installed, without moves
 * @param compactionsFailed attempts at a compaction that failed
 * @param compactionsByBuilder compactions installed, without moves, by who ran them: {@code local} or a worker's id
 * @param compactReadBytes bytes of the SSTs that compactions in this process read; RocksDB's {@code
 *     rocksdb.compact.read.bytes}
 * @param compactWriteBytes bytes of those that they wrote; {@code rocksdb.compact.write.bytes}
 * @param remoteCompactReadBytes bytes of the SSTs that compactions elsewhere read; {@code
 *     rocksdb.remote.compact.read.bytes}
 * @param remoteCompactWriteBytes bytes of those that they wrote, and that were installed; {@code
 *     rocksdb.remote.compact.write.bytes}
 * @param compactMovedBytes bytes of SSTs that only changed their level
 * @param stalls how often and how long writes waited, by cause
 * @param tickers RocksDB's tickers; none unless {@code statistics} is on
 */
public record Statistics(
        long keysWritten,
        long bytesWritten,
        long keysRead,
        long keysFound,
        long flushesCompleted,
        long flushesFailed,
        long flushBytes,
        Map<String, Long> flushesByBuilder,
        long compactionsCompleted,
        long compactionsFailed,
        Map<String, Long> compactionsByBuilder,
        long compactReadBytes,
        long compactWriteBytes,
        long remoteCompactReadBytes,
        long remoteCompactWriteBytes,
        long compactMovedBytes,
        Map<StallCause, Stall> stalls,
        Map<Ticker, Long> tickers) {
    /** What an open store has counted up to now. */
    static Statistics of(EngineStatistics counters, CompactionCounters compactions) {
        Map<StallCause, Stall> stalls = new EnumMap<>(StallCause.class);
        for (StallCause cause : StallCause.values()) {
            stalls.put(cause, new Stall(counters.stalledWrites(cause), counters.stalledNanos(cause)));
        }
        Map<String, Long> byBuilder = counters.flushesByBuilder();
        Map<String, Long> compactionsByBuilder = compactions.compactionsByBuilder();
        return new Statistics(
                counters.keysWritten.sum(),
                counters.bytesWritten.sum(),
                counters.keysRead.sum(),
                counters.keysFound.sum(),
                byBuilder.values().stream().mapToLong(Long::longValue).sum(),
                counters.flushesFailed.sum(),
                counters.flushBytes.sum(),
                byBuilder,
                compactionsByBuilder.values().stream()
                        .mapToLong(Long::longValue)
                        .sum(),
                compactions.failed.sum(),
                compactionsByBuilder,
                compactions.bytesRead.sum(),
                compactions.bytesWritten.sum(),
                compactions.remoteBytesRead.sum(),
                compactions.remoteBytesWritten.sum(),
                compactions.bytesMoved.sum(),
                stalls,
                counters.tickerCounts(compactions));
    }

    /** What a ticker has counted; 0 unless {@code statistics} is on. RocksDB's {@code getTickerCount}. */
    public long ticker(Ticker ticker) {
        return tickers.getOrDefault(ticker, 0L);
    }

    /**
     * Waiting for one cause.
     *
     * @param writes writes that waited
     * @param nanos the time that they waited, summed over writers, ns
     */
    public record Stall(long writes, long nanos) {}
}
