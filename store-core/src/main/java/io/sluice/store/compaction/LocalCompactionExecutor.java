// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.job.CompactionStatistics;
import io.sluice.store.job.JobTombstones;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.sst.TableReader;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.ReadaheadFile;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compacts on threads of this process. Safe for concurrent use. */
public final class LocalCompactionExecutor implements CompactionExecutor {
    /** The builder that stands in the properties of what this builds. */
    public static final String BUILDER = "local";

    /** Bytes read at once of an input: RocksDB's {@code compaction_readahead_size}. */
    private static final int READAHEAD_LENGTH = 2 << 20;

    private static final Logger LOGGER = LoggerFactory.getLogger(LocalCompactionExecutor.class);

    private final Storage storage;
    private final Executor jobs;
    private final Executor subcompactions;
    private final RateLimiter limiter;
    private final LongSupplier nanoClock;
    private final String hostId;
    private volatile boolean closed;

    /**
     * An executor.
     *
     * @param jobs runs the jobs; stays the caller's
     * @param subcompactions runs all ranges of a job but its first; must not be the same threads, which wait for them
     * @param limiter of what is written
     * @param nanoClock for statistics
     * @param hostId for the tables' properties
     */
    public LocalCompactionExecutor(
            Storage storage,
            Executor jobs,
            Executor subcompactions,
            RateLimiter limiter,
            LongSupplier nanoClock,
            String hostId) {
        this.storage = storage;
        this.jobs = jobs;
        this.subcompactions = subcompactions;
        this.limiter = limiter;
        this.nanoClock = nanoClock;
        this.hostId = hostId;
    }

    @Override
    public Running start(CompactionJob job) {
        LocalRun run = new LocalRun();
        try {
            jobs.execute(() -> {
                try {
                    run.result.complete(run(job, run));
                } catch (IOException | RuntimeException | Error e) {
                    run.result.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            run.result.completeExceptionally(closedError(job));
        }
        return run;
    }

    /** Makes what runs end at its next step; does not wait for it. */
    @Override
    public void close() {
        closed = true;
    }

    private CompactionResult run(CompactionJob job, LocalRun handle) throws IOException {
        check(job, handle);
        long start = nanoClock.getAsLong();
        int number = createAttempt(job);
        String directory = job.attemptDirectory(number);
        try {
            KeyComparator comparator = job.tableOptions().comparator();
            JobTombstones tombstones = new InputTombstones(job, file -> open(file, comparator)).read();
            CompactionRun.Attempt attempt = new CompactionRun.Attempt(
                    directory,
                    new AtomicInteger(),
                    hostId,
                    BUILDER,
                    path -> limiter.limit(storage.create(path), RateLimiter.Priority.LOW),
                    () -> check(job, handle),
                    tombstones);
            List<KeyRange> ranges =
                    new SubcompactionRanges(job.compaction(), comparator, file -> open(file, comparator)).cut();
            List<CompactionRun> runs = new ArrayList<>();
            List<FutureTask<List<CompactionResult.Output>>> tasks = new ArrayList<>();
            for (KeyRange range : ranges) {
                CompactionRun run = new CompactionRun(job, attempt);
                runs.add(run);
                tasks.add(new FutureTask<>(() -> run.run(range, file -> open(file, comparator))));
            }
            List<CompactionResult.Output> outputs = runAll(tasks, handle);
            return result(job, number, outputs, runs, tombstones.count(), nanoClock.getAsLong() - start);
        } catch (IOException | RuntimeException | Error e) {
            deleteAttempt(directory, e);
            throw e;
        }
    }

    /** Runs the first here and the others beside; returns, or throws, when none runs any more. */
    private List<CompactionResult.Output> runAll(List<FutureTask<List<CompactionResult.Output>>> tasks, LocalRun handle)
            throws IOException {
        for (FutureTask<List<CompactionResult.Output>> task : tasks.subList(1, tasks.size())) {
            try {
                subcompactions.execute(task);
            } catch (RejectedExecutionException e) {
                task.run();
            }
        }
        tasks.get(0).run();
        List<CompactionResult.Output> outputs = new ArrayList<>();
        Throwable failure = null;
        for (FutureTask<List<CompactionResult.Output>> task : tasks) {
            try {
                outputs.addAll(await(task, handle));
            } catch (ExecutionException e) {
                failure = failure == null ? e.getCause() : failure;
                handle.abort(); // the others' work is for nothing
            }
        }
        if (failure != null) {
            throw failure instanceof IOException io
                    ? io
                    : new StoreException(Kind.IO, "compaction.failed", "a range failed: " + failure, failure);
        }
        return outputs;
    }

    /** Waits also where it is interrupted, which aborts the whole. */
    private static <T> T await(FutureTask<T> task, LocalRun handle) throws ExecutionException {
        boolean interrupted = false;
        try {
            for (; ; ) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                    handle.abort();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static CompactionResult result(
            CompactionJob job,
            int attempt,
            List<CompactionResult.Output> outputs,
            List<CompactionRun> runs,
            long rangeDeletions,
            long nanos) {
        Map<String, Long> statistics = new LinkedHashMap<>();
        long input = rangeDeletions;
        for (CompactionRun run : runs) {
            CompactionStatistics counts = run.statistics();
            input += counts.inputEntries();
            statistics.merge("dropped_hidden", counts.droppedHidden(), Long::sum);
            statistics.merge("dropped_obsolete", counts.droppedObsolete(), Long::sum);
            statistics.merge("dropped_by_filter", counts.droppedByFilter(), Long::sum);
            statistics.merge("dropped_by_range_deletion", counts.droppedByRangeDeletion(), Long::sum);
            statistics.merge("single_delete_mismatches", counts.singleDeleteMismatches(), Long::sum);
        }
        statistics.put("subcompactions", (long) runs.size());
        statistics.put("compaction_ns", nanos);
        return new CompactionResult(job.id(), attempt, outputs, input, BUILDER, statistics);
    }

    private TableReader open(FileMetadata file, KeyComparator comparator) throws IOException {
        ReadableFile source = storage.open(FileNames.table(file.number()));
        if (source.length() != file.size()) {
            source.close();
            throw StoreException.corruption(
                    "compaction.input.size",
                    source.name() + " has " + source.length() + " bytes, the manifest says " + file.size()
                            + ": restore the file");
        }
        TableReader table = TableReader.open(new ReadaheadFile(source, READAHEAD_LENGTH), comparator);
        table.takeManifestSequence(file.largestSequence());
        return table;
    }

    /** Makes the directory of the first attempt that nobody has taken yet. */
    private int createAttempt(CompactionJob job) throws IOException {
        storage.createDirectory(job.jobDirectory());
        int attempt = 1;
        while (!storage.createDirectory(job.attemptDirectory(attempt))) {
            attempt++;
        }
        return attempt;
    }

    private void deleteAttempt(String directory, Throwable cause) {
        try {
            storage.deleteRecursively(directory);
        } catch (IOException e) {
            cause.addSuppressed(e);
            LOGGER.debug("what a failed compaction left in {} can't be deleted", directory, e);
        }
    }

    private void check(CompactionJob job, LocalRun handle) throws StoreException {
        if (closed) {
            throw closedError(job);
        }
        if (handle.aborted) {
            throw new StoreException(
                    Kind.CLOSED, "compaction.aborted", "compaction " + job.id() + " ended: it is not wanted any more");
        }
    }

    private static StoreException closedError(CompactionJob job) {
        return new StoreException(
                Kind.CLOSED, "compaction.closed", "compaction " + job.id() + " ended: the store is closing");
    }

    private static final class LocalRun implements Running {
        private final CompletableFuture<CompactionResult> result = new CompletableFuture<>();
        private volatile boolean aborted;

        @Override
        public CompletableFuture<CompactionResult> result() {
            return result;
        }

        @Override
        public void abort() {
            aborted = true;
        }

        @Override
        public void settled() {
            // It holds nothing elsewhere.
        }
    }
}
