// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.Store;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** The threads of a round: those that write and read, and one of {@link Maintenance}. */
final class Load {
    /** Ids of a thread's writes: round, thread, number. */
    private static final int ROUND_SHIFT = 40;

    private static final int THREAD_SHIFT = 32;
    private static final int JOURNAL_LENGTH = 8 << 20;
    /** One of these is the longest between two steps of maintenance: always something, or seldom. */
    private static final List<Integer> PAUSES_MS = List.of(2, 20, 100);

    private final Store store;
    private final RoundOptions options;
    private final KeyTable table;
    private final List<Thread> threads = new ArrayList<>();
    private final Consumer<Throwable> onFailure;
    private final AtomicLong clock = new AtomicLong();
    private volatile boolean stopped;

    /** A thread's work. */
    @FunctionalInterface
    private interface Work {
        void run() throws Exception;
    }

    /**
     * A load.
     *
     * @param onFailure told, on the thread that failed, of a finding or an error of the store
     */
    Load(Store store, RoundOptions options, KeyTable table, Consumer<Throwable> onFailure) {
        this.store = store;
        this.options = options;
        this.table = table;
        this.onFailure = onFailure;
    }

    /** Starts so many threads that write, and one more. */
    void start(int writers, int round, ExpectedState expected, SplittableRandom random, Watchdog watchdog)
            throws IOException, Finding {
        List<ColumnFamilyHandle> families = StoreReading.families(store, table.space());
        for (int i = 0; i < writers; i++) {
            long firstId = ((long) round << ROUND_SHIFT) | ((long) i << THREAD_SHIFT);
            Operations operations = new Operations(
                    store,
                    families,
                    options,
                    table,
                    random.split(),
                    random.split(),
                    expected.journal(round, i, JOURNAL_LENGTH),
                    clock,
                    firstId);
            add("stress-writer-" + i, () -> {
                try (operations) {
                    while (!stopped && !operations.isFull()) {
                        operations.step();
                        watchdog.progress();
                    }
                    operations.finish();
                }
            });
        }
        Journal journal = expected.journal(round, writers, JOURNAL_LENGTH);
        Maintenance maintenance = new Maintenance(store, families, table.space(), random.split(), journal, clock);
        addMaintenance(maintenance, random);
        threads.forEach(Thread::start);
    }

    /** Maintenance alone, beside a writer of the caller's. */
    void startMaintenance(SplittableRandom random) throws Finding {
        List<ColumnFamilyHandle> families = StoreReading.families(store, table.space());
        addMaintenance(new Maintenance(store, families, table.space(), random, null, clock), random);
        threads.forEach(Thread::start);
    }

    private void addMaintenance(Maintenance maintenance, SplittableRandom random) {
        SplittableRandom pauses = random.split();
        long longestNs = TimeUnit.MILLISECONDS.toNanos(PAUSES_MS.get(random.nextInt(PAUSES_MS.size())));
        add("stress-maintenance", () -> {
            while (!stopped) {
                maintenance.step();
                LockSupport.parkNanos(pauses.nextLong(longestNs));
            }
        });
    }

    private void add(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (Exception | AssertionError e) {
                        onFailure.accept(e);
                    }
                },
                name);
        thread.setDaemon(true);
        threads.add(thread);
    }

    /** Lets all threads come to their end. */
    void stop() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
