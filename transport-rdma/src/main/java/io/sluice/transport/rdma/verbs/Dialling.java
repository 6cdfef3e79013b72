// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static com.ibm.disni.verbs.RdmaCmEvent.EventType.RDMA_CM_EVENT_ADDR_RESOLVED;
import static com.ibm.disni.verbs.RdmaCmEvent.EventType.RDMA_CM_EVENT_DEVICE_REMOVAL;
import static com.ibm.disni.verbs.RdmaCmEvent.EventType.RDMA_CM_EVENT_DISCONNECTED;
import static com.ibm.disni.verbs.RdmaCmEvent.EventType.RDMA_CM_EVENT_ESTABLISHED;
import static com.ibm.disni.verbs.RdmaCmEvent.EventType.RDMA_CM_EVENT_ROUTE_RESOLVED;

import com.ibm.disni.verbs.RdmaCmEvent.EventType;
import com.ibm.disni.verbs.RdmaCmId;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.wire.PathOffer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The steps of connecting to a peer's offer: address, route, queue pair, cookie. The agent's. */
final class Dialling implements VerbsProvider.Owner {
    private static final int STEP_TIMEOUT_MS = 2000;
    private static final String PREFIX = "RDMA_CM_EVENT_";

    private final VerbsProvider provider;
    private final Device device;
    private final Domain domain;
    private final PathOffer offer;
    private final VerbsPath path;
    private final RdmaCmId id;
    private @Nullable Ring ring;
    private @Nullable QueuePair pair;

    /** Takes the ring over, where it does not throw. */
    Dialling(VerbsProvider provider, Device device, Domain domain, Ring ring, PathOffer offer, VerbsPath path)
            throws IOException {
        this.provider = provider;
        this.device = device;
        this.domain = domain;
        this.ring = ring;
        this.offer = offer;
        this.path = path;
        id = device.createId();
        try {
            // Else the way to the peer might begin at another device.
            id.bindAddr(new InetSocketAddress(device.address(), 0));
            id.resolveAddr(null, offer.address(), STEP_TIMEOUT_MS);
        } catch (IOException e) {
            device.destroyId(id);
            throw e;
        }
    }

    RdmaCmId id() {
        return id;
    }

    @Override
    public void onEvent(EventType event) {
        try {
            if (event == RDMA_CM_EVENT_ADDR_RESOLVED) {
                id.resolveRoute(STEP_TIMEOUT_MS);
            } else if (event == RDMA_CM_EVENT_ROUTE_RESOLVED) {
                connect();
            } else if (event == RDMA_CM_EVENT_ESTABLISHED) {
                path.connected(Objects.requireNonNull(pair));
                path.sendCookie(offer.cookie());
                path.ready();
            } else if (event == RDMA_CM_EVENT_DISCONNECTED) {
                path.disconnected();
            } else if (VerbsProvider.isFailure(event)) {
                path.broken(failure(event));
            }
        } catch (IOException e) {
            path.broken(new TransportException(
                    Kind.CONNECT_FAILED,
                    "transport.rdma.connect",
                    "connecting to " + offer.address() + ": " + e.getMessage(),
                    e));
        }
    }

    private void connect() throws IOException {
        Ring taken = Objects.requireNonNull(ring);
        QueuePair made = new QueuePair(device, domain, taken, id);
        ring = null;
        pair = made;
        id.connect(VerbsProvider.parameters());
    }

    private TransportException failure(EventType event) {
        String name = event.name().substring(PREFIX.length()).toLowerCase(Locale.ROOT);
        boolean connecting = event != RDMA_CM_EVENT_DEVICE_REMOVAL;
        return new TransportException(
                connecting ? Kind.CONNECT_FAILED : Kind.PEER_DEAD,
                connecting ? "transport.rdma.connect" : "transport.rdma.device",
                "connecting to " + offer.address() + ": " + name.replace('_', ' '));
    }

    /** Gives up what was not handed to the path yet; what is left to end, or null. */
    @Nullable
    Ending abandon() {
        QueuePair made = pair;
        if (made != null) {
            return provider.end(made);
        }
        provider.forget(id);
        device.destroyId(id);
        Ring unused = ring;
        if (unused != null) {
            device.giveBack(unused);
            ring = null;
        }
        return null;
    }
}
