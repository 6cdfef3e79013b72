// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.Ticker;
import io.sluice.store.base.Tickers;
import io.sluice.store.write.StallCause;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** An open store's counters. Safe for concurrent use; counting allocates nothing in steady state. */
public final class EngineStatistics {
    /** Puts and deletes that became visible. */
    public final LongAdder keysWritten = new LongAdder();
    /** Bytes of their keys and values. */
    public final LongAdder bytesWritten = new LongAdder();
    /** Gets. */
    public final LongAdder keysRead = new LongAdder();
    /** Gets that found a value. */
    public final LongAdder keysFound = new LongAdder();
    /** Attempts at a flush that failed. */
    public final LongAdder flushesFailed = new LongAdder();
    /** Bytes of the SSTs that flushes installed. */
    public final LongAdder flushBytes = new LongAdder();

    private final Tickers tickers;
    private final Map<String, LongAdder> flushesByBuilder = new ConcurrentHashMap<>();
    private final Map<StallCause, LongAdder> stalledWrites = adders();
    private final Map<StallCause, LongAdder> stalledNanos = adders();

    /** Counters at 0; {@code withTickers} is whether tickers are counted too. */
    EngineStatistics(boolean withTickers) {
        this.tickers = new Tickers(withTickers);
    }

    /** What the parts of the store count by. */
    Tickers tickers() {
        return tickers;
    }

    /** Tells the tickers of a get that has ended, be it one of a multiGet. */
    void countGet(ReadContext get) {
        if (!tickers.isOn()) {
            return;
        }
        int place = get.place();
        tickers.count(place == ReadContext.IN_MEMTABLE ? Ticker.MEMTABLE_HIT : Ticker.MEMTABLE_MISS);
        if (place >= 0 && get.length() != ReadContext.NOT_FOUND) {
            tickers.count(
                    switch (place) {
                        case 0 -> Ticker.GET_HIT_L0;
                        case 1 -> Ticker.GET_HIT_L1;
                        default -> Ticker.GET_HIT_L2_AND_UP;
                    });
        }
    }

    /** All tickers, those among them that are counted here under other names; none where they are not counted. */
    public Map<Ticker, Long> tickerCounts(CompactionCounters compactions) {
        Map<Ticker, Long> counts = new EnumMap<>(Ticker.class);
        if (!tickers.isOn()) {
            return counts;
        }
        for (Ticker ticker : Ticker.values()) {
            counts.put(
                    ticker,
                    switch (ticker) {
                        case NUMBER_KEYS_WRITTEN -> keysWritten.sum();
                        case BYTES_WRITTEN -> bytesWritten.sum();
                        case NUMBER_KEYS_READ -> keysRead.sum() - tickers.of(Ticker.NUMBER_MULTIGET_KEYS_READ);
                        case STALL_MICROS ->
                            stalledNanos.values().stream()
                                            .mapToLong(LongAdder::sum)
                                            .sum()
                                    / 1000;
                        case COMPACT_READ_BYTES -> compactions.bytesRead.sum();
                        case COMPACT_WRITE_BYTES -> compactions.bytesWritten.sum();
                        case REMOTE_COMPACT_READ_BYTES -> compactions.remoteBytesRead.sum();
                        case REMOTE_COMPACT_WRITE_BYTES -> compactions.remoteBytesWritten.sum();
                        case FLUSH_WRITE_BYTES -> flushBytes.sum();
                        default -> tickers.of(ticker);
                    });
        }
        return counts;
    }

    /** Counts an installed flush. */
    public void flushed(String builder, long bytes) {
        flushesByBuilder.computeIfAbsent(builder, name -> new LongAdder()).increment();
        flushBytes.add(bytes);
    }

    /** Counts a write that waited. */
    public void stalled(StallCause cause, long nanos) {
        adder(stalledWrites, cause).increment();
        adder(stalledNanos, cause).add(nanos);
    }

    /** Installed flushes by who built them. */
    public Map<String, Long> flushesByBuilder() {
        Map<String, Long> counts = new TreeMap<>();
        flushesByBuilder.forEach((builder, count) -> counts.put(builder, count.sum()));
        return counts;
    }

    /** Writes that waited for a cause. */
    public long stalledWrites(StallCause cause) {
        return adder(stalledWrites, cause).sum();
    }

    /** How long writes waited for a cause, summed, ns. */
    public long stalledNanos(StallCause cause) {
        return adder(stalledNanos, cause).sum();
    }

    private static LongAdder adder(Map<StallCause, LongAdder> adders, StallCause cause) {
        LongAdder adder = adders.get(cause);
        if (adder == null) {
            throw new AssertionError("no counter for " + cause);
        }
        return adder;
    }

    private static Map<StallCause, LongAdder> adders() {
        Map<StallCause, LongAdder> adders = new EnumMap<>(StallCause.class);
        for (StallCause cause : StallCause.values()) {
            adders.put(cause, new LongAdder());
        }
        return adders;
    }
}
