// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import com.ibm.disni.verbs.RdmaEventChannel;
import java.io.IOException;
import java.net.InetSocketAddress;

/** The side that asks, with nothing but verbs; it always polls. */
final class DisniClient implements Client {
    private final Load load;
    private final RdmaEventChannel events;

    DisniClient(Load load) throws IOException {
        this.load = load;
        this.events = RdmaEventChannel.createEventChannel();
    }

    @Override
    public Measurement run(InetSocketAddress server) throws IOException {
        Phases phases = new Phases(load, Garbage::ofThisThread);
        try (DisniEnd end = DisniEnd.connect(events, server, load.size())) {
            long sequence = 0;
            long nowNs = System.nanoTime();
            phases.start(nowNs);
            long sentNs;
            do {
                end.out.putLong(0, ++sequence);
                sentNs = System.nanoTime();
                end.send();
                if (!end.receive()) {
                    throw new IOException("the connection ended early");
                }
                nowNs = System.nanoTime();
                if (end.in.getLong(0) != sequence) {
                    throw new IllegalStateException("not the echo of message " + sequence);
                }
            } while (phases.record(nowNs - sentNs, nowNs));
            end.out.putLong(0, DisniServer.LAST);
            end.sendLast();
        }
        return phases.result();
    }

    @Override
    public void close() throws IOException {
        events.destroyEventChannel();
    }
}
