// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.transport.Access;
import io.sluice.transport.PeerClass;
import io.sluice.transport.RegionPool;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.engine.DataPathProvider;
import io.sluice.transport.wire.PathOffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.BufferUtil;
import org.jspecify.annotations.Nullable;

/**
 * What RDMA hardware is to the engine, within this process: ends are connected by cookie, one-sided operations copy from
 * slab to slab and are checked by slab and right only. Slower and simpler than any device, with faults on demand. Safe for
 * concurrent use.
 */
public final class MemoryFabric {
    /** What may go wrong from now on. */
    public enum Fault {
        /** Nothing. */
        NONE,
        /** No listening end can be had. */
        NO_RINGS,
        /** Who dials is refused. */
        REFUSE,
        /** Who dials hears nothing. */
        SILENT,
        /** Nothing that is posted completes. */
        STUCK,
        /** Nor does an end close. */
        NEVER_CLOSES
    }

    private final AtomicInteger underWay = new AtomicInteger();
    private volatile Fault fault = Fault.NONE;
    private volatile boolean damaging;

    @GuardedBy("this")
    private final Map<String, MemoryDataPath> listening = new HashMap<>();

    @GuardedBy("this")
    private final Map<Integer, Slab> slabs = new HashMap<>();

    @GuardedBy("this")
    private final List<MemoryDataPath> open = new ArrayList<>();

    @GuardedBy("this")
    private int nextKey = 0x100;

    /** Registered memory. */
    record Slab(ByteBuffer memory, long address, PeerClass peers) {}

    /** What happens from now on. */
    public void fault(Fault value) {
        fault = value;
        opened().forEach(MemoryDataPath::wake);
    }

    /** Whether a byte of each one-sided operation is changed on the way, from now on; twice changes it twice. */
    public void damage(boolean value) {
        damaging = value;
    }

    Fault fault() {
        return fault;
    }

    /** Breaks all ends that are open. */
    public void cut() {
        opened().forEach(MemoryDataPath::cut);
    }

    /** Ends that are not closed. */
    public int openEnds() {
        return opened().size();
    }

    /** One-sided operations that were posted and have not completed. */
    public int operationsUnderWay() {
        return underWay.get();
    }

    /** Keys to slabs that there are, for all transports and classes of peers. */
    public synchronized int keys() {
        return slabs.size();
    }

    void underWay(int more) {
        underWay.addAndGet(more);
    }

    private synchronized List<MemoryDataPath> opened() {
        return List.copyOf(open);
    }

    /** A provider for one transport; its pool's slabs are registered here. */
    public DataPathProvider provider(TransportContext context) {
        Map<PeerClass, List<PathOffer.Slab>> registered = new HashMap<>();
        RegionPool pool = context.regionPool();
        for (PeerClass peers : context.rdma().classes()) {
            registered.put(peers, pool == null || peers.access() == Access.NONE ? List.of() : register(pool, peers));
        }
        return new MemoryPathProvider(this, context, registered);
    }

    private synchronized List<PathOffer.Slab> register(RegionPool pool, PeerClass peers) {
        List<PathOffer.Slab> offered = new ArrayList<>();
        int first = peers.firstSlab(pool);
        for (int i = first; i < first + peers.slabCount(pool); i++) {
            ByteBuffer memory = pool.slab(i);
            int key = nextKey++;
            long address = BufferUtil.address(memory);
            slabs.put(key, new Slab(memory, address, peers));
            offered.add(new PathOffer.Slab(address, memory.capacity(), key));
        }
        return offered;
    }

    /** Copies to or from a peer's memory, which is checked as hardware does. */
    synchronized void copy(MemoryDataPath peer, ByteBuffer here, int key, long address, boolean isWrite)
            throws TransportException {
        Slab slab = slabs.get(key);
        Access wanted = isWrite ? Access.WRITE : Access.READ;
        int length = here.remaining();
        if (!open.contains(peer)) {
            throw new TransportException(
                    Kind.PEER_DEAD, "transport.rdma.disconnected", "the peer's queue pair is gone");
        }
        if (slab == null
                || !slab.peers().equals(peer.given())
                || !slab.peers().access().allows(wanted)
                || address < slab.address()
                || address + length > slab.address() + slab.memory().capacity()) {
            throw new TransportException(
                    Kind.ACCESS_DENIED, "transport.rdma.access", "the peer's device refused the operation");
        }
        ByteBuffer there = slab.memory().slice((int) (address - slab.address()), length);
        ByteBuffer target = isWrite ? there : here;
        target.put(isWrite ? here : there);
        if (damaging) {
            int place = length / 2;
            target.put(place, (byte) (target.get(place) + 1));
        }
    }

    synchronized void opened(MemoryDataPath path, byte @Nullable [] cookie) {
        open.add(path);
        if (cookie != null) {
            listening.put(HexFormat.of().formatHex(cookie), path);
        }
    }

    synchronized @Nullable MemoryDataPath find(byte[] cookie) {
        return listening.remove(HexFormat.of().formatHex(cookie));
    }

    void closeAll(MemoryPathProvider provider) {
        for (MemoryDataPath path : opened()) {
            if (path.provider() == provider) {
                path.destroy();
            }
        }
    }

    synchronized void closed(MemoryDataPath path) {
        open.remove(path);
        listening.values().remove(path);
    }
}
