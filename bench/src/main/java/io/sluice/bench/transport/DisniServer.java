// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import com.ibm.disni.verbs.RdmaCmId;
import com.ibm.disni.verbs.RdmaEventChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The side that answers, with nothing but verbs; it always polls. */
final class DisniServer implements Server {
    /** What the client's last message begins with. */
    static final long LAST = -1;

    private final Load load;
    private final RdmaEventChannel events;
    private @Nullable RdmaCmId listener;

    DisniServer(Load load) throws IOException {
        this.load = load;
        this.events = RdmaEventChannel.createEventChannel();
    }

    @Override
    public InetSocketAddress open() throws IOException {
        RdmaCmId opened = DisniEnd.listen(events, load.host);
        listener = opened;
        return (InetSocketAddress) opened.getSource();
    }

    @Override
    public Measurement serve() throws IOException {
        SinceWarm counter = new SinceWarm(load);
        try (DisniEnd end = DisniEnd.accept(events, load.size())) {
            counter.start();
            while (end.receive() && end.in.getLong(0) != LAST) {
                end.out.clear().put(end.in.clear());
                end.send();
                counter.count();
            }
        }
        Objects.requireNonNull(listener).destroyId();
        return counter.result();
    }

    @Override
    public void close() throws IOException {
        events.destroyEventChannel();
    }
}
