// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import com.ibm.disni.verbs.IbvContext;
import com.ibm.disni.verbs.IbvMr;
import com.ibm.disni.verbs.IbvPd;
import com.ibm.disni.verbs.RdmaVerbs;
import com.ibm.disni.verbs.SVCRegMr;
import io.sluice.transport.Access;
import io.sluice.transport.PeerClass;
import io.sluice.transport.RegionPool;
import io.sluice.transport.wire.PathOffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A protection domain for one class of peers, with its slabs of the region pool registered in it with its rights, and
 * the message rings with none. A queue pair of another domain can address nothing here, whatever key it guesses. All is
 * registered when the device is opened.
 */
final class Domain {
    private final IbvPd domain;
    private final List<IbvMr> regions = new ArrayList<>();
    private final List<IbvMr> slabs = new ArrayList<>();
    private final List<PathOffer.Slab> table = new ArrayList<>();

    /** Index in the pool of the first slab here. */
    private final int firstSlab;

    private Domain(IbvPd domain, int firstSlab) {
        this.domain = domain;
        this.firstSlab = firstSlab;
    }

    static Domain open(IbvContext device, PeerClass peers, @Nullable RegionPool pool) throws IOException {
        int first = pool == null ? 0 : peers.firstSlab(pool);
        Domain opened = new Domain(device.allocPd(), first);
        try {
            for (int i = first; pool != null && i < first + peers.slabCount(pool); i++) {
                opened.addSlab(pool.slab(i), peers.access());
            }
        } catch (IOException e) {
            opened.close();
            throw e;
        }
        return opened;
    }

    private void addSlab(ByteBuffer memory, Access access) throws IOException {
        int rights = IbvMr.IBV_ACCESS_LOCAL_WRITE;
        rights |= access.allows(Access.READ) ? IbvMr.IBV_ACCESS_REMOTE_READ : 0;
        rights |= access.allows(Access.WRITE) ? IbvMr.IBV_ACCESS_REMOTE_WRITE : 0;
        IbvMr slab = register(memory, rights);
        slabs.add(slab);
        if (access != Access.NONE) {
            table.add(new PathOffer.Slab(slab.getAddr(), memory.capacity(), slab.getRkey()));
        }
    }

    /** Registers memory that this device may write, and no peer by a request of its own. */
    IbvMr register(ByteBuffer memory) throws IOException {
        return register(memory, IbvMr.IBV_ACCESS_LOCAL_WRITE);
    }

    private IbvMr register(ByteBuffer memory, int rights) throws IOException {
        SVCRegMr call = domain.regMr(memory, rights).execute();
        IbvMr region = call.getMr();
        call.free();
        regions.add(region);
        return region;
    }

    IbvPd handle() {
        return domain;
    }

    /** What a peer is told of the slabs; nothing where it has no right. */
    List<PathOffer.Slab> table() {
        return table;
    }

    /** Where the first byte of a slab of the pool is, as the device knows it; one that is for this class. */
    long slabAddress(int index) {
        return slabs.get(index - firstSlab).getAddr();
    }

    /** By what this side's own requests name a slab. */
    int localKey(int index) {
        return slabs.get(index - firstSlab).getLkey();
    }

    /** Nothing that is made in it may be left. */
    void close() throws IOException {
        IOException failure = null;
        for (IbvMr region : regions) {
            try {
                region.deregMr().execute().free();
            } catch (IOException e) {
                failure = e;
            }
        }
        RdmaVerbs.open().deallocPd(domain);
        if (failure != null) {
            throw failure;
        }
    }
}
