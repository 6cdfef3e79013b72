// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import com.ibm.disni.verbs.IbvCQ;
import com.ibm.disni.verbs.IbvCompChannel;
import com.ibm.disni.verbs.IbvContext;
import com.ibm.disni.verbs.RdmaCm;
import com.ibm.disni.verbs.RdmaCmId;
import io.sluice.transport.PeerClass;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RegionPool;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.engine.RingShape;
import io.sluice.transport.wire.PathOffer;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The RDMA device with a certain address, and all memory that will ever be registered with it: a domain for each class of
 * peers, and the message rings. The agent's, but for the two channels, whose events other threads may wait for.
 */
final class Device {
    private static final Logger LOG = LoggerFactory.getLogger(Device.class);
    /** Rings beyond those of connections, for whoever knocks and has not told its cookie yet. */
    private static final int SPARE_RINGS = 2;

    private final EventChannel events;
    private final Map<PeerClass, Domain> domains = new HashMap<>();
    private final List<Ring> rings = new ArrayList<>();
    private final ArrayDeque<Ring> freeRings = new ArrayDeque<>();
    private @Nullable RdmaCmId anchor;
    private @Nullable InetAddress address;
    private @Nullable IbvContext context;
    private @Nullable IbvCompChannel completions;

    private Device(EventChannel events) {
        this.events = events;
    }

    /**
     * Opens the device that the settings name, and registers everything.
     *
     * @throws TransportException {@code RESOURCES}: {@code transport.rdma.device} where there is none at that address,
     *     {@code transport.rdma.registration} where it refuses the memory
     */
    static Device open(TransportContext settings) throws TransportException {
        Device opened;
        try {
            opened = new Device(EventChannel.open());
        } catch (IOException e) {
            throw new TransportException(Kind.RESOURCES, "transport.rdma.device", String.valueOf(e.getMessage()), e);
        }
        try {
            opened.find(settings.rdma().address());
            opened.register(settings);
            return opened;
        } catch (TransportException e) {
            opened.close();
            throw e;
        }
    }

    private void find(@Nullable InetAddress wanted) throws TransportException {
        List<InetAddress> candidates = new ArrayList<>();
        try {
            if (wanted == null) {
                candidates.addAll(Addresses.ofThisMachine());
            } else {
                candidates.add(wanted);
            }
            for (InetAddress candidate : candidates) {
                if (bind(candidate, wanted != null)) {
                    return;
                }
            }
        } catch (IOException e) {
            throw new TransportException(
                    Kind.RESOURCES, "transport.rdma.device", "no RDMA device at " + wanted + ": " + e.getMessage(), e);
        }
        throw new TransportException(
                Kind.RESOURCES,
                "transport.rdma.device",
                "none of this machine's addresses " + candidates
                        + " is an RDMA device's: \"rdma link\" shows the devices and their interfaces");
    }

    private boolean bind(InetAddress candidate, boolean mustBe) throws IOException {
        if (!(candidate instanceof Inet4Address)) {
            throw new IOException("RDMA needs an IPv4 address");
        }
        RdmaCmId id = createId();
        try {
            id.bindAddr(new InetSocketAddress(candidate, 0));
            context = id.getVerbs();
            completions = context.createCompChannel();
        } catch (IOException e) {
            destroyId(id);
            if (mustBe) {
                throw e;
            }
            LOG.debug("{} is no RDMA device's address", candidate, e);
            return false;
        }
        anchor = id;
        address = candidate;
        return true;
    }

    private void register(TransportContext settings) throws TransportException {
        RdmaSettings rdma = settings.rdma();
        RingShape shape = RingShape.of(settings.maxMessageLength());
        RegionPool pool = settings.regionPool();
        if (pool != null && pool.slabCount() > PathOffer.MAX_SLABS) {
            throw new TransportException(
                    Kind.RESOURCES,
                    "transport.rdma.slabs",
                    pool + " has " + pool.slabCount() + " slabs, expected at most " + PathOffer.MAX_SLABS
                            + ": RDMA peers are told of each of them");
        }
        try {
            for (PeerClass peers : rdma.classes()) {
                domains.put(peers, Domain.open(required(context), peers, pool));
            }
            for (int i = 0; i < rdma.connections() + SPARE_RINGS; i++) {
                Ring ring = new Ring(shape);
                rings.add(ring);
                for (Domain domain : domains.values()) {
                    ring.register(domain);
                }
                freeRings.add(ring);
            }
        } catch (IOException | OutOfMemoryError e) {
            throw new TransportException(
                    Kind.RESOURCES,
                    "transport.rdma.registration",
                    "can't register the region pool " + pool + " and "
                            + (rdma.connections() + SPARE_RINGS) + " message rings of " + Ring.length(shape)
                            + " bytes for the classes " + rdma.classes() + " of peers: " + e.getMessage(),
                    e);
        }
    }

    private static <T> T required(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("the device was not opened");
        }
        return part;
    }

    EventChannel events() {
        return events;
    }

    IbvCompChannel completions() {
        return required(completions);
    }

    InetAddress address() {
        return required(address);
    }

    /** For one of the classes of the settings. */
    Domain domain(PeerClass peers) {
        return required(domains.get(peers));
    }

    Map<PeerClass, Domain> domains() {
        return domains;
    }

    /** A ring that is the caller's, or null where all are in use. */
    @Nullable
    Ring takeRing() {
        return freeRings.poll();
    }

    void giveBack(Ring ring) {
        freeRings.push(ring);
    }

    RdmaCmId createId() throws IOException {
        return events.createId(RdmaCm.RDMA_PS_TCP);
    }

    /** Destroys an id without queue pair; nothing of it is heard after this. */
    void destroyId(RdmaCmId id) {
        quietly(() -> events.destroy(id));
    }

    IbvCQ createQueue(int entries) throws IOException {
        return required(context).createCQ(completions(), entries, 0);
    }

    /** A step of ending something. */
    interface Step {
        void run() throws IOException;
    }

    /** Runs a step whose failure must not keep the next ones from being run. */
    static void quietly(Step step) {
        try {
            step.run();
        } catch (IOException e) {
            LOG.warn("a part of an RDMA device could not be destroyed", e);
        }
    }

    /** Everything made from it must be gone. Ends the waits for events. */
    void close() {
        for (Domain domain : domains.values()) {
            quietly(domain::close);
        }
        domains.clear();
        IbvCompChannel channel = completions;
        if (channel != null) {
            quietly(channel::destroyCompChannel);
        }
        RdmaCmId id = anchor;
        if (id != null) {
            destroyId(id);
        }
        quietly(events::destroyEventChannel);
        rings.forEach(Ring::free);
        rings.clear();
    }
}
