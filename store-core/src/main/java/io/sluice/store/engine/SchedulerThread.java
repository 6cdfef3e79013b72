// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store's scheduler thread, as those see it whose state belongs to it. What an action throws is logged, since the
 * executor would keep it to itself. Safe for concurrent use.
 */
final class SchedulerThread {
    private static final Logger LOGGER = LoggerFactory.getLogger(SchedulerThread.class);

    private final ScheduledExecutorService executor;

    SchedulerThread(ScheduledExecutorService executor) {
        this.executor = executor;
    }

    /** Runs an action there, soon; false where the store is closed. */
    boolean execute(Runnable action) {
        try {
            executor.execute(guard(action));
            return true;
        } catch (RejectedExecutionException closing) {
            LOGGER.debug("the store is closed; nothing is scheduled any more");
            return false;
        }
    }

    /**
     * Runs an action there after a pause, unless the store is closed meanwhile.
     *
     * @throws RejectedExecutionException where it is closed already
     */
    Future<?> schedule(Runnable action, long nanos) {
        return executor.schedule(guard(action), nanos, TimeUnit.NANOSECONDS);
    }

    private static Runnable guard(Runnable action) {
        return () -> {
            try {
                action.run();
            } catch (RuntimeException | Error e) {
                LOGGER.error("the scheduler met an error of the program", e);
            }
        };
    }
}
