// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushReason;
import io.sluice.store.memtable.Memtable;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Flushes memtables that have reached {@code memtable_max_age}. The first write to a memtable starts its timer, so that
 * nothing runs where nothing is written. Safe for concurrent use.
 */
final class MemtableTimer {
    private static final Logger LOGGER = LoggerFactory.getLogger(MemtableTimer.class);

    private final SchedulerThread scheduler;
    private final Consumer<ColumnFamily> flushScheduler;

    /** {@code flushScheduler} is told of a column family that has a new sealed memtable; returns at once. */
    MemtableTimer(SchedulerThread scheduler, Consumer<ColumnFamily> flushScheduler) {
        this.scheduler = scheduler;
        this.flushScheduler = flushScheduler;
    }

    /** Tells that a memtable holds an entry; called while it is active. */
    void wrote(ColumnFamily family, Memtable memtable) {
        long age = family.settings().memtableMaxAgeNanos();
        if (age > 0 && family.beginTimer(memtable)) {
            start(family, memtable, age);
        }
    }

    /** Starts anew with changed options. */
    void settingsChanged(ColumnFamily family) throws StoreException {
        long age = family.settings().memtableMaxAgeNanos();
        View view = family.acquireView();
        try {
            if (age > 0 && !view.active().isEmpty()) {
                start(family, view.active(), age);
            }
        } finally {
            view.release();
        }
    }

    private void start(ColumnFamily family, Memtable memtable, long age) {
        try {
            var unused = scheduler.schedule(() -> flush(family, memtable), age);
        } catch (RejectedExecutionException closing) {
            LOGGER.debug("the store is closing, and flushes all");
        }
    }

    private void flush(ColumnFamily family, Memtable memtable) {
        if (family.settings().memtableMaxAgeNanos() > 0) {
            var unused = family.beginSwitch(memtable, FlushReason.MEMTABLE_MAX_AGE)
                    .thenRun(() -> {
                        if (family.flushes().want() != 0) {
                            flushScheduler.accept(family);
                        }
                    });
        }
    }
}
