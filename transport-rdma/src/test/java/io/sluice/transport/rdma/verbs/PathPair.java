// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.Access;
import io.sluice.transport.wire.PathOffer;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Two ends in one process, over the guest's device, polled by the caller's thread. */
final class PathPair implements AutoCloseable {
    static final String SERVER = "10.9.0.1";
    static final String CLIENT = "10.9.0.2";
    private static final long DEADLINE_S = 60;

    final PathEnd server;
    final PathEnd client;

    PathPair(PathEnd server, PathEnd client) {
        this.server = server;
        this.client = client;
    }

    static PathPair connected() throws IOException {
        PathPair pair = new PathPair(PathEnd.polled(SERVER), PathEnd.polled(CLIENT));
        pair.connect(Access.READ_WRITE);
        return pair;
    }

    /** Connects anew, as one does over TCP: OFFER, USE. */
    void connect(Access given) throws IOException {
        server.listen(given);
        client.dial(server.path().offer(), Access.READ_WRITE);
        PathOffer use = client.path().offer();
        server.meet(use);
        server.readies = 0;
        client.readies = 0;
        await("ready", () -> server.readies == 1 && client.readies == 1);
    }

    void poll() {
        server.provider.poll();
        client.provider.poll();
    }

    void await(String what, BooleanSupplier condition) {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_S);
        while (!condition.getAsBoolean()) {
            poll();
            assertThat(System.nanoTime()).as(what + " in time").isLessThan(endNs);
        }
    }

    void awaitBroken(PathEnd end) {
        long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_S);
        while (end.broken == null) {
            poll();
            assertThat(System.nanoTime()).as("broken in time").isLessThan(endNs);
        }
    }

    /** Ends both paths in order. */
    void disconnect() {
        int before = server.closes;
        client.path().close();
        server.path().close();
        await("closed", () -> server.closes == before + 1 && client.closes == before + 1);
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
