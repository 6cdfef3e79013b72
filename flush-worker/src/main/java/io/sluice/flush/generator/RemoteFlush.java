// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.flush.protocol.Addresses;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushContext;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.flush.FlushExecutorFactory;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
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
    private final RandomGenerator random;
    private final FlushCounters counters = new FlushCounters();
    private final ScheduledExecutorService control;
    private final ThreadPoolExecutor runners;
    private final ResultListener listener;
    private final String callback;
    private volatile boolean enabled;
    private volatile Consumer<AttemptReport> reports = report -> {};

    @GuardedBy("this")
    private final Set<String> memnodes = new LinkedHashSet<>();

    @GuardedBy("this")
    private final List<RemoteFlushExecutor> executors = new ArrayList<>();

    private RemoteFlush(
            RemoteFlushSettings settings, Transport transport, LongSupplier nanoClock, RandomGenerator random)
            throws IOException {
        this.settings = settings;
        this.transport = transport;
        this.nanoClock = nanoClock;
        this.random = random;
        this.enabled = settings.enabled();
        this.control = Executors.newSingleThreadScheduledExecutor(threads("sluice-flush-control"));
        this.runners = new ThreadPoolExecutor(
                0, settings.maxJobs(), 10, TimeUnit.SECONDS, new SynchronousQueue<>(), threads("sluice-remote-flush"));
        boolean started = false;
        try {
            this.listener = new ResultListener(transport, settings.listen(), control, counters, this::addMemnode);
            this.callback = callback(settings, listener.address());
            for (String memnode : settings.memnodes()) {
                Addresses.parse(memnode);
                addMemnode(memnode);
            }
            started = true;
        } finally {
            if (!started) {
                control.shutdownNow();
            }
        }
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
        return new RemoteFlush(settings, transport, nanoClock, new SecureRandom());
    }

    /** Where workers and memnodes reach it. */
    public InetSocketAddress address() {
        return listener.address();
    }

    /** Uses one memnode more (the original's {@code register_memnode}); no effect where it is known. */
    public void addMemnode(String address) {
        synchronized (this) {
            if (memnodes.add(address)) {
                executors.forEach(executor -> executor.memnodes().add(address));
            }
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

    void report(AttemptReport report) {
        try {
            reports.accept(report);
        } catch (RuntimeException e) {
            LOG.error("a listener failed on {}", report, e);
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
