// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.flush.protocol.BlockTransfer;
import io.sluice.transport.BlockChannel;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionListener;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.agrona.DirectBuffer;

/** Writes a block to the peer's memory each time when the last one is acknowledged. */
final class BlockRun implements ConnectionListener {
    private final Load load;
    private final Cycle cycle;
    private final Connection connection;
    private final Phases phases;
    private final List<Region> sources;
    private final BlockChannel channel;
    private final CompletableFuture<List<RemoteRegion>> described = new CompletableFuture<>();

    BlockRun(Load load, Cycle cycle, Connection connection, Phases phases, RegionPool pool) {
        this.load = load;
        this.cycle = cycle;
        this.connection = connection;
        this.phases = phases;
        this.sources = SluiceServer.regions(load, pool);
        this.channel = new BlockChannel(connection, load.chunk(), load.inFlight);
    }

    void run() throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        for (Region source : sources) {
            for (int i = 0; i < source.length(); i += Long.BYTES) {
                source.buffer().putLong(i, random.nextLong());
            }
        }
        connection.listener(this);
        List<RemoteRegion> targets = cycle.await(described);
        long startNs = System.nanoTime();
        phases.start(startNs);
        boolean goesOn = true;
        while (goesOn) {
            cycle.await(
                    load.mode == Mode.SHIP
                            ? ship(targets)
                            : channel.write(sources.get(0), 0, load.size(), targets.get(0), 0));
            long endNs = System.nanoTime();
            goesOn = phases.record(endNs - startNs, endNs);
            startNs = endNs;
        }
        sources.forEach(Region::release);
    }

    private CompletableFuture<Void> ship(List<RemoteRegion> targets) {
        return BlockTransfer.run(
                connection,
                sources.size(),
                load.inFlight,
                (i, handler) -> connection.write(
                        sources.get(i),
                        0,
                        Math.min(load.chunk(), load.size() - i * load.chunk()),
                        targets.get(i),
                        0,
                        i,
                        handler));
    }

    @Override
    public void onReadable(Connection from) {
        from.poll(this::onDescriptors, 1);
    }

    private void onDescriptors(DirectBuffer buffer, int offset, int length) {
        List<RemoteRegion> targets = new ArrayList<>();
        try {
            for (int at = 0; at < length; at += RemoteRegion.ENCODED_LENGTH) {
                targets.add(RemoteRegion.decode(buffer, offset + at));
            }
            described.complete(targets);
        } catch (TransportException e) {
            described.completeExceptionally(e);
        }
    }
}
