// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import com.ibm.disni.verbs.RdmaCmId;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * A port for each class of peers. A queue pair must be made in its domain before anything is known of who connects, so the
 * port tells the class; whether the peer is of it, its cookie.
 */
final class Ports {
    private static final int BACKLOG = 64;

    private final Device device;
    private final Map<RdmaCmId, Domain> domains = new HashMap<>();
    private final Map<Domain, InetSocketAddress> addresses = new HashMap<>();

    private Ports(Device device) {
        this.device = device;
    }

    /** Listens for each of the device's domains, on ports that the system chooses. */
    static Ports open(Device device) throws IOException {
        Ports opened = new Ports(device);
        try {
            for (Domain domain : device.domains().values()) {
                opened.listen(domain);
            }
        } catch (IOException e) {
            opened.close();
            throw e;
        }
        return opened;
    }

    private void listen(Domain domain) throws IOException {
        RdmaCmId listener = device.createId();
        domains.put(listener, domain);
        listener.bindAddr(new InetSocketAddress(device.address(), 0));
        listener.listen(BACKLOG);
        addresses.put(domain, (InetSocketAddress) listener.getSource());
    }

    InetSocketAddress address(Domain domain) {
        InetSocketAddress address = addresses.get(domain);
        if (address == null) {
            throw new IllegalArgumentException("not a domain of this device");
        }
        return address;
    }

    /** The class of peers that come by a listening id. */
    Domain domain(RdmaCmId listener) {
        Domain domain = domains.get(listener);
        if (domain == null) {
            throw new IllegalArgumentException("not a port of this device");
        }
        return domain;
    }

    void close() {
        domains.keySet().forEach(device::destroyId);
        domains.clear();
    }
}
