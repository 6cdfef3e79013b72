// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.compaction.document.HosterDocument;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionContext;
import io.sluice.store.compaction.CompactionExecutor;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionResult;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The compactions of one opening of one store. Owns a thread for each job that is out, of which the engine has at most
 * {@code max_background_compactions}. Safe for concurrent use.
 */
final class RemoteCompactionExecutor implements CompactionExecutor {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteCompactionExecutor.class);
    /** Above the time that an attempt takes to say goodbye. */
    private static final long CLOSE_SECONDS = 3;
    /** Files that are copied at a time, with {@code copy_sst_files}. */
    private static final int COPIES = 4;

    private final RemoteCompaction shared;
    private final CompactionContext context;
    private final HosterDocument hoster;
    private final WorkerClient client;
    private final SpeedEstimate speeds = new SpeedEstimate();
    private final Set<RemoteCompactionRun> runs = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads;
    private final @Nullable CopyArea copies;
    private final ExecutorService copiers;
    private volatile boolean closed;

    /**
     * An executor.
     *
     * @param copies where workers find what they need, closed with this; or null where they see the store itself
     */
    RemoteCompactionExecutor(
            RemoteCompaction shared,
            CompactionContext context,
            HosterDocument hoster,
            WorkerClient client,
            @Nullable CopyArea copies) {
        this.shared = shared;
        this.context = context;
        this.hoster = hoster;
        this.client = client;
        this.copies = copies;
        this.threads = Executors.newCachedThreadPool(threads("sluice-remote-compaction-"));
        this.copiers = Executors.newFixedThreadPool(COPIES, threads("sluice-remote-copy-"));
    }

    private static ThreadFactory threads(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Where a job's workers are to find it; with {@code copy_sst_files} its inputs were copied there. */
    JobPlace place(CompactionJob job, Ending ending) throws IOException, AttemptException {
        CopyArea area = copies;
        return area == null
                ? new JobPlace.Shared(context.storage(), job)
                : CopiedPlace.open(context.storage(), job, area, copiers, ending);
    }

    @Override
    public Running start(CompactionJob job) {
        if (job.compaction().outputLevel() < settings().dcompactMinLevel()) {
            counters().belowMinLevel();
            return context.local().start(job);
        }
        RemoteCompactionRun run = new RemoteCompactionRun(this, job);
        runs.add(run);
        shared.books().began(hoster.store(), job.columnFamilyName(), settings().maxBookDbcf());
        try {
            threads.execute(run);
        } catch (RejectedExecutionException | OutOfMemoryError e) { // closed, or no thread can be had
            ended(run);
            run.ended().complete(null);
            run.result()
                    .completeExceptionally(new StoreException(
                            closed ? Kind.CLOSED : Kind.BUSY,
                            "compaction.remote.thread",
                            "compaction " + job.id() + ": no thread for it: " + e,
                            e));
        }
        if (closed) {
            run.end("the store is closing");
        }
        return run;
    }

    /** Workers have queues of their own, so as many as there are; one, as locally, while none answers. */
    @Override
    public int capacity() {
        return workers().healthy() > 0 ? Integer.MAX_VALUE : 1;
    }

    void ended(RemoteCompactionRun run) {
        if (runs.remove(run)) {
            shared.books()
                    .ended(
                            hoster.store(),
                            run.job().columnFamilyName(),
                            settings().maxBookDbcf());
        }
    }

    /** Jobs that are out. */
    Set<RemoteCompactionRun> runs() {
        return runs;
    }

    /** A worker's result is in the manifest. */
    void installed(CompactionJob job, CompactionResult result) {
        counters().remote(result.builder(), job.compaction().inputSize());
        Long nanos = result.statistics().get("compaction_ns");
        shared.books()
                .finished(
                        hoster.store(),
                        job.columnFamilyName(),
                        job.compaction().inputSize(),
                        result.outputSize(),
                        nanos == null ? 0 : nanos,
                        settings().maxBookDbcf());
        long adopted = result.statistics().getOrDefault("adopted_bytes", 0L);
        if (nanos != null && adopted == 0) { // else the worker has not done all of it
            speeds.measured(job.columnFamilyName(), job.compaction().inputSize(), nanos);
        }
    }

    /** Bytes of a job's input that workers compact in a second, as far as that is known. */
    double speed(CompactionJob job) {
        return speeds.of(job.columnFamilyName(), settings().estimateSpeed());
    }

    RemoteCompactionSettings settings() {
        return shared.settings();
    }

    WorkerList workers() {
        return shared.workers();
    }

    Counters counters() {
        return shared.counters();
    }

    CompactionContext context() {
        return context;
    }

    /** Whose jobs these are. */
    HosterDocument hoster() {
        return hoster;
    }

    WorkerClient client() {
        return client;
    }

    long nanoTime() {
        return shared.nanoTime();
    }

    void alert(AttemptException failure, RemoteWorker worker) {
        shared.alert(hoster.instanceName(), failure, worker);
    }

    @Override
    public void close() {
        shared.closed(this);
        closed = true;
        List<RemoteCompactionRun> open = List.copyOf(runs);
        open.forEach(run -> run.end("the store is closing"));
        threads.shutdown();
        CompletableFuture.allOf(open.stream().map(RemoteCompactionRun::ended).toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, CLOSE_SECONDS, TimeUnit.SECONDS)
                .join();
        try {
            if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("a thread of remote compaction did not end in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        copiers.shutdown();
        CopyArea area = copies;
        if (area != null) {
            area.close();
        }
    }
}
