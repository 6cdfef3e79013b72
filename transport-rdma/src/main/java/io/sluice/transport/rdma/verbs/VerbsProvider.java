// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static com.ibm.disni.verbs.RdmaCmEvent.EventType.RDMA_CM_EVENT_CONNECT_REQUEST;

import com.ibm.disni.verbs.RdmaCmEvent;
import com.ibm.disni.verbs.RdmaCmEvent.EventType;
import com.ibm.disni.verbs.RdmaCmId;
import com.ibm.disni.verbs.RdmaConnParam;
import io.sluice.transport.IdleMode;
import io.sluice.transport.PeerClass;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.engine.DataPath;
import io.sluice.transport.engine.DataPathEvents;
import io.sluice.transport.engine.DataPathProvider;
import io.sluice.transport.engine.RingShape;
import io.sluice.transport.wire.PathOffer;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** RDMA through DiSNI: one device, its listening ports, and the paths over it. The agent's. */
public final class VerbsProvider implements DataPathProvider {
    private static final Logger LOG = LoggerFactory.getLogger(VerbsProvider.class);
    private static final EventType[] EVENT_TYPES = EventType.values();
    private static final byte RETRIES = 7;
    /** Finite: seven would be for ever. Credits keep the receiver ready, this is a net below them. */
    private static final byte NOT_READY_RETRIES = 6;

    private static final int STRANGERS = 2;
    private static final long CLOSE_DEADLINE_NS = 2_000_000_000;
    private static final long CLOSE_PAUSE_NS = 100_000;

    /** Who is told of a connection id's events. */
    interface Owner {
        void onEvent(EventType event);
    }

    private final TransportContext context;
    private final Device device;
    private final Ports ports;
    private final Map<RdmaCmId, Owner> owners = new HashMap<>();
    private final List<VerbsPath> paths = new ArrayList<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private final List<Knock> knocks = new ArrayList<>();
    private final List<Ending> endings = new ArrayList<>();
    private @Nullable EventThreads threads;
    private boolean closed;

    /** A path that listens, and whom it gives what. */
    private record Waiting(VerbsPath path, Domain domain) {}

    /**
     * Opens the device that the settings name, and registers all memory.
     *
     * @throws TransportException {@code RESOURCES}, with {@code transport.rdma.device} or {@code
     *     transport.rdma.registration}
     */
    public VerbsProvider(TransportContext context) throws TransportException {
        this.context = context;
        device = Device.open(context);
        try {
            ports = Ports.open(device);
        } catch (IOException e) {
            device.close();
            throw new TransportException(Kind.RESOURCES, "transport.rdma.device", "can't listen: " + e.getMessage(), e);
        }
    }

    @Override
    public String name() {
        return "rdma";
    }

    @Override
    public void start(Runnable wakeup) {
        boolean blocking = context.idleMode() == IdleMode.BLOCKING && !context.invokerMode();
        threads = new EventThreads(device, wakeup, blocking, context.name());
    }

    private EventThreads threads() {
        return Objects.requireNonNull(threads, "not started");
    }

    static RdmaConnParam parameters() throws IOException {
        RdmaConnParam parameters = new RdmaConnParam();
        parameters.setRetry_count(RETRIES);
        parameters.setRnr_retry_count(NOT_READY_RETRIES);
        return parameters;
    }

    static boolean isFailure(EventType event) {
        return switch (event) {
            case RDMA_CM_EVENT_ADDR_ERROR,
                    RDMA_CM_EVENT_ROUTE_ERROR,
                    RDMA_CM_EVENT_CONNECT_ERROR,
                    RDMA_CM_EVENT_UNREACHABLE,
                    RDMA_CM_EVENT_REJECTED,
                    RDMA_CM_EVENT_DEVICE_REMOVAL -> true;
            default -> false;
        };
    }

    static TransportException deviceGone(Object why) {
        return new TransportException(
                Kind.PEER_DEAD, "transport.rdma.device", "the RDMA device can't be used any more: " + why);
    }

    @Override
    public DataPath listen(PeerClass given, DataPathEvents events) throws TransportException {
        checkRings();
        Domain domain = device.domain(given);
        byte[] cookie = new byte[PathOffer.COOKIE_LENGTH];
        context.random().nextBytes(cookie);
        RingShape shape = RingShape.of(context.maxMessageLength());
        PathOffer offer =
                new PathOffer(ports.address(domain), cookie, shape.slotLength(), shape.depth(), domain.table());
        VerbsPath path = new VerbsPath(this, context, offer, events);
        paths.add(path);
        waiting.add(new Waiting(path, domain));
        return path;
    }

    @Override
    public DataPath dial(PathOffer offer, PeerClass given, DataPathEvents events) throws TransportException {
        checkRings();
        if (offer.address() == null) {
            throw new TransportException(Kind.PROTOCOL, "transport.rdma.offer", "the peer's offer has no address");
        }
        Domain domain = device.domain(given);
        Ring ring = device.takeRing();
        if (ring == null) {
            throw noRing();
        }
        RingShape shape = ring.shape();
        PathOffer ours = new PathOffer(
                null, new byte[PathOffer.COOKIE_LENGTH], shape.slotLength(), shape.depth(), domain.table());
        VerbsPath path = new VerbsPath(this, context, ours, events);
        try {
            Dialling dialling = new Dialling(this, device, domain, ring, offer, path);
            path.dialling(dialling, offer);
            owners.put(dialling.id(), dialling);
        } catch (IOException e) {
            device.giveBack(ring);
            throw new TransportException(
                    Kind.CONNECT_FAILED,
                    "transport.rdma.connect",
                    "connecting to " + offer.address() + ": " + e.getMessage(),
                    e);
        }
        paths.add(path);
        return path;
    }

    private void checkRings() throws TransportException {
        if (paths.size() >= context.rdma().connections()) {
            throw noRing();
        }
    }

    private TransportException noRing() {
        return new TransportException(
                Kind.BUSY,
                "transport.rdma.rings",
                "all " + context.rdma().connections() + " message rings for RDMA connections are in use: more of them"
                        + " is a setting");
    }

    @Override
    public int poll() {
        int work = takeEvents();
        boolean waitsForTime = !knocks.isEmpty() || !endings.isEmpty();
        for (int i = paths.size() - 1; i >= 0; i--) {
            VerbsPath path = paths.get(i);
            work += path.poll();
            waitsForTime |= path.hasDeadline();
            if (path.isClosed()) {
                paths.remove(i);
                waiting.removeIf(entry -> entry.path() == path);
            }
        }
        if (!knocks.isEmpty() || !endings.isEmpty()) {
            work += pollStrangers(context.nanoClock().getAsLong());
        }
        threads().tick(waitsForTime);
        return work;
    }

    private int pollStrangers(long nowNs) {
        int work = 0;
        for (int i = knocks.size() - 1; i >= 0; i--) {
            if (knocks.get(i).poll(nowNs)) {
                work++;
                knocks.remove(i);
            }
        }
        for (int i = endings.size() - 1; i >= 0; i--) {
            if (endings.get(i).poll(nowNs, false)) {
                work++;
                endings.remove(i);
            }
        }
        return work;
    }

    private int takeEvents() {
        int count = 0;
        RdmaCmEvent event;
        while ((event = threads().poll()) != null) {
            count++;
            EventType type = EVENT_TYPES[event.getEvent()];
            if (type == RDMA_CM_EVENT_CONNECT_REQUEST) {
                onConnectRequest(event.getListenIdPriv(), event.getConnIdPriv());
            } else {
                Owner owner = owners.get(event.getConnIdPriv());
                if (owner != null) {
                    owner.onEvent(type);
                }
            }
        }
        IOException failure = threads().failure();
        if (failure != null) {
            for (int i = paths.size() - 1; i >= 0; i--) {
                paths.get(i).broken(deviceGone(failure));
            }
        }
        return count;
    }

    private void onConnectRequest(RdmaCmId listener, RdmaCmId id) {
        Domain domain = ports.domain(listener);
        Ring ring = knocks.size() < waiting.size() + STRANGERS ? device.takeRing() : null;
        if (ring == null) {
            LOG.info("an RDMA connection was refused: nobody is expected, or all message rings are in use");
            device.destroyId(id);
            return;
        }
        QueuePair pair;
        try {
            pair = new QueuePair(device, domain, ring, id);
        } catch (IOException e) {
            // Mostly because whoever asked has gone meanwhile.
            LOG.info("an RDMA connection was refused: {}", e.getMessage());
            device.giveBack(ring);
            device.destroyId(id);
            return;
        }
        long waitNs = context.connectTimeout().toNanos() / 2;
        Knock knock = new Knock(this, pair, context.nanoClock().getAsLong() + waitNs);
        owners.put(id, knock);
        try {
            id.accept(parameters());
            knocks.add(knock);
        } catch (IOException e) {
            LOG.info("an RDMA connection could not be accepted: {}", e.getMessage());
            refuse(pair);
        }
    }

    /** Whether nobody is at the door any more, and everybody sent away is gone. */
    boolean isQuiet() {
        return knocks.isEmpty() && endings.isEmpty();
    }

    /** The path that waits for this cookie in this domain, which then waits no more; or null. */
    @Nullable
    VerbsPath waiting(byte[] cookie, Domain domain) {
        for (int i = 0; i < waiting.size(); i++) {
            Waiting entry = waiting.get(i);
            boolean same = MessageDigest.isEqual(entry.path().offer().cookie(), cookie);
            if (same && entry.domain() == domain && entry.path().isWaiting()) {
                waiting.remove(i);
                return entry.path();
            }
        }
        return null;
    }

    /** Ends the queue pair of somebody who is not expected. */
    void refuse(QueuePair pair) {
        endings.add(end(pair));
    }

    /** Begins to end a queue pair. */
    Ending end(QueuePair pair) {
        forget(pair.id());
        return new Ending(device, pair, context.nanoClock().getAsLong());
    }

    /** Nobody is told of an id's events any more. */
    void forget(RdmaCmId id) {
        owners.remove(id);
    }

    /** A path is to be polled to its end. */
    void closing() {
        threads().wake();
    }

    @Override
    public boolean arm() {
        boolean quiet = threads().isEmpty();
        for (int i = paths.size() - 1; i >= 0; i--) {
            VerbsPath path = paths.get(i);
            try {
                quiet &= path.arm();
            } catch (IOException e) {
                quiet = false;
                path.broken(deviceGone(e));
            }
        }
        try {
            for (int i = knocks.size() - 1; i >= 0; i--) {
                quiet &= knocks.get(i).arm();
            }
            for (int i = endings.size() - 1; i >= 0; i--) {
                quiet &= !endings.get(i).arm();
            }
        } catch (IOException e) {
            LOG.debug("waiting for a deadline instead of a completion", e);
        }
        return quiet;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (VerbsPath path : List.copyOf(paths)) {
            path.close();
        }
        for (Knock knock : List.copyOf(knocks)) {
            knock.end();
        }
        knocks.clear();
        endAll();
        ports.close();
        EventThreads running = threads;
        if (running != null) {
            running.endEvents();
            RdmaCmEvent event;
            while ((event = running.poll()) != null) {
                if (EVENT_TYPES[event.getEvent()] == RDMA_CM_EVENT_CONNECT_REQUEST) {
                    device.destroyId(event.getConnIdPriv());
                }
            }
        }
        device.close();
        if (running != null) {
            running.join();
        }
    }

    private void endAll() {
        long startNs = System.nanoTime();
        boolean force = false;
        while (!paths.isEmpty() || !endings.isEmpty()) {
            long nowNs = context.nanoClock().getAsLong();
            boolean forced = force;
            paths.removeIf(path -> path.pollEnd(nowNs, forced));
            endings.removeIf(ending -> ending.poll(nowNs, forced));
            force = System.nanoTime() - startNs >= CLOSE_DEADLINE_NS;
            LockSupport.parkNanos(CLOSE_PAUSE_NS);
        }
    }
}
