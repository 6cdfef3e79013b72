// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.testkit.TcpFaultProxy;
import io.sluice.transport.OtherProcess;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportFixture;
import io.sluice.transport.engine.Carrier;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The contract suite's fixture over real sockets; connections pass a fault proxy. */
class TcpFixture implements TransportFixture {
    private final List<TcpFaultProxy> proxies = new ArrayList<>();
    private final Map<InetSocketAddress, TcpFaultProxy> byTarget = new HashMap<>();
    private long corruptAt = -1;
    private final List<ServerSocket> sockets = new ArrayList<>();

    @Override
    public Transport open(TransportContext context) throws TransportException {
        return TcpTransport.open(context);
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
        return TcpPeerProcess.start();
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
