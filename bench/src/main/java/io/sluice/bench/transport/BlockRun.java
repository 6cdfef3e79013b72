// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.transport.BlockChannel;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionListener;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportException;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.agrona.DirectBuffer;

/** Writes a block to the peer's memory each time when the last one is acknowledged. */
final class BlockRun implements ConnectionListener {
    private final Load load;
    private final Cycle cycle;
    private final Connection connection;
    private final Phases phases;
    private final Region block;
    private final CompletableFuture<RemoteRegion> target = new CompletableFuture<>();

    BlockRun(Load load, Cycle cycle, Connection connection, Phases phases, RegionPool pool) {
        this.load = load;
        this.cycle = cycle;
        this.connection = connection;
        this.phases = phases;
        this.block = Objects.requireNonNull(pool.tryAcquire(load.size()));
    }

    void run() throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i + Long.BYTES <= load.size(); i += Long.BYTES) {
            block.buffer().putLong(i, random.nextLong());
        }
        connection.listener(this);
        RemoteRegion remote = cycle.await(target);
        BlockChannel channel = new BlockChannel(connection, load.chunk(), load.inFlight);
        long startNs = System.nanoTime();
        phases.start(startNs);
        long endNs;
        do {
            cycle.await(channel.write(block, 0, load.size(), remote, 0));
            endNs = System.nanoTime();
            long tookNs = endNs - startNs;
            startNs = endNs;
            if (!phases.record(tookNs, endNs)) {
                break;
            }
        } while (true);
        block.release();
    }

    @Override
    public void onReadable(Connection from) {
        from.poll(this::onDescriptor, 1);
    }

    private void onDescriptor(DirectBuffer buffer, int offset, int length) {
        try {
            target.complete(RemoteRegion.decode(buffer, offset));
        } catch (TransportException e) {
            target.completeExceptionally(e);
        }
    }
}
