// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.TransportException;
import io.sluice.transport.engine.Acceptor;
import io.sluice.transport.engine.Carrier;
import io.sluice.transport.engine.Link;
import io.sluice.transport.engine.LinkEvents;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS over another carrier's byte streams. Signatures and certificates, which take milliseconds, are worked out on a few
 * threads of its own, so that one peer's handshake does not hold up the others; they end after a while without work, and
 * with the carrier. A link has at most one such task at a time, which bounds their queue.
 */
final class TlsCarrier implements Carrier {
    static final Logger LOG = LoggerFactory.getLogger(TlsCarrier.class);
    private static final int THREADS = 2;
    private static final long KEEP_ALIVE_S = 10;

    private final Carrier carrier;
    private final TlsEngines engines;
    private final ThreadPoolExecutor executor;
    private final ConcurrentLinkedQueue<TlsLink> worked = new ConcurrentLinkedQueue<>();
    /** Links that hold bytes which no socket will tell of again. */
    private final ArrayDeque<TlsLink> readable = new ArrayDeque<>();

    /** Owns the carrier beneath. */
    TlsCarrier(Carrier carrier, TlsEngines engines, String name) {
        this.carrier = carrier;
        this.engines = engines;
        AtomicInteger threads = new AtomicInteger();
        executor = new ThreadPoolExecutor(
                THREADS, THREADS, KEEP_ALIVE_S, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "sluice-tls-" + name + "-" + threads.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
    }

    @Override
    public String name() {
        return carrier.name();
    }

    @Override
    public Acceptor bind(InetSocketAddress address) throws TransportException {
        return carrier.bind(address);
    }

    @Override
    public void register(Acceptor acceptor, Consumer<Link> accepted) throws IOException {
        carrier.register(acceptor, link -> accepted.accept(new TlsLink(this, link)));
    }

    @Override
    public Link dial(InetSocketAddress address, LinkEvents events) throws IOException {
        return new TlsLink(this, carrier, address, events);
    }

    @Override
    public int poll(long timeoutNs) throws IOException {
        int work = carrier.poll(readable.isEmpty() ? timeoutNs : 0);
        TlsLink link;
        while ((link = worked.poll()) != null) {
            work++;
            link.onWorked();
        }
        for (int i = readable.size(); i > 0; i--) {
            work++;
            readable.remove().onStillReadable();
        }
        return work;
    }

    TlsEngines engines() {
        return engines;
    }

    /** Runs a link's task elsewhere; {@link TlsLink#onWorked} is called from {@link #poll} after it. */
    void work(TlsLink link, Runnable task) {
        executor.execute(() -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                // The engine throws what went wrong at its next use, where there is someone to be told.
                LOG.debug("a task of the handshake failed", e);
            } finally {
                worked.add(link);
                carrier.wakeup();
            }
        });
    }

    /** Calls {@link TlsLink#onStillReadable} from the next {@link #poll}. */
    void readAgain(TlsLink link) {
        readable.add(link);
    }

    @Override
    public void wakeup() {
        carrier.wakeup();
    }

    @Override
    public void close() {
        executor.shutdown();
        boolean interrupted = false;
        while (true) {
            try {
                if (executor.awaitTermination(1, TimeUnit.SECONDS)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        carrier.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
