// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.Connection;
import io.sluice.transport.Listener;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Holds up the agent of a transport, which alone does anything about its network: by a stranger's connection, whose
 * acceptance takes until the end of the frost.
 */
final class Freezer implements AutoCloseable {
    private final Listener port;
    private final RegionPool pool;
    private final Transport stranger;
    private volatile CountDownLatch frozen = new CountDownLatch(1);
    private volatile CountDownLatch thawed = new CountDownLatch(1);

    Freezer(Transport held) throws IOException {
        this.port = held.listen(Cluster.loopback(0), connection -> hold());
        this.pool = new RegionPool(Cluster.CHUNK, Cluster.CHUNK);
        this.stranger = Cluster.transport("stranger", "freezer", pool);
    }

    private void hold() {
        CountDownLatch until = thawed;
        frozen.countDown();
        try {
            if (!until.await(2, TimeUnit.MINUTES)) {
                throw new IllegalStateException("nobody ended the frost");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** From now on the agent does nothing. */
    void freeze() {
        frozen = new CountDownLatch(1);
        thawed = new CountDownLatch(1);
        CompletableFuture<Connection> unused = stranger.connect(port.address());
        try {
            assertThat(frozen.await(1, TimeUnit.MINUTES)).as("frozen").isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether it is held up now. */
    boolean isFrozen() {
        return frozen.getCount() == 0 && thawed.getCount() == 1;
    }

    void thaw() {
        thawed.countDown();
    }

    @Override
    public void close() {
        thaw();
        port.close();
        stranger.close();
        pool.close();
    }
}
