// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import io.sluice.transport.PeerClass;
import io.sluice.transport.RegionMemory;
import io.sluice.transport.TransportException;
import io.sluice.transport.engine.DataPath;
import io.sluice.transport.engine.DataPathEvents;
import io.sluice.transport.engine.DataPathProvider;
import io.sluice.transport.wire.PathOffer;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Counts which bytes the device is to move between slabs, and which are copied to its ring first. */
final class CountingProvider implements DataPathProvider {
    private final DataPathProvider provider;
    long writtenFromSlabs;
    long readToSlabs;
    long copiedToRing;

    CountingProvider(DataPathProvider provider) {
        this.provider = provider;
    }

    @Override
    public String name() {
        return provider.name();
    }

    @Override
    public void start(Runnable wakeup) {
        provider.start(wakeup);
    }

    @Override
    public DataPath listen(PeerClass given, DataPathEvents events) throws TransportException {
        return new Counted(provider.listen(given, events));
    }

    @Override
    public DataPath dial(PathOffer offer, PeerClass given, DataPathEvents events) throws TransportException {
        return new Counted(provider.dial(offer, given, events));
    }

    @Override
    public int poll() {
        return provider.poll();
    }

    @Override
    public boolean arm() {
        return provider.arm();
    }

    @Override
    public void close() {
        provider.close();
    }

    private final class Counted implements DataPath {
        private final DataPath path;

        Counted(DataPath path) {
            this.path = path;
        }

        @Override
        public PathOffer offer() {
            return path.offer();
        }

        @Override
        public void peer(PathOffer theirs) throws TransportException {
            path.peer(theirs);
        }

        @Override
        public UnsafeBuffer sendBuffer() {
            return path.sendBuffer();
        }

        @Override
        public ByteBuffer sendBytes() {
            return path.sendBytes();
        }

        @Override
        public int claim(int length) {
            return path.claim(length);
        }

        @Override
        public void commit(int offset, int length) throws TransportException {
            copiedToRing += length;
            path.commit(offset, length);
        }

        @Override
        public boolean write(int slot, RegionMemory local, int localOffset, int length, long remoteAddress, int key)
                throws TransportException {
            boolean taken = path.write(slot, local, localOffset, length, remoteAddress, key);
            writtenFromSlabs += taken ? length : 0;
            return taken;
        }

        @Override
        public boolean read(int slot, RegionMemory local, int localOffset, int length, long remoteAddress, int key)
                throws TransportException {
            boolean taken = path.read(slot, local, localOffset, length, remoteAddress, key);
            readToSlabs += taken ? length : 0;
            return taken;
        }

        @Override
        public void flush() throws TransportException {
            path.flush();
        }

        @Override
        public boolean isIdle() {
            return path.isIdle();
        }

        @Override
        public void close() {
            path.close();
        }
    }
}
