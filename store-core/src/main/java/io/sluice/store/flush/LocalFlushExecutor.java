// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.flush;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.MergingIterator;
import io.sluice.store.job.TableBuild;
import io.sluice.store.job.TableBuildResult;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Flushes on threads of this process. Safe for concurrent use. */
public final class LocalFlushExecutor implements FlushExecutor {
    /** The builder that stands in the properties of what this builds. */
    public static final String BUILDER = "local";

    private static final Logger LOGGER = LoggerFactory.getLogger(LocalFlushExecutor.class);

    private final Storage storage;
    private final Executor executor;
    private final RateLimiter limiter;
    private final LongSupplier nanoClock;
    private final String hostId;
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile LongConsumer outputListener = bytes -> {};
    private volatile boolean closed;

    /**
     * An executor.
     *
     * @param executor runs the flushes; stays the caller's
     * @param limiter of what is written
     * @param nanoClock for statistics
     * @param hostId for the tables' properties
     */
    public LocalFlushExecutor(
            Storage storage, Executor executor, RateLimiter limiter, LongSupplier nanoClock, String hostId) {
        this.storage = storage;
        this.executor = executor;
        this.limiter = limiter;
        this.nanoClock = nanoClock;
        this.hostId = hostId;
    }

    @Override
    public Running start(FlushJob job) {
        CompletableFuture<FlushResult> result = new CompletableFuture<>();
        underWay.incrementAndGet();
        try {
            executor.execute(() -> complete(result, job));
        } catch (RejectedExecutionException e) {
            underWay.decrementAndGet();
            result.completeExceptionally(closedError(job));
        } catch (RuntimeException | Error e) {
            underWay.decrementAndGet();
            throw e;
        }
        return new LocalRun(result);
    }

    /** Flushes that are under way, waiting ones included, whoever started them. */
    public int underWay() {
        return underWay.get();
    }

    /** Sets who is told of the output: of bytes that were just written, on the flushing thread, so it must be short. */
    public void onOutput(LongConsumer listener) {
        outputListener = listener;
    }

    private void complete(CompletableFuture<FlushResult> result, FlushJob job) {
        FlushResult made = null;
        Throwable failure = null;
        try {
            made = run(job);
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
        }
        underWay.decrementAndGet(); // before anybody learns of the end
        if (made != null) {
            result.complete(made);
        } else {
            result.completeExceptionally(failure);
        }
    }

    /** Makes what runs end at its next step; does not wait for it. */
    @Override
    public void close() {
        closed = true;
    }

    private FlushResult run(FlushJob job) throws IOException {
        checkOpen(job);
        int attempt = createAttempt(job);
        String directory = job.attemptDirectory(attempt);
        String path = directory + "/" + FileNames.table(job.fileNumber());
        try {
            TableBuildResult built = build(job, path);
            return new FlushResult(
                    job.id(),
                    attempt,
                    built.file() == null ? null : path,
                    built.file(),
                    built.crc32c(),
                    built.inputEntries(),
                    built.outputEntries(),
                    built.properties(),
                    BUILDER,
                    built.statistics());
        } catch (IOException | RuntimeException | Error e) {
            deleteAttempt(directory, e);
            throw e;
        }
    }

    private TableBuildResult build(FlushJob job, String path) throws IOException {
        TableBuild build =
                new TableBuild(job.tableOptions(), identity(job), job.snapshots(), job.epochNumber(), nanoClock);
        List<InternalIterator> rangeDeletions = new ArrayList<>();
        try (InternalIterator entries = entries(job);
                WritableFile file = limiter.limit(storage.create(path), RateLimiter.Priority.HIGH)) {
            Output output = new Output(job);
            job.memtables().forEach(memtable -> rangeDeletions.add(memtable.rangeDeletions()));
            TableBuildResult built = build.run(entries, rangeDeletions, file, output);
            output.end(built);
            return built;
        } finally {
            rangeDeletions.forEach(InternalIterator::close);
        }
    }

    /** Ends a build when the executor closes, and tells what was written. Used by the building thread. */
    private final class Output implements TableBuild.Progress {
        private final FlushJob job;
        private long told;

        Output(FlushJob job) {
            this.job = job;
        }

        @Override
        public void at(long inputEntries, long written) throws IOException {
            checkOpen(job);
            tell(written);
        }

        /** Tells the rest: progress is told now and then only. */
        void end(TableBuildResult built) {
            if (built.file() != null) {
                tell(built.file().size());
            }
        }

        private void tell(long written) {
            outputListener.accept(written - told);
            told = written;
        }
    }

    private static InternalIterator entries(FlushJob job) {
        List<InternalIterator> sources = new ArrayList<>();
        for (SealedMemtable memtable : job.memtables()) {
            sources.add(memtable.iterator());
        }
        return sources.size() == 1
                ? sources.get(0)
                : new MergingIterator(job.tableOptions().comparator(), sources);
    }

    private TableIdentity identity(FlushJob job) {
        TableIdentity given = job.identity();
        return new TableIdentity(
                given.columnFamilyId(),
                given.columnFamilyName(),
                given.dbId(),
                given.dbSessionId(),
                hostId,
                BUILDER,
                given.originalFileNumber(),
                given.creationTime(),
                given.oldestKeyTime(),
                given.fileCreationTime());
    }

    /** Makes the directory of the first attempt that nobody has taken yet. */
    private int createAttempt(FlushJob job) throws IOException {
        storage.createDirectory(job.ownerDirectory() + "/" + job.id().directory());
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
            LOGGER.debug("what a failed flush left in {} can't be deleted", directory, e);
        }
    }

    private void checkOpen(FlushJob job) throws StoreException {
        if (closed) {
            throw closedError(job);
        }
    }

    private static StoreException closedError(FlushJob job) {
        return new StoreException(Kind.CLOSED, "flush.closed", "flush " + job.id() + " ended: the store is closing");
    }

    private record LocalRun(CompletableFuture<FlushResult> result) implements Running {
        @Override
        public void urge() {
            // It runs here already, and nothing makes it faster.
        }

        @Override
        public void settled(boolean installed) {
            // It holds nothing elsewhere.
        }
    }
}
