// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import io.sluice.testkit.MemoryFabric.Fault;
import io.sluice.transport.PeerClass;
import io.sluice.transport.RegionMemory;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.engine.DataPath;
import io.sluice.transport.engine.DataPathEvents;
import io.sluice.transport.wire.PathOffer;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** One end on a {@link MemoryFabric}; its agent's, but for what other ends give to {@link MemoryPathProvider#tell}. */
final class MemoryDataPath implements DataPath {
    private static final int MAX_UNDER_WAY = 8;

    private final MemoryFabric fabric;
    private final MemoryPathProvider provider;
    private final PathOffer offer;
    /** What the other end may do: its protection domain. */
    private final PeerClass given;

    private final DataPathEvents events;
    private final ByteBuffer sendBytes;
    private final UnsafeBuffer sendBuffer;
    /** Posted, and not completed. */
    private final ArrayDeque<Request> posted = new ArrayDeque<>();

    private volatile @Nullable MemoryDataPath other;
    private int claimed;
    private boolean closing;
    private boolean closed;
    private boolean dead;

    /** Of a frame, or of an operation. */
    private record Request(
            @Nullable ByteBuffer frame,
            int slot,
            @Nullable RegionMemory local,
            int localOffset,
            int length,
            long address,
            int key,
            boolean isWrite) {}

    MemoryDataPath(
            MemoryFabric fabric, MemoryPathProvider provider, PathOffer offer, PeerClass given, DataPathEvents events) {
        this.fabric = fabric;
        this.provider = provider;
        this.offer = offer;
        this.given = given;
        this.events = events;
        this.sendBytes = ByteBuffer.allocateDirect(offer.slotLength() * offer.depth());
        this.sendBuffer = new UnsafeBuffer(sendBytes);
    }

    MemoryPathProvider provider() {
        return provider;
    }

    PeerClass given() {
        return given;
    }

    void join(MemoryDataPath peer) {
        provider.tell(this, () -> {
            other = peer;
            if (!closing) {
                events.onReady();
            }
        });
    }

    void fail(TransportException cause) {
        provider.tell(this, () -> {
            dead = true;
            if (!closing) {
                events.onBroken(cause);
            }
        });
    }

    void cut() {
        fail(new TransportException(Kind.PEER_DEAD, "transport.rdma.disconnected", "the queue pair broke"));
    }

    void wake() {
        provider.tell(this, this::run);
    }

    void tellProgress() {
        if (!closing) {
            events.onProgress();
        }
    }

    @Override
    public PathOffer offer() {
        return offer;
    }

    @Override
    public void peer(PathOffer theirs) {}

    @Override
    public UnsafeBuffer sendBuffer() {
        return sendBuffer;
    }

    @Override
    public ByteBuffer sendBytes() {
        return sendBytes;
    }

    @Override
    public int claim(int length) {
        return posted.size() >= MAX_UNDER_WAY ? -1 : 0;
    }

    @Override
    public void commit(int offset, int length) {
        ByteBuffer frame = ByteBuffer.allocateDirect(length);
        sendBuffer.getBytes(offset, frame, 0, length);
        posted.add(new Request(frame, 0, null, 0, 0, 0, 0, false));
        claimed++;
    }

    @Override
    public boolean write(int slot, RegionMemory local, int localOffset, int length, long address, int key) {
        return post(slot, local, localOffset, length, address, key, true);
    }

    @Override
    public boolean read(int slot, RegionMemory local, int localOffset, int length, long address, int key) {
        return post(slot, local, localOffset, length, address, key, false);
    }

    private boolean post(
            int slot, RegionMemory local, int localOffset, int length, long address, int key, boolean isWrite) {
        if (posted.size() >= MAX_UNDER_WAY) {
            return false;
        }
        local.retain();
        fabric.underWay(1);
        posted.add(new Request(null, slot, local, localOffset, length, address, key, isWrite));
        claimed++;
        return true;
    }

    @Override
    public void flush() {
        if (claimed > 0) {
            claimed = 0;
            wake();
        }
    }

    /** Does what was posted, in order, as a device would. */
    private void run() {
        Fault fault = fabric.fault();
        boolean stuck = fault == Fault.STUCK || fault == Fault.NEVER_CLOSES;
        MemoryDataPath peer = other;
        while (!stuck && !posted.isEmpty() && !dead && !closing && peer != null) {
            Request request = posted.remove();
            ByteBuffer frame = request.frame();
            RegionMemory local = request.local();
            if (frame != null) {
                peer.provider.tell(peer, () -> peer.take(frame));
            } else if (local != null) {
                complete(request, local, peer);
            }
        }
        if (closing && fault != Fault.NEVER_CLOSES) {
            destroy();
        }
    }

    private void complete(Request request, RegionMemory local, MemoryDataPath peer) {
        TransportException cause = null;
        try {
            ByteBuffer here = local.slab().slice(local.offset() + request.localOffset(), request.length());
            fabric.copy(peer, here, request.key(), request.address(), request.isWrite());
        } catch (TransportException e) {
            cause = e;
        }
        local.release();
        fabric.underWay(-1);
        events.onOperationEnd(request.slot(), cause);
        if (cause != null) {
            fail(cause);
        }
    }

    private void take(ByteBuffer frame) {
        if (!closing && !dead) {
            events.onFrame(new UnsafeBuffer(frame), frame, 0, frame.capacity());
        }
    }

    private void release() {
        for (Request request : posted) {
            RegionMemory local = request.local();
            if (local != null) {
                fabric.underWay(-1);
                local.release();
            }
        }
        posted.clear();
    }

    @Override
    public boolean isIdle() {
        return posted.isEmpty();
    }

    @Override
    public void close() {
        if (!closing) {
            closing = true;
            MemoryDataPath peer = other;
            if (peer != null) {
                peer.cut();
            }
            wake();
        }
    }

    /** Whatever the fault, the end is gone. */
    void destroy() {
        closing = true;
        if (!closed) {
            closed = true;
            fabric.closed(this);
            release();
            events.onClosed();
        }
    }
}
