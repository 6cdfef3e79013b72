// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.transport.Connection;
import io.sluice.transport.RegionPool;
import io.sluice.transport.TransportContext;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** The side that asks, over a transport. */
final class SluiceClient implements Client {
    private final Load load;
    private final @Nullable RegionPool pool;
    private final Cycle cycle;

    SluiceClient(Transports kind, Load load) throws Exception {
        this.load = load;
        this.pool = load.mode.isOneSided() ? SluiceServer.poolFor(load) : null;
        TransportContext context = new TransportContext().name("client");
        if (pool != null) {
            context.regionPool(pool);
        }
        this.cycle = new Cycle(kind, load, context);
    }

    @Override
    public Measurement run(InetSocketAddress server) throws Exception {
        Connection connection = cycle.await(cycle.transport().connect(server));
        Phases phases = new Phases(load, Garbage::ofThisThread);
        switch (load.mode) {
            case PINGPONG -> new PingPongRun(load, cycle, connection, phases).run();
            case RATE -> new RateRun(load, cycle, connection, phases).run();
            case STREAM -> new StreamRun(load, cycle, connection, phases).run();
            case BLOCK, SHIP -> {
                if (pool != null) {
                    new BlockRun(load, cycle, connection, phases, pool).run();
                }
            }
        }
        cycle.close(connection);
        return phases.result();
    }

    @Override
    public void close() {
        cycle.close();
        if (pool != null) {
            pool.close();
        }
    }
}
