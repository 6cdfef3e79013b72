// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.RegionPool;
import io.sluice.transport.TransportException;
import io.sluice.transport.engine.Acceptor;
import io.sluice.transport.engine.Carrier;
import io.sluice.transport.engine.Link;
import io.sluice.transport.engine.LinkEvents;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.agrona.BufferUtil;

/** Counts, on the links it accepts, which bytes go straight to or from a pool, and which by way of another buffer. */
final class CountingCarrier implements Carrier {
    private final Carrier carrier;
    private final RegionPool pool;
    long readToSlabs;
    long readElsewhere;
    long writtenFromSlabs;
    long writtenElsewhere;

    CountingCarrier(Carrier carrier, RegionPool pool) {
        this.carrier = carrier;
        this.pool = pool;
    }

    private boolean isSlab(ByteBuffer buffer) {
        long address = BufferUtil.address(buffer);
        for (int i = 0; i < pool.slabCount(); i++) {
            ByteBuffer slab = pool.slab(i);
            long start = BufferUtil.address(slab);
            if (address >= start && address < start + slab.capacity()) {
                return true;
            }
        }
        return false;
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
        carrier.register(acceptor, link -> accepted.accept(new Counted(link)));
    }

    @Override
    public Link dial(InetSocketAddress address, LinkEvents events) throws IOException {
        return carrier.dial(address, events);
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

    private final class Counted implements Link {
        private final Link link;
        private final int[] before = new int[2];

        Counted(Link link) {
            this.link = link;
        }

        private void remember(ByteBuffer[] buffers, int count) {
            for (int i = 0; i < count; i++) {
                before[i] = buffers[i].position();
            }
        }

        @Override
        public void events(LinkEvents events) {
            link.events(events);
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            int count = link.read(target);
            if (count > 0 && isSlab(target)) {
                readToSlabs += count;
            } else if (count > 0) {
                readElsewhere += count;
            }
            return count;
        }

        @Override
        public long read(ByteBuffer[] targets, int count) throws IOException {
            remember(targets, count);
            long taken = link.read(targets, count);
            for (int i = 0; i < count; i++) {
                if (isSlab(targets[i])) {
                    readToSlabs += targets[i].position() - before[i];
                } else {
                    readElsewhere += targets[i].position() - before[i];
                }
            }
            return taken;
        }

        @Override
        public long write(ByteBuffer[] sources, int count) throws IOException {
            remember(sources, count);
            long sent = link.write(sources, count);
            for (int i = 0; i < count; i++) {
                if (isSlab(sources[i])) {
                    writtenFromSlabs += sources[i].position() - before[i];
                } else {
                    writtenElsewhere += sources[i].position() - before[i];
                }
            }
            return sent;
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
        public InetSocketAddress remoteAddress() {
            return link.remoteAddress();
        }

        @Override
        public void close() {
            link.close();
        }
    }
}
