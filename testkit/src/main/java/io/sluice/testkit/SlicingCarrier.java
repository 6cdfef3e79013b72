// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import io.sluice.transport.TransportException;
import io.sluice.transport.engine.Acceptor;
import io.sluice.transport.engine.Carrier;
import io.sluice.transport.engine.Link;
import io.sluice.transport.engine.LinkEvents;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/** A carrier whose links read and write only so many bytes a call: partial I/O wherever a test wants it. */
public final class SlicingCarrier implements Carrier {
    private final Carrier carrier;
    private final IntSupplier sliceLength;

    /**
     * Wraps a carrier.
     *
     * @param sliceLength asked before each call for how many bytes it may move, at least 1; on the agent
     */
    public SlicingCarrier(Carrier carrier, IntSupplier sliceLength) {
        this.carrier = carrier;
        this.sliceLength = sliceLength;
    }

    @Override
    public String name() {
        return carrier.name();
    }

    @Override
    public Acceptor bind(InetSocketAddress address) throws TransportException {
        return carrier.bind(address);
    }

    @Override
    public void register(Acceptor acceptor, Consumer<Link> accepted) throws IOException {
        carrier.register(acceptor, link -> accepted.accept(new Sliced(link)));
    }

    @Override
    public Link dial(InetSocketAddress address, LinkEvents events) throws IOException {
        return new Sliced(carrier.dial(address, events));
    }

    @Override
    public int poll(long timeoutNs) throws IOException {
        return carrier.poll(timeoutNs);
    }

    @Override
    public void wakeup() {
        carrier.wakeup();
    }

    @Override
    public void close() {
        carrier.close();
    }

    private final class Sliced implements Link {
        private final Link link;
        private final ByteBuffer[] one = new ByteBuffer[1];

        Sliced(Link link) {
            this.link = link;
        }

        @Override
        public void events(LinkEvents events) {
            link.events(events);
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            int limit = target.limit();
            target.limit(Math.min(limit, target.position() + sliceLength.getAsInt()));
            try {
                return link.read(target);
            } finally {
                target.limit(limit);
            }
        }

        @Override
        public long write(ByteBuffer[] sources, int count) throws IOException {
            int at = 0;
            while (at < count - 1 && !sources[at].hasRemaining()) {
                at++;
            }
            ByteBuffer source = sources[at];
            int limit = source.limit();
            source.limit(Math.min(limit, source.position() + sliceLength.getAsInt()));
            one[0] = source;
            try {
                return link.write(one, 1);
            } finally {
                source.limit(limit);
            }
        }

        @Override
        public void wantWrite(boolean wanted) {
            link.wantWrite(wanted);
        }

        @Override
        public void shutdownOutput() {
            link.shutdownOutput();
        }

        @Override
        public void checkPeer(String role, String name) throws TransportException {
            link.checkPeer(role, name);
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return link.remoteAddress();
        }

        @Override
        public void close() {
            link.close();
        }
    }
}
