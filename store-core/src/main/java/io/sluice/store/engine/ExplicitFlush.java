// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.flush.FlushReason;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Flushes that someone asked for and may wait for: by a call, or by closing the store. Safe for concurrent use. */
final class ExplicitFlush {
    private final ColumnFamilies families;
    private final FlushScheduler scheduler;
    private final Health health;
    private final LongSupplier nanoClock;

    ExplicitFlush(ColumnFamilies families, FlushScheduler scheduler, Health health, LongSupplier nanoClock) {
        this.families = families;
        this.scheduler = scheduler;
        this.health = health;
        this.nanoClock = nanoClock;
    }

    /**
     * Flushes column families, all where none is chosen.
     *
     * @param nanos the longest wait, for writers inside the memtables too; {@link Long#MAX_VALUE} for no bound
     */
    void run(List<ColumnFamily> chosen, boolean wait, long nanos) throws StoreException {
        long start = nanoClock.getAsLong();
        Map<ColumnFamily, Long> awaited = new TreeMap<>(Comparator.comparingInt(ColumnFamily::id));
        for (ColumnFamily family : chosen.isEmpty() ? families.all() : chosen) {
            health.checkWritable();
            families.check(family);
            if (!family.awaitRoom(left(start, nanos))) {
                throw timedOut(family, nanos);
            }
            CompletableFuture<Void> switched = family.beginSwitch(family.active(), FlushReason.MANUAL_FLUSH);
            if (!ChangeWait.await(switched, left(start, nanos))) {
                var unused = switched.thenRun(() -> flush(family)); // goes on behind a writer that hangs in the log
                throw timedOut(family, nanos);
            }
            awaited.put(family, flush(family));
        }
        if (wait) {
            await(awaited, start, nanos, health::checkWritable);
        }
    }

    /** Flushes everything, also where writes are stopped; returns when that is done. */
    void runForRecovery() throws StoreException {
        Map<ColumnFamily, Long> awaited = new TreeMap<>(Comparator.comparingInt(ColumnFamily::id));
        for (ColumnFamily family : families.all()) {
            family.switchMemtable(family.active(), FlushReason.ERROR_RECOVERY);
            awaited.put(family, flush(family));
        }
        scheduler.installHeld(); // nothing may have been left of the memtables that they waited for
        await(awaited, nanoClock.getAsLong(), Long.MAX_VALUE, health::checkFlushable);
    }

    /** Flushes all that is sealed of a store that takes no more writes; what went wrong, or null. */
    @Nullable
    StoreException runAtShutdown(long nanos) {
        long start = nanoClock.getAsLong();
        Map<ColumnFamily, Long> awaited = new TreeMap<>(Comparator.comparingInt(ColumnFamily::id));
        for (ColumnFamily family : families.all()) {
            awaited.put(family, flush(family));
        }
        scheduler.installHeld();
        try {
            await(awaited, start, nanos, this::checkFlushable);
            return null;
        } catch (StoreException e) {
            return e;
        }
    }

    private long flush(ColumnFamily family) {
        long newest = family.flushes().want();
        scheduler.schedule(family);
        return newest;
    }

    private void await(Map<ColumnFamily, Long> newest, long start, long nanos, ChangeWait.Check check)
            throws StoreException {
        for (Map.Entry<ColumnFamily, Long> entry : newest.entrySet()) {
            if (!entry.getKey().awaitFlushed(entry.getValue(), left(start, nanos), check)) {
                throw timedOut(entry.getKey(), nanos);
            }
        }
    }

    private void checkFlushable() throws StoreException {
        StoreException error = health.flushError();
        if (error != null) {
            throw new StoreException(
                    error.kind(),
                    "store.close.unflushed",
                    "the store closes with writes that could not be flushed; those that are not in the write-ahead log are"
                            + " lost: " + error.getMessage(),
                    error);
        }
    }

    private long left(long start, long nanos) {
        return nanos == Long.MAX_VALUE ? nanos : nanos - (nanoClock.getAsLong() - start);
    }

    private static StoreException timedOut(ColumnFamily family, long nanos) {
        return new StoreException(
                Kind.TIMED_OUT,
                "flush.timed-out",
                "the flush of column family \"" + family.name() + "\" has not ended within "
                        + TimeUnit.NANOSECONDS.toMillis(nanos) + " ms; it goes on while the store is open");
    }
}
