// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** Two transports, each with a pool, and a connection between them. */
public final class Pair implements AutoCloseable {
    static final int CHUNK = 64 * 1024;
    static final byte[] SECRET = "a secret of the tests".getBytes(java.nio.charset.StandardCharsets.UTF_8);

    final RegionPool clientPool;
    final RegionPool serverPool;
    final Transport clientTransport;
    final Transport serverTransport;
    final Listener listener;
    final Connection client;
    final Connection server;

    Pair(TransportFixture fixture, UnaryOperator<TransportContext> settings) throws Exception {
        this(fixture, settings, settings);
    }

    Pair(
            TransportFixture fixture,
            UnaryOperator<TransportContext> clientSettings,
            UnaryOperator<TransportContext> serverSettings)
            throws Exception {
        clientPool = new RegionPool(CHUNK, 8 << 20);
        serverPool = new RegionPool(CHUNK, 8 << 20);
        serverTransport =
                fixture.open(serverSettings.apply(context("memnode", "m1")).regionPool(serverPool));
        clientTransport =
                fixture.open(clientSettings.apply(context("generator", "g1")).regionPool(clientPool));
        CompletableFuture<Connection> accepted = new CompletableFuture<>();
        listener = serverTransport.listen(fixture.anyAddress(), accepted::complete);
        InetSocketAddress address = fixture.throughFaults(listener.address());
        client = clientTransport.connect(address).get(60, TimeUnit.SECONDS);
        server = accepted.get(60, TimeUnit.SECONDS);
    }

    static TransportContext context(String role, String name) {
        return new TransportContext().role(role).name(name).clusterId("tests").secret(SECRET);
    }

    @Override
    public void close() {
        clientTransport.close();
        serverTransport.close();
        clientPool.close();
        serverPool.close();
    }
}
