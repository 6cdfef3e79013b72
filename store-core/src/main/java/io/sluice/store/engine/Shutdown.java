// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.flush.FlushExecutor;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/** Ends a store's executors, threads, manifest and lock, each in bounded time. */
final class Shutdown {
    private static final long STEP_SECONDS = 10;

    private final Opening.Parts parts;
    private final FlushScheduler flushes;
    private final CompactionScheduler compactions;
    private final WriteLog log;

    Shutdown(Opening.Parts parts, FlushScheduler flushes, CompactionScheduler compactions, WriteLog log) {
        this.parts = parts;
        this.flushes = flushes;
        this.compactions = compactions;
        this.log = log;
    }

    /**
     * Runs it. Where a thread hangs in storage, the lock stays with this process, so that nobody else opens a store that
     * the thread may still write to.
     *
     * @param syncLog whether the logs hold what is in no table
     */
    void run(boolean syncLog) throws IOException {
        FlushExecutor remote = parts.remote();
        if (remote != null) {
            remote.close();
        }
        parts.local().close();
        parts.compactor().close();
        parts.limiter().close();
        EngineEnvironment environment = parts.environment();
        environment.flushes().shutdown();
        environment.compactions().shutdown();
        boolean ended = await(environment.flushes());
        ended &= await(environment.compactions());
        environment.subcompactions().shutdown();
        ended &= await(environment.subcompactions());
        environment.installer().shutdown();
        ended &= await(environment.installer());
        environment.scheduler().execute(flushes::abandonAll);
        environment.scheduler().execute(compactions::abandonAll);
        environment.scheduler().shutdown();
        ended &= await(environment.scheduler());
        environment.scheduler().shutdownNow();
        environment.purge().shutdown();
        ended &= await(environment.purge());
        environment.logs().shutdown();
        ended &= await(environment.logs());
        environment.events().shutdown();
        if (!ended) {
            throw new StoreException(
                    Kind.TIMED_OUT,
                    "store.close.hangs",
                    parts.identity().storageUri()
                            + ": a flush hangs in its storage; the store's lock is kept until this" + " process ends");
        }
        try {
            log.close(syncLog);
        } finally {
            try {
                parts.versions().close();
            } finally {
                parts.lock().close();
            }
        }
    }

    private static boolean await(ExecutorService executor) {
        try {
            return executor.awaitTermination(STEP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
