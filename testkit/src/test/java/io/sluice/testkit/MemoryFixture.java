// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import io.sluice.transport.OtherProcess;
import io.sluice.transport.ThreadProcess;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportFixture;
import io.sluice.transport.engine.Carrier;
import java.net.InetSocketAddress;

/** The contract suite's fixture on a network of its own. */
final class MemoryFixture implements TransportFixture {
    final MemoryNetwork network = new MemoryNetwork();

    @Override
    public Transport open(TransportContext context) {
        return network.open(context);
    }

    @Override
    public Carrier carrier(TransportContext context) {
        return new MemoryCarrier(network);
    }

    @Override
    public InetSocketAddress anyAddress() {
        return InetSocketAddress.createUnresolved("memory", 0);
    }

    @Override
    public InetSocketAddress deadAddress() {
        return network.deadAddress();
    }

    @Override
    public InetSocketAddress silentAddress() {
        return network.silentAddress();
    }

    @Override
    public void blackHole() {
        network.blackHole(true);
    }

    @Override
    public InetSocketAddress throughFaults(InetSocketAddress listener) {
        return listener;
    }

    @Override
    public void corruptAt(long index) {
        network.corruptAt(index);
    }

    @Override
    public boolean canCut() {
        return true;
    }

    @Override
    public void cut() {
        network.cut();
    }

    @Override
    public OtherProcess startProcess() throws TransportException {
        return new ThreadProcess(this::open, anyAddress(), network::cut);
    }

    @Override
    public long openResources() {
        return network.openPipes();
    }

    @Override
    public void close() {}
}
