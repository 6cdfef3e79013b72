// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushReason;
import io.sluice.store.memtable.Memtable;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the store does about its logs: makes room where they grow too long, stops writes where they fail, begins a new one on
 * demand. Safe for concurrent use; what is told by {@link WriteLog} returns at once.
 */
final class LogKeeper implements WriteLog.Listener {
    private static final Logger LOGGER = LoggerFactory.getLogger(LogKeeper.class);

    private final WriteLog log;
    private final LogRetention retention;
    private final ColumnFamilies families;
    private final FlushScheduler flushes;
    private final ExplicitFlush explicit;
    private final Health health;
    private final Listeners listeners;
    private final EngineEnvironment environment;
    private final EngineSettings settings;
    private final Runnable wakeAll;
    private final Object restarting = new Object();

    LogKeeper(
            WriteLog log,
            LogRetention retention,
            ColumnFamilies families,
            FlushScheduler flushes,
            ExplicitFlush explicit,
            Health health,
            Listeners listeners,
            EngineEnvironment environment,
            EngineSettings settings,
            Runnable wakeAll) {
        this.log = log;
        this.retention = retention;
        this.families = families;
        this.flushes = flushes;
        this.explicit = explicit;
        this.health = health;
        this.listeners = listeners;
        this.environment = environment;
        this.settings = settings;
        this.wakeAll = wakeAll;
    }

    @Override
    public void onFailure(StoreException cause) {
        if (health.failLog(cause)) {
            listeners.tell(listener -> listener.onBackgroundError(cause));
        }
        later(environment.scheduler(), wakeAll);
    }

    @Override
    public void onOverLimit() {
        later(environment.scheduler(), this::relieve);
    }

    @Override
    public void onRetired() {
        later(environment.installer(), this::advance); // where nobody needs it, no flush will say so
    }

    /** A column family was dropped: what only it needed may go. */
    void dropped() {
        setLimit();
        later(environment.installer(), this::advance);
        flushes.installHeld();
    }

    private void advance() {
        try {
            retention.advance();
        } catch (IOException e) {
            LOGGER.warn("what logs are needed can't be written down; they are kept until the next flush", e);
        }
    }

    /** Sets the limit by what the column families' memtables may hold, where the options give none. */
    void setLimit() {
        long memtables = 0;
        for (ColumnFamily family : families.all()) {
            memtables += family.settings().writeBufferSize() * family.settings().maxWriteBufferNumber();
        }
        log.limit(settings.maxTotalWalSize() == 0 ? 4 * memtables : settings.maxTotalWalSize());
    }

    /**
     * Begins a new log where the present one has failed. Before that all that it holds goes into tables, since recovery may
     * stop at its end.
     */
    void restart() throws IOException {
        synchronized (restarting) {
            if (log.failure() == null) {
                return;
            }
            explicit.runForRecovery();
            CompletableFuture<Boolean> restarted = new CompletableFuture<>();
            later(environment.installer(), () -> {
                try {
                    if (log.failure() != null) { // or one who waited for it no more has had it done
                        retention.restart();
                        health.healLog();
                    }
                    restarted.complete(true);
                } catch (IOException | RuntimeException e) {
                    restarted.completeExceptionally(e);
                }
            });
            health.checkOpen();
            Futures.join(restarted, "the beginning of a new log");
        }
    }

    /** Makes the memtables with entries in the oldest log go into tables, so that it can go. On the scheduler's thread. */
    private void relieve() {
        long oldest = log.oldestNumber();
        boolean found = false;
        for (ColumnFamily family : families.all()) {
            if (family.unflushed().stream().anyMatch(memtable -> isIn(memtable, oldest))) {
                found = true;
                Memtable active = family.active();
                if (isIn(active, oldest)) {
                    var unused = family.beginSwitch(active, FlushReason.WAL_FULL)
                            .thenRunAsync(() -> flush(family), environment.scheduler());
                } else {
                    flush(family);
                }
            }
        }
        if (!found) { // nobody needs it: it was a dropped column family's
            log.retireAfter(oldest);
            later(environment.installer(), this::advance);
        }
    }

    private void flush(ColumnFamily family) {
        family.flushes().want();
        flushes.schedule(family);
        family.flushes().urge();
    }

    private static boolean isIn(Memtable memtable, long logNumber) {
        return memtable.firstLog() != 0 && memtable.firstLog() <= logNumber;
    }

    private static void later(Executor executor, Runnable action) {
        try {
            executor.execute(action);
        } catch (RejectedExecutionException closing) {
            LOGGER.debug("the store is closing");
        }
    }
}
