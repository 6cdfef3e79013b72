// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import io.sluice.testkit.MemoryFabric;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.TransportContext;
import io.sluice.transport.engine.EngineTransport;
import io.sluice.transport.tcp.TcpTransport;
import java.io.IOException;

/** Remote flush over a fabric in memory beside TCP: everything but the device and its library. */
class FabricFlushTest extends RdmaFlushContract {
    FabricFlushTest() {
        super(opener(new MemoryFabric()));
    }

    private static Cluster.Opener opener(MemoryFabric fabric) {
        return context -> context.rdma().policy() == Policy.OFF ? TcpTransport.open(context) : open(context, fabric);
    }

    private static EngineTransport open(TransportContext context, MemoryFabric fabric) throws IOException {
        context.conclude();
        return new EngineTransport(context, TcpTransport.carrier(context), fabric.provider(context), "");
    }
}
