// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Stores.check;
import static io.sluice.flush.scenario.Stores.fill;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.flush.generator.FallbackReason;
import io.sluice.flush.generator.FlushTrace;
import io.sluice.flush.memnode.Memnode;
import io.sluice.store.Store;
import io.sluice.testkit.MemoryFabric;
import io.sluice.transport.ConnectionPath;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.engine.EngineTransport;
import io.sluice.transport.tcp.TcpTransport;
import java.io.IOException;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Remote flush over a fabric in memory beside TCP: everything but the device and its library. */
class FabricFlushTest extends RdmaFlushContract {
    FabricFlushTest() {
        super(new FabricOpener());
    }

    private static final class FabricOpener implements Cluster.Opener {
        private final MemoryFabric fabric = new MemoryFabric();

        @Override
        public Transport open(TransportContext context) throws IOException {
            if (context.rdma().policy() == Policy.OFF) {
                return TcpTransport.open(context);
            }
            context.conclude();
            return new EngineTransport(context, TcpTransport.carrier(context), fabric.provider(context), "");
        }
    }

    @Test
    @Tag("T7")
    void shouldBuildNothingFromBlocksThatWereDamagedOnTheWay() throws Exception {
        Cluster.Running<Memnode> memnode = patientMemnode(LONG);
        patientWorker("w1", STORAGES, memnode, UnaryOperator.identity());
        Cluster.Generator generator = patientGenerator(memnode, UnaryOperator.identity(), true);
        try (Store store = opened(generator)) {
            fill(store, store.defaultColumnFamily(), "key", KEYS);
            ((FabricOpener) opener).fabric.damage(true);
            store.flush(FLUSH);
            FlushTrace trace = firstTrace();
            assertThat(generator.remote().paths().values()).hasSize(1).allMatch(ConnectionPath::isRdma);
            assertThat(trace.localReason()).isEqualTo(FallbackReason.CORRUPT);
            assertThat(trace.builder()).isEqualTo(FlushTrace.LOCAL);
            assertThat(generator.remote().statistics().remoteFlushes()).isZero();
            check(store, store.defaultColumnFamily(), "key", KEYS);
        }
    }
}
