// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.Progress;
import io.sluice.compaction.plugin.PlugInSource;
import io.sluice.store.storage.RateLimiter;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The process of one attempt: what a {@link ChildStarter} starts. */
public final class CompactionChild {
    private static final Logger LOG = LoggerFactory.getLogger(CompactionChild.class);

    /** Between two reports of how far it is. */
    private static final long PAUSE_MILLIS = 200;

    private CompactionChild() {}

    /**
     * Does what the worker tells. Returns when the worker has been told of the end; there may be threads left that the
     * plug-ins have started.
     *
     * @param in from the worker; it ends when the worker does
     * @param out to the worker, and nothing else
     * @param plugIns of the job's store
     * @param onWorkersEnd called once the worker is gone, whatever runs then: it ends the process
     * @throws IOException where the worker can't be told
     */
    public static void run(
            InputStream in, OutputStream out, StorageOpener storages, PlugInSource plugIns, Runnable onWorkersEnd)
            throws IOException, InterruptedException {
        DataInputStream from = new DataInputStream(new BufferedInputStream(in));
        ChildPipe.Task task = ChildPipe.readTask(from);
        daemon("sluice-parent-watch", () -> awaitEnd(from, onWorkersEnd)).start();
        AtomicInteger count = new AtomicInteger();
        ExecutorService subcompactions =
                Executors.newCachedThreadPool(run -> daemon("sluice-subcompaction-" + count.incrementAndGet(), run));
        HostedAttempt attempt = new HostedAttempt(task.token(), task.document(), task.storageUri(), System::nanoTime);
        attempt.take();
        Execution execution = new LocalExecution(
                plugIns,
                subcompactions,
                new RateLimiter(0, System::nanoTime),
                System::nanoTime,
                task.host(),
                task.id());
        Thread runner = daemon(
                "sluice-compaction",
                () -> new AttemptRunner(
                                job -> new StoragePlace.Found(task.storageUri(), null),
                                storages,
                                execution,
                                System::nanoTime,
                                Duration.ZERO) // the worker has waited
                        .run(attempt));
        runner.start();
        report(attempt, new DataOutputStream(new BufferedOutputStream(out)));
        subcompactions.shutdown();
    }

    private static void report(HostedAttempt attempt, DataOutputStream out) throws IOException, InterruptedException {
        int seen = 0;
        Progress progress;
        do {
            progress = await(attempt, seen);
            seen += progress.segments().size();
            ChildPipe.write(out, progress);
        } while (!progress.state().hasEnded());
    }

    private static Progress await(HostedAttempt attempt, int seen) throws InterruptedException {
        CompletableFuture<Progress> news = attempt.await(seen);
        try {
            return news.get(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            attempt.forget(news, System.nanoTime());
            return attempt.progress(seen);
        } catch (ExecutionException e) {
            throw new AssertionError("nobody fails it", e);
        }
    }

    private static void awaitEnd(InputStream in, Runnable onEnd) {
        try {
            while (in.read() >= 0) {
                // The worker says nothing more; only that it lives matters.
            }
        } catch (IOException e) {
            LOG.debug("the worker's pipe broke", e);
        }
        onEnd.run();
    }

    private static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }
}
