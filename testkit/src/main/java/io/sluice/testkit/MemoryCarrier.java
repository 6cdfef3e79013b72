// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.transport.TransportException;
import io.sluice.transport.engine.Acceptor;
import io.sluice.transport.engine.Carrier;
import io.sluice.transport.engine.Link;
import io.sluice.transport.engine.LinkEvents;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The pipes of one transport on a {@link MemoryNetwork}. */
final class MemoryCarrier implements Carrier {
    private final MemoryNetwork network;
    private final List<MemoryLink> links = new ArrayList<>();
    private final List<Port> ports = new ArrayList<>();
    private final Object signalLock = new Object();

    @GuardedBy("signalLock")
    private boolean signalled;

    MemoryCarrier(MemoryNetwork network) {
        this.network = network;
    }

    /** A port; connections wait in it until they are accepted. */
    final class Port implements Acceptor {
        private final int number;
        private final ArrayDeque<MemoryLink> waiting = new ArrayDeque<>();
        private @Nullable Consumer<Link> accepted;

        Port(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }

        @Override
        public InetSocketAddress address() {
            return InetSocketAddress.createUnresolved("memory", number);
        }

        @Override
        public void close() {
            network.unbind(this);
            MemoryLink link;
            while ((link = take()) != null) {
                link.close(); // nobody will accept it
            }
            wakeup();
        }

        private MemoryCarrier carrier() {
            return MemoryCarrier.this;
        }

        private void offer(MemoryLink link) {
            synchronized (waiting) {
                waiting.add(link);
            }
            wakeup();
        }

        private @Nullable MemoryLink take() {
            synchronized (waiting) {
                return waiting.poll();
            }
        }
    }

    Port newPort(int number) {
        return new Port(number);
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public Acceptor bind(InetSocketAddress address) throws TransportException {
        return network.bind(this, address.getPort());
    }

    @Override
    public void register(Acceptor acceptor, Consumer<Link> accepted) {
        Port port = (Port) acceptor;
        port.accepted = accepted;
        ports.add(port);
    }

    @Override
    public Link dial(InetSocketAddress address, LinkEvents events) throws IOException {
        Port port = network.find(address.getPort());
        if (port == null) {
            throw new IOException("connection refused: nobody listens on " + address);
        }
        MemoryPipe there = network.newPipe();
        MemoryPipe back = network.newPipe();
        there.wakes(port.carrier()::wakeup, this::wakeup);
        back.wakes(this::wakeup, port.carrier()::wakeup);
        MemoryLink link = new MemoryLink(this, back, there, address, true);
        link.events(events);
        links.add(link);
        InetSocketAddress from = InetSocketAddress.createUnresolved("memory", 0);
        port.offer(new MemoryLink(port.carrier(), there, back, from, false));
        wakeup();
        return link;
    }

    void remove(MemoryLink link) {
        links.remove(link);
    }

    @Override
    public int poll(long timeoutNs) {
        int count = tell();
        if (count == 0 && timeoutNs > 0) {
            await(timeoutNs);
            count = tell();
        }
        return count;
    }

    private int tell() {
        int count = 0;
        for (Port port : List.copyOf(ports)) {
            Consumer<Link> accepted = port.accepted;
            MemoryLink link;
            while (accepted != null && (link = port.take()) != null) {
                links.add(link);
                accepted.accept(link);
                count++;
            }
        }
        for (MemoryLink link : List.copyOf(links)) {
            count += link.dispatch();
        }
        return count;
    }

    private void await(long timeoutNs) {
        long deadline = System.nanoTime() + Math.min(timeoutNs, TimeUnit.HOURS.toNanos(1));
        synchronized (signalLock) {
            long left;
            while (!signalled && (left = deadline - System.nanoTime()) > 0) {
                try {
                    signalLock.wait(left / 1_000_000, (int) (left % 1_000_000));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    break;
                }
            }
            signalled = false;
        }
    }

    @Override
    public void wakeup() {
        synchronized (signalLock) {
            signalled = true;
            signalLock.notifyAll();
        }
    }

    @Override
    public void close() {
        List.copyOf(links).forEach(MemoryLink::close);
        List.copyOf(ports).forEach(Port::close);
    }
}
