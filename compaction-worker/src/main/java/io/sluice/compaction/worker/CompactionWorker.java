// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.mount.DynamicMounts;
import io.sluice.compaction.mount.Mounts;
import io.sluice.compaction.plugin.PlugInSource;
import io.sluice.compaction.web.FormToken;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.RateLimiter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compacts for stores elsewhere: an HTTP server that takes jobs and runs them. Safe for concurrent use. Owns its threads and
 * its socket until closed.
 */
public final class CompactionWorker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CompactionWorker.class);

    private static final int MAX_HTTP_THREADS = 32;
    private static final int MIN_HTTP_THREADS = 4;
    private static final int TOKEN_LENGTH = 16;
    private static final Duration END_LIMIT = Duration.ofSeconds(10);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(3);

    private final WorkerSettings settings;
    private final Server server;
    private final ServerConnector connector;
    private final AttemptTable table;
    private final ExecutorService attempts;
    private final ExecutorService subcompactions;
    private final ScheduledThreadPoolExecutor timer;
    private final WorkerHandler handler;
    private final PagesHandler pages;
    private final CompletableFuture<Void> stopAsked = new CompletableFuture<>();
    private final @Nullable Mounts mounts;
    private final WorkFiles files;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile String route = "";
    private volatile @Nullable TerminationWatch watch;

    private CompactionWorker(
            WorkerSettings settings,
            StorageOpener storages,
            PlugInSource plugIns,
            RateLimiter limiter,
            LongSupplier nanoClock,
            SecureRandom random,
            WorkFiles files)
            throws IOException {
        this.settings = settings;
        this.files = files;
        DynamicMounts dynamic = settings.mounts();
        String mountRoot = settings.mountRoot();
        this.mounts = dynamic == null || mountRoot == null ? null : Mounts.open(Path.of(mountRoot), dynamic.mounter());
        StoragePlace places = new StoragePlace(settings, mounts);
        this.attempts = Executors.newCachedThreadPool(threads("sluice-compaction"));
        this.subcompactions = Executors.newCachedThreadPool(threads("sluice-subcompaction"));
        this.timer = new ScheduledThreadPoolExecutor(1, threads("sluice-compaction-timer"));
        timer.setRemoveOnCancelPolicy(true);
        var unused = timer.scheduleWithFixedDelay(plugIns::unloadUnused, 1, 1, TimeUnit.MINUTES);
        ChildStarter children = settings.children();
        AttemptRunner runner = new AttemptRunner(
                places::find,
                storages,
                children == null
                        ? new LocalExecution(
                                plugIns, subcompactions, limiter, nanoClock, settings.host(), settings.id())
                        : new ChildExecution(children, files, settings.host(), settings.id()),
                nanoClock,
                settings.viewLimit());
        AttemptViews views = new AttemptViews(InstantSource.system(), nanoClock);
        this.table = new AttemptTable(
                settings,
                runner,
                attempts,
                timer,
                nanoClock,
                () -> {
                    byte[] token = new byte[TOKEN_LENGTH];
                    random.nextBytes(token);
                    return HexFormat.of().formatHex(token) + "-" + route;
                },
                attempt -> files.keep(attempt, views.text(attempt)));
        this.handler = new WorkerHandler(settings, table, places, timer, nanoClock);
        this.pages = new PagesHandler(
                settings, table, views, PagesHandler.pages(settings, new FormToken(random)), files, this::stopAsked);
        QueuedThreadPool pool = new QueuedThreadPool(MAX_HTTP_THREADS, MIN_HTTP_THREADS);
        pool.setName("sluice-http");
        pool.setDaemon(true);
        this.server = new Server(pool);
        this.connector = WorkerConnector.create(server, settings);
        server.addConnector(connector);
        server.setHandler(new GracefulHandler(new Handler.Sequence(pages, handler)));
        server.setErrorHandler((request, response, callback) -> {
            response.write(true, null, callback); // the status says enough
            return true;
        });
        server.setStopTimeout(ANSWER_LIMIT.toMillis());
    }

    /**
     * Starts a worker, which serves when this returns.
     *
     * @param storages opens jobs' storages
     * @param plugIns what jobs may name; stays its caller's
     * @param limiter of what is written
     * @param nanoClock for statistics and turns
     * @param random for tokens
     * @throws StoreException {@code IO} {@code compaction.worker.listen} where it can't listen
     */
    public static CompactionWorker start(
            WorkerSettings settings,
            StorageOpener storages,
            PlugInSource plugIns,
            RateLimiter limiter,
            LongSupplier nanoClock,
            SecureRandom random)
            throws IOException {
        CompactionWorker worker = new CompactionWorker(
                settings,
                storages,
                plugIns,
                limiter,
                nanoClock,
                random,
                WorkFiles.open(settings.workRoot(), !settings.deleteWorkFiles()));
        try {
            worker.connector.open(); // so that its port is known before its first job
            worker.route = Address.route(worker.url());
            worker.handler.serveAt(worker.url());
            worker.pages.serveAt(worker.url());
            worker.server.start();
        } catch (Exception e) {
            worker.close();
            throw new StoreException(
                    Kind.IO,
                    "compaction.worker.listen",
                    "worker " + settings.id() + " can't listen on " + settings.listen() + ": " + e.getMessage(),
                    e);
        }
        URI check = settings.terminationCheck();
        if (check != null) {
            worker.watch = new TerminationWatch(check, settings.terminationCheckInterval(), worker::stopAsked);
        }
        LOG.info("worker {} takes compactions at {}", settings.id(), worker.url());
        return worker;
    }

    /** Where it listens, with the port that it has. */
    public InetSocketAddress address() {
        return new InetSocketAddress(settings.listen().getAddress(), connector.getLocalPort());
    }

    /** The URL by which it is reached. */
    public String url() {
        String advertised = settings.advertise();
        if (advertised != null) {
            return advertised;
        }
        return Address.of(settings.listen(), connector.getLocalPort(), settings.host(), settings.tls() != null);
    }

    /** The paths that it answers at. */
    Set<String> paths() {
        Set<String> paths = new TreeSet<>(handler.paths());
        paths.addAll(pages.paths());
        return paths;
    }

    /** What it does. */
    public WorkerStatus status() {
        return table.status();
    }

    /**
     * Completes when the worker should be closed soon: its machine is to go, or somebody who may has asked for its end by
     * {@code /stop}. It takes nothing any more then.
     */
    public CompletionStage<Void> stopRequest() {
        return stopAsked.minimalCompletionStage();
    }

    /** Takes nothing any more, says so in {@code /health}, and hands back what it has; goes on answering. */
    public void drain() {
        table.leave();
    }

    private void stopAsked() {
        drain();
        // Not on a thread of the worker's own, for which closing waits.
        var unused = CompletableFuture.runAsync(() -> stopAsked.complete(null));
    }

    /** Drains, lets its attempts end and their stores hear of it, and stops serving; takes up to some 15 s. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        TerminationWatch watching = watch;
        if (watching != null) {
            watching.close();
        }
        drain();
        end(attempts);
        try {
            server.stop();
        } catch (Exception e) {
            LOG.warn("worker {}: its server did not stop in order", settings.id(), e);
        }
        timer.shutdownNow();
        end(subcompactions);
        if (mounts != null) {
            mounts.close();
        }
        files.close();
    }

    private void end(ExecutorService executor) {
        executor.shutdown();
        try {
            if (!executor.awaitTermination(END_LIMIT.toNanos(), TimeUnit.NANOSECONDS)) {
                LOG.warn("worker {}: an attempt did not end in time", settings.id());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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
