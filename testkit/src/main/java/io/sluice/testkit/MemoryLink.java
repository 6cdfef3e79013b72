// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import io.sluice.transport.engine.Link;
import io.sluice.transport.engine.LinkEvents;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One end of two pipes. */
final class MemoryLink implements Link {
    private final MemoryCarrier carrier;
    private final MemoryPipe in;
    private final MemoryPipe out;
    private final InetSocketAddress remote;
    private @Nullable LinkEvents events;
    private boolean connecting;
    private boolean wantsWrite;
    private boolean inputEnded;
    private boolean closed;

    MemoryLink(MemoryCarrier carrier, MemoryPipe in, MemoryPipe out, InetSocketAddress remote, boolean connecting) {
        this.carrier = carrier;
        this.in = in;
        this.out = out;
        this.remote = remote;
        this.connecting = connecting;
    }

    @Override
    public void events(LinkEvents told) {
        events = told;
    }

    /** Tells of what is there; how much that was. */
    int dispatch() {
        LinkEvents told = Objects.requireNonNull(events);
        int count = 0;
        if (connecting) {
            connecting = false;
            told.onConnected();
            count++;
        }
        if (!closed && !inputEnded && in.isReadable()) {
            told.onReadable();
            count++;
        }
        if (!closed && wantsWrite && out.isWritable()) {
            told.onWritable();
            count++;
        }
        return count;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        int count = in.read(target);
        inputEnded = count < 0;
        return count;
    }

    @Override
    public long write(ByteBuffer[] sources, int count) throws IOException {
        long sent = 0;
        for (int i = 0; i < count; i++) {
            sent += out.write(sources[i]);
            if (sources[i].hasRemaining()) {
                break;
            }
        }
        return sent;
    }

    @Override
    public void wantWrite(boolean wanted) {
        wantsWrite = wanted;
    }

    @Override
    public void shutdownOutput() {
        out.end();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return remote;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            out.end();
            in.closeReader();
            carrier.remove(this);
        }
    }
}
