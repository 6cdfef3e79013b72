// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import io.sluice.testkit.TcpFaultProxy;
import io.sluice.transport.OtherProcess;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportFixture;
import io.sluice.transport.engine.Carrier;
import io.sluice.transport.rdma.verbs.Resources;
import io.sluice.transport.tcp.TcpTransport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The contract suite's fixture over the guest's device; the TCP connections that all begin on pass a fault proxy. */
final class RdmaFixture implements TransportFixture {
    /** Of the guest's device; see native-notes/soft-roce/init. */
    private static final byte[] DEVICE = {10, 9, 0, 1};

    private static final int CONNECTIONS = 4;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(50);
    private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(20);

    private final List<TcpFaultProxy> proxies = new ArrayList<>();
    private final Map<InetSocketAddress, TcpFaultProxy> byTarget = new HashMap<>();
    private long corruptAt = -1;
    private final List<ServerSocket> sockets = new ArrayList<>();

    static RdmaSettings settings(Policy policy) {
        try {
            return RdmaSettings.of(policy)
                    .withFabricTrusted(true)
                    .withAddress(InetAddress.getByAddress(DEVICE))
                    .withConnections(CONNECTIONS);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public Transport open(TransportContext context) throws TransportException {
        // The guest's processor is emulated, and often not alone: what takes milliseconds elsewhere takes seconds.
        TransportContext patient = context.connectTimeout(CONNECT_TIMEOUT).drainTimeout(DRAIN_TIMEOUT);
        return RdmaTransport.open(patient.rdma(settings(Policy.REQUIRE)));
    }

    @Override
    public Carrier carrier(TransportContext context) throws TransportException {
        return TcpTransport.carrier(context);
    }

    @Override
    public InetSocketAddress deadAddress() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return (InetSocketAddress) socket.getLocalSocketAddress();
        }
    }

    @Override
    public InetSocketAddress silentAddress() throws IOException {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        sockets.add(socket);
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    @Override
    public void blackHole() {
        proxies.forEach(proxy -> proxy.blackHole(true));
    }

    @Override
    public int patience() {
        return 10;
    }

    /** Both ends have the same device, which hands its packets to itself. */
    @Override
    public boolean cutsAllData() {
        return false;
    }

    @Override
    public boolean checksRegions() {
        return false;
    }

    @Override
    public void corruptAt(long index) {
        corruptAt = index;
        proxies.forEach(proxy -> proxy.corruptAt(index));
    }

    @Override
    public boolean canCut() {
        return true;
    }

    @Override
    public void cut() {
        proxies.forEach(TcpFaultProxy::cut);
    }

    @Override
    public OtherProcess startProcess() throws Exception {
        return RdmaPeerProcess.start();
    }

    /** Protection domains, queues, queue pairs, ids and regions, as the kernel counts them. */
    @Override
    public long openResources() throws IOException {
        return Resources.now().values().stream().mapToLong(count -> count).sum();
    }

    @Override
    public InetSocketAddress throughFaults(InetSocketAddress listener) throws IOException {
        TcpFaultProxy proxy = byTarget.get(listener);
        if (proxy == null) {
            proxy = new TcpFaultProxy(listener);
            proxy.corruptAt(corruptAt);
            byTarget.put(listener, proxy);
            proxies.add(proxy);
        }
        return proxy.address();
    }

    @Override
    public void close() throws IOException {
        for (TcpFaultProxy proxy : proxies) {
            proxy.close();
        }
        for (ServerSocket socket : sockets) {
            socket.close();
        }
    }
}
