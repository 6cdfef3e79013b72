// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.flush.placement.Load;
import io.sluice.flush.protocol.Addresses;
import io.sluice.flush.protocol.NameLookup;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushContext;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.flush.FlushExecutorFactory;
import io.sluice.transport.ConnectionPath;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remote flush of a process that embeds stores: give it to the options of each as its flush executor's factory, and a
 * {@link RegionMemoryPool} over the transport's pool as its memory. Memnodes come and go, and the switch turns, while
 * stores are open.
 *
 * <p>Safe for concurrent use. Owns its threads, its port and its connections; the transport stays the caller's. Close
 * the stores first, then this, then the transport, then the pool.
 */
public final class RemoteFlush implements FlushExecutorFactory, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteFlush.class);

    private final RemoteFlushSettings settings;
    private final Transport transport;
    private final LongSupplier nanoClock;
    private final NameLookup names;
    private final RandomGenerator random;
    private final FlushCounters counters = new FlushCounters();
    private final ScheduledExecutorService control;
    private final ThreadPoolExecutor runners;
    private final ResultListener listener;
    private final String callback;
    private volatile boolean enabled;
    private volatile Consumer<AttemptReport> reports = report -> {};
    private volatile Consumer<FlushTrace> traces = trace -> {};

    @GuardedBy("this")
    private final Set<String> memnodes = new LinkedHashSet<>();

    @GuardedBy("this")
    private final List<RemoteFlushExecutor> executors = new ArrayList<>();

    @GuardedBy("this")
    private final List<CompletableFuture<Void>> awaitingMemnode = new ArrayList<>();

    @GuardedBy("this")
    private boolean closed;

    private RemoteFlush(
            RemoteFlushSettings settings,
            Transport transport,
            LongSupplier nanoClock,
            RandomGenerator random,
            NameLookup names)
            throws IOException {
        for (String memnode : settings.memnodes()) {
            Addresses.check(memnode);
        }
        this.settings = settings;
        this.names = names;
        this.memnodes.addAll(settings.memnodes());
        this.transport = transport;
        this.nanoClock = nanoClock;
        this.random = random;
        this.enabled = settings.enabled();
        this.control = Executors.newSingleThreadScheduledExecutor(threads("sluice-flush-control"));
        this.runners = new ThreadPoolExecutor(
                0, settings.maxJobs(), 10, TimeUnit.SECONDS, new SynchronousQueue<>(), threads("sluice-remote-flush"));
        ResultListener opened = null;
        try {
            opened = new ResultListener(transport, settings.listen(), control, counters, this::add);
            this.callback = callback(settings, opened.address());
        } catch (IOException | RuntimeException e) {
            if (opened != null) {
                opened.close();
            }
            control.shutdownNow();
            throw e;
        }
        this.listener = opened;
    }

    private static String callback(RemoteFlushSettings settings, InetSocketAddress bound) throws StoreException {
        if (settings.advertised() != null) {
            return settings.advertised();
        }
        if (bound.getAddress().isAnyLocalAddress()) {
            throw StoreException.invalid(
                    "flush.advertised",
                    "the generator listens at all addresses, " + bound + ": say which one workers shall dial");
        }
        return Addresses.format(bound);
    }

    private static ThreadFactory threads(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /**
     * Opens the port and begins to reach for the memnodes once a store is opened.
     *
     * @param nanoClock for deadlines and statistics
     * @throws TransportException where the port cannot be opened
     * @throws StoreException {@code INVALID_ARGUMENT} where an address is none
     */
    public static RemoteFlush start(RemoteFlushSettings settings, Transport transport, LongSupplier nanoClock)
            throws IOException {
        return start(settings, transport, nanoClock, NameLookup.SYSTEM);
    }

    /** As above, with another look-up of the memnodes' names. */
    public static RemoteFlush start(
            RemoteFlushSettings settings, Transport transport, LongSupplier nanoClock, NameLookup names)
            throws IOException {
        return new RemoteFlush(settings, transport, nanoClock, new SecureRandom(), names);
    }

    /** Where workers and memnodes reach it. */
    public InetSocketAddress address() {
        return listener.address();
    }

    /**
     * Uses one memnode more (the original's {@code register_memnode}); no effect where it is known.
     *
     * @throws StoreException {@code INVALID_ARGUMENT} where the address is none
     */
    public void addMemnode(String address) throws StoreException {
        Addresses.check(address);
        add(address);
    }

    private synchronized void add(String address) {
        if (memnodes.add(address)) {
            executors.forEach(executor -> executor.memnodes().add(address));
        }
    }

    /** Uses a memnode no more: jobs under way through it go on elsewhere. No effect where it is unknown. */
    public void removeMemnode(String address) {
        synchronized (this) {
            if (memnodes.remove(address)) {
                executors.forEach(executor -> executor.memnodes().remove(address));
            }
        }
    }

    /** The memnodes' addresses. */
    public synchronized List<String> memnodes() {
        return List.copyOf(memnodes);
    }

    /** Memnodes that are connected now, counted for each open store. */
    public synchronized int connectedMemnodes() {
        return executors.stream()
                .mapToInt(executor -> executor.memnodes().connected())
                .sum();
    }

    /**
     * Completes when a memnode is connected to an open store: at once where one is; exceptionally with {@code CLOSED} at
     * the close. Stages may run on threads that keep deadlines, and must be short.
     */
    public CompletableFuture<Void> connected() {
        CompletableFuture<Void> waiting = new CompletableFuture<>();
        synchronized (this) {
            if (closed) {
                return CompletableFuture.failedFuture(closedError());
            }
            if (connectedMemnodes() == 0) {
                awaitingMemnode.add(waiting);
                return waiting;
            }
        }
        waiting.complete(null);
        return waiting;
    }

    void onConnected() {
        takeWaiting(false).forEach(waiting -> waiting.complete(null));
    }

    private synchronized List<CompletableFuture<Void>> takeWaiting(boolean closing) {
        closed |= closing;
        List<CompletableFuture<Void>> waiting = List.copyOf(awaitingMemnode);
        awaitingMemnode.clear();
        return waiting;
    }

    private static StoreException closedError() {
        return new StoreException(StoreException.Kind.CLOSED, "flush.remote.closed", "remote flush was closed");
    }

    /**
     * Dials the memnodes that are known now until one answers, before any store is opened: so a program finds out whether
     * there is somebody to ship to.
     *
     * @param limit how long to go on where none answers
     * @return completes with the address of the one that answered; exceptionally with an {@link UnreachableException} at
     *     the limit, or at once where one answers what time doesn't heal, such as that the secret is wrong
     */
    public CompletableFuture<String> reachMemnode(Duration limit) {
        return new MemnodeReach(transport, names, control, memnodes(), settings.callTimeout(), limit).start();
    }

    /** Whether flushes that begin from now on go out. */
    public void setEnabled(boolean value) {
        enabled = value;
    }

    /** Whether flushes go out. */
    public boolean isEnabled() {
        return enabled;
    }

    /** Sets who is told of the end of each attempt, on the job's thread. */
    public void onAttempt(Consumer<AttemptReport> consumer) {
        reports = consumer;
    }

    /** Sets who is told the way of each flush once it is installed or given up, on the engine's thread: must be short. */
    public void onFlush(Consumer<FlushTrace> consumer) {
        traces = consumer;
    }

    /** What data go by to each memnode that is connected now, by its name. */
    public synchronized Map<String, ConnectionPath> paths() {
        Map<String, ConnectionPath> paths = new TreeMap<>();
        executors.forEach(executor -> paths.putAll(executor.memnodes().paths()));
        return paths;
    }

    /** What was done so far. */
    public RemoteFlushStatistics statistics() {
        return counters.snapshot();
    }

    @Override
    public FlushExecutor create(FlushContext context) {
        RemoteFlushExecutor executor = new RemoteFlushExecutor(this, context);
        synchronized (this) {
            executors.add(executor);
            memnodes.forEach(address -> executor.memnodes().add(address));
        }
        return executor;
    }

    synchronized void closed(RemoteFlushExecutor executor) {
        executors.remove(executor);
    }

    /**
     * What this process has in the background itself: of all stores that use this, the local flushes, and those that have
     * no place elsewhere, so far.
     */
    synchronized Load load() {
        long bytesPerSecond = 0;
        long jobs = 0;
        for (RemoteFlushExecutor executor : executors) {
            Load load = executor.storeLoad();
            bytesPerSecond += load.storageBytesPerSecond();
            jobs += load.jobs();
        }
        return new Load(bytesPerSecond, jobs);
    }

    NameLookup names() {
        return names;
    }

    void report(AttemptReport report) {
        tell(reports, report);
    }

    void report(FlushTrace trace) {
        tell(traces, trace);
    }

    private static <T> void tell(Consumer<T> consumer, T what) {
        try {
            consumer.accept(what);
        } catch (RuntimeException e) {
            LOG.error("a listener failed on {}", what, e);
        }
    }

    RemoteFlushSettings settings() {
        return settings;
    }

    Transport transport() {
        return transport;
    }

    LongSupplier nanoClock() {
        return nanoClock;
    }

    RandomGenerator random() {
        return random;
    }

    FlushCounters counters() {
        return counters;
    }

    ScheduledExecutorService control() {
        return control;
    }

    ExecutorService runners() {
        return runners;
    }

    ResultListener listener() {
        return listener;
    }

    String callback() {
        return callback;
    }

    /** Ends everything; the stores are closed before. Idempotent. */
    @Override
    public void close() {
        List<RemoteFlushExecutor> open;
        synchronized (this) {
            open = List.copyOf(executors);
        }
        takeWaiting(true).forEach(waiting -> waiting.completeExceptionally(closedError()));
        open.forEach(RemoteFlushExecutor::close);
        listener.close();
        runners.shutdown();
        awaitEnd(runners);
        control.shutdownNow();
        awaitEnd(control);
    }

    private void awaitEnd(ExecutorService executor) {
        try {
            if (!executor.awaitTermination(2 * settings.callTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("a thread of remote flush did not end in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
