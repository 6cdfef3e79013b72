// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactRangeSettings;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.VersionSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What a program can ask of compactions. Its threads wait here, with no lock. Safe for concurrent use. */
final class Compactions {
    private final VersionSet versions;
    private final EngineEnvironment environment;
    private final EngineSettings settings;
    private final CompactionScheduler scheduler;
    private final FlushScheduler flushes;
    private final ExplicitFlush explicitFlush;
    private final Refit refit;
    private final AtomicInteger pauses = new AtomicInteger();

    Compactions(
            VersionSet versions,
            EngineEnvironment environment,
            EngineSettings settings,
            CompactionScheduler scheduler,
            FlushScheduler flushes,
            ExplicitFlush explicitFlush) {
        this.versions = versions;
        this.environment = environment;
        this.settings = settings;
        this.scheduler = scheduler;
        this.flushes = flushes;
        this.explicitFlush = explicitFlush;
        this.refit = new Refit(versions);
    }

    /** Compacts a range of user keys, {@code end} inclusive, or what is on its side where one is null. */
    void compactRange(ColumnFamily family, byte @Nullable [] begin, byte @Nullable [] end, CompactRangeSettings options)
            throws IOException {
        explicitFlush.run(List.of(family), true, Long.MAX_VALUE);
        int subcompactions =
                options.maxSubcompactions() > 0 ? options.maxSubcompactions() : settings.maxSubcompactions();
        int level = new CompactRange(versions, this::runAndWait).run(family, begin, end, options, subcompactions);
        if (options.changeLevel() && level >= 0) {
            changeLevel(family, level, options.targetLevel());
        }
    }

    /** Compacts files, by name; returns the names of those made. */
    List<String> compactFiles(ColumnFamily family, Set<String> names, int outputLevel, int maxSubcompactions)
            throws IOException {
        Set<Long> numbers = new TreeSet<>();
        for (String name : names) {
            FileNames.Parsed parsed = FileNames.parse(name);
            if (parsed.type() != FileNames.Type.TABLE) {
                throw StoreException.invalid("compaction.files", "\"" + name + "\" is no name of an SST: 000012.sst");
            }
            numbers.add(parsed.number());
        }
        int subcompactions = maxSubcompactions > 0 ? maxSubcompactions : settings.maxSubcompactions();
        ManualCompaction manual = ManualCompaction.ofFiles(family, numbers, outputLevel, subcompactions);
        runAndWait(manual);
        List<String> made = new ArrayList<>();
        for (long number : manual.outputs) {
            made.add(FileNames.table(number));
        }
        return made;
    }

    /**
     * Waits until nothing is flushed, nothing compacted, and nothing due.
     *
     * @param abortOnPause whether to fail where background work is paused
     * @param nanos at most so long
     */
    void waitForCompact(boolean flush, boolean abortOnPause, long nanos) throws IOException {
        long start = environment.nanoClock().getAsLong();
        if (abortOnPause && pauses.get() > 0) {
            throw new StoreException(Kind.BUSY, "compaction.paused", "background work is paused");
        }
        if (flush) {
            explicitFlush.run(List.of(), true, nanos);
        }
        long left = nanos == Long.MAX_VALUE
                ? nanos
                : nanos - (environment.nanoClock().getAsLong() - start);
        join(scheduler.whenIdle(), Math.max(0, left), () -> {});
    }

    /** Lets no flush and no compaction begin, and waits until none runs; where it throws, nothing is paused. */
    void pause() throws IOException {
        pauses.incrementAndGet();
        flushes.pause();
        boolean quiet = false;
        try {
            join(scheduler.pause(), Long.MAX_VALUE, () -> {});
            quiet = true;
        } finally {
            if (!quiet) {
                unpause();
            }
        }
    }

    /** Ends one {@link #pause}. */
    void unpause() {
        pauses.decrementAndGet();
        flushes.unpause();
        scheduler.unpause();
    }

    private void changeLevel(ColumnFamily family, int level, int targetLevel) throws IOException {
        pause();
        try {
            CompletableFuture<Void> done = new CompletableFuture<>();
            environment.installer().execute(() -> {
                try {
                    refit.run(family, level, targetLevel);
                    done.complete(null);
                } catch (IOException | RuntimeException | Error e) {
                    done.completeExceptionally(e);
                }
            });
            join(done, Long.MAX_VALUE, () -> {});
        } catch (RejectedExecutionException closing) {
            throw new StoreException(Kind.CLOSED, "store.closed", "the store is closed: open it again", closing);
        } finally {
            unpause();
        }
    }

    private void runAndWait(ManualCompaction manual) throws IOException {
        scheduler.submit(manual);
        join(manual.done, Long.MAX_VALUE, () -> scheduler.cancel(manual));
    }

    private static void join(CompletableFuture<Void> done, long nanos, Runnable onGivenUp) throws IOException {
        try {
            var unused = done.get(nanos, TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw again(cause);
            }
            throw new IllegalStateException("a compaction met an error of the program", e.getCause());
        } catch (TimeoutException e) {
            onGivenUp.run();
            throw new StoreException(
                    Kind.TIMED_OUT,
                    "compaction.timed-out",
                    "compactions have not ended within " + TimeUnit.NANOSECONDS.toMillis(nanos) + " ms",
                    e);
        } catch (InterruptedException e) {
            onGivenUp.run();
            Thread.currentThread().interrupt();
            throw new StoreException(
                    Kind.BUSY, "store.interrupted", "the thread was interrupted while it waited for a compaction", e);
        }
    }

    /** The error with the stack of the thread that gets it. */
    private static StoreException again(IOException cause) {
        return cause instanceof StoreException s
                ? new StoreException(
                        s.kind(), s.code(), String.valueOf(s.getMessage()).replace(" [" + s.code() + "]", ""), s)
                : StoreException.wrap("compaction.failed", cause);
    }
}
