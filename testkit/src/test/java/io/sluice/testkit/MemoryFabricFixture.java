// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testkit.MemoryFabric.Fault;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportFixture;
import io.sluice.transport.engine.Carrier;
import java.net.InetSocketAddress;

/** The contract suite's fixture where data go beside the stream. */
final class MemoryFabricFixture implements TransportFixture {
    private final MemoryFixture stream = new MemoryFixture();
    private final MemoryFabric fabric = new MemoryFabric();

    @Override
    public Transport open(TransportContext context) {
        return stream.network.open(context.rdma(RdmaSettings.of(Policy.REQUIRE)), fabric);
    }

    @Override
    public Carrier carrier(TransportContext context) {
        return stream.carrier(context);
    }

    @Override
    public InetSocketAddress anyAddress() {
        return stream.anyAddress();
    }

    @Override
    public InetSocketAddress deadAddress() {
        return stream.deadAddress();
    }

    @Override
    public InetSocketAddress silentAddress() {
        return stream.silentAddress();
    }

    @Override
    public void blackHole() {
        stream.blackHole();
        fabric.fault(Fault.STUCK);
    }

    @Override
    public InetSocketAddress throughFaults(InetSocketAddress listener) {
        return listener;
    }

    @Override
    public void damageBlocks() {
        fabric.damage(true);
    }

    @Override
    public boolean checksRegions() {
        return false;
    }

    @Override
    public void close() {
        assertThat(fabric.openEnds()).isZero();
    }
}
