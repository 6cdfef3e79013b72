// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Time, randomness and threads of one open store. The store shuts the executors down when it closes.
 *
 * @param clock the time of day
 * @param nanoClock for intervals, ns
 * @param random ids, and the seeds of memtables; safe for concurrent use
 * @param hostId who builds SSTs here, for their properties
 * @param scheduler starts flushes, and waits between retries; its tasks wait for nothing; one thread
 * @param installer verifies and installs flushes; waits for storage; one thread
 * @param logs prepares and retires write-ahead logs; waits for storage; one thread
 * @param events runs listeners; one thread
 * @param flushes runs local flushes
 * @param compactions runs local compactions, as many at once as it is given
 * @param subcompactions runs ranges of compactions that are split
 * @param purge deletes files; one thread
 * @param closingStep how long a store that closes waits for each of these to end
 */
public record EngineEnvironment(
        InstantSource clock,
        LongSupplier nanoClock,
        RandomGenerator random,
        String hostId,
        ScheduledExecutorService scheduler,
        ExecutorService installer,
        ExecutorService logs,
        ExecutorService events,
        ExecutorService flushes,
        ExecutorService compactions,
        ExecutorService subcompactions,
        ExecutorService purge,
        Duration closingStep) {

    /** This machine's time and randomness, and new daemon threads. */
    public static EngineEnvironment system(String hostId, int maxBackgroundFlushes) {
        return new EngineEnvironment(
                InstantSource.system(),
                System::nanoTime,
                new SecureRandom(),
                hostId,
                newScheduler(),
                Executors.newSingleThreadExecutor(threads("sluice-installer")),
                Executors.newSingleThreadExecutor(threads("sluice-logs")),
                Executors.newSingleThreadExecutor(threads("sluice-events")),
                Executors.newFixedThreadPool(maxBackgroundFlushes, threads("sluice-flush")),
                Executors.newCachedThreadPool(threads("sluice-compaction")),
                Executors.newCachedThreadPool(threads("sluice-subcompaction")),
                Executors.newSingleThreadExecutor(threads("sluice-purge")),
                Duration.ofSeconds(10));
    }

    /** The same with another {@code closingStep}. */
    public EngineEnvironment withClosingStep(Duration step) {
        return new EngineEnvironment(
                clock,
                nanoClock,
                random,
                hostId,
                scheduler,
                installer,
                logs,
                events,
                flushes,
                compactions,
                subcompactions,
                purge,
                step);
    }

    /** One that forgets what it was to do later once it is shut down: a store closes in the pause before a retry too. */
    private static ScheduledExecutorService newScheduler() {
        ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1, threads("sluice-scheduler"));
        scheduler.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return scheduler;
    }

    /** Ends the threads of a store that was not opened. */
    void close() {
        scheduler.shutdownNow();
        installer.shutdownNow();
        logs.shutdownNow();
        events.shutdownNow();
        flushes.shutdownNow();
        compactions.shutdownNow();
        subcompactions.shutdownNow();
        purge.shutdownNow();
    }

    /** Threads that open tables while a store is opened; who asks for them shuts them down. */
    static ExecutorService openers(int threads) {
        return Executors.newFixedThreadPool(threads, threads("sluice-open"));
    }

    private static ThreadFactory threads(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
