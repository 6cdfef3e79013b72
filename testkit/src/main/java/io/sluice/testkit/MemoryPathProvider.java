// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import io.sluice.testkit.MemoryFabric.Fault;
import io.sluice.transport.PeerClass;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.engine.DataPath;
import io.sluice.transport.engine.DataPathEvents;
import io.sluice.transport.engine.DataPathProvider;
import io.sluice.transport.engine.RingShape;
import io.sluice.transport.wire.PathOffer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/** One transport's ends on a {@link MemoryFabric}. */
final class MemoryPathProvider implements DataPathProvider {
    private static final int ANY_PORT = 4791;

    private final MemoryFabric fabric;
    private final TransportContext context;
    private final Map<PeerClass, List<PathOffer.Slab>> slabs;
    private final ConcurrentLinkedQueue<Event> events = new ConcurrentLinkedQueue<>();
    private final Set<MemoryDataPath> touched = new LinkedHashSet<>();
    private volatile Runnable wakeup = () -> {};

    /** Something to be told on the agent. */
    private record Event(MemoryDataPath path, Runnable action) {}

    MemoryPathProvider(MemoryFabric fabric, TransportContext context, Map<PeerClass, List<PathOffer.Slab>> slabs) {
        this.fabric = fabric;
        this.context = context;
        this.slabs = slabs;
    }

    @Override
    public String name() {
        return "memory-rdma";
    }

    @Override
    public void start(Runnable agentsWakeup) {
        wakeup = agentsWakeup;
    }

    private PathOffer offer(byte[] cookie, boolean listens, PeerClass given) {
        RingShape ring = RingShape.of(context.maxMessageLength());
        InetSocketAddress address = listens ? new InetSocketAddress(InetAddress.getLoopbackAddress(), ANY_PORT) : null;
        return new PathOffer(
                address, cookie, ring.slotLength(), ring.depth(), Objects.requireNonNull(slabs.get(given)));
    }

    @Override
    public DataPath listen(PeerClass given, DataPathEvents told) throws TransportException {
        if (fabric.fault() == Fault.NO_RINGS) {
            throw new TransportException(Kind.BUSY, "transport.rdma.rings", "all message rings are in use");
        }
        byte[] cookie = new byte[PathOffer.COOKIE_LENGTH];
        context.random().nextBytes(cookie);
        MemoryDataPath path = new MemoryDataPath(fabric, this, offer(cookie, true, given), given, told);
        fabric.opened(path, cookie);
        return path;
    }

    @Override
    public DataPath dial(PathOffer theirs, PeerClass given, DataPathEvents told) {
        MemoryDataPath path =
                new MemoryDataPath(fabric, this, offer(new byte[PathOffer.COOKIE_LENGTH], false, given), given, told);
        fabric.opened(path, null);
        MemoryDataPath listener = fabric.find(theirs.cookie());
        if (fabric.fault() == Fault.REFUSE || listener == null) {
            path.fail(new TransportException(Kind.CONNECT_FAILED, "transport.rdma.connect", "nobody listens there"));
        } else if (fabric.fault() != Fault.SILENT) {
            path.join(listener);
            listener.join(path);
        }
        return path;
    }

    /** Any thread: to be told by the next poll. */
    void tell(MemoryDataPath path, Runnable action) {
        events.add(new Event(path, action));
        wakeup.run();
    }

    @Override
    public int poll() {
        int count = 0;
        Event event;
        while ((event = events.poll()) != null) {
            event.action().run();
            touched.add(event.path());
            count++;
        }
        if (count > 0) {
            List<MemoryDataPath> progressed = new ArrayList<>(touched);
            touched.clear();
            progressed.forEach(MemoryDataPath::tellProgress);
        }
        return count;
    }

    @Override
    public boolean arm() {
        return events.isEmpty();
    }

    @Override
    public void close() {
        fabric.closeAll(this);
        poll();
    }
}
