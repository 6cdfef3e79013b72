// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import io.sluice.transport.Access;
import io.sluice.transport.Connection;
import io.sluice.transport.Region;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Memory lent for one memtable: its owner may write it until it submits a job on it, the workers that are given the job
 * may read it. Used by the memnode's control thread.
 *
 * <p>Invariant: each exposure made is withdrawn or its connection gone before the memory goes back to the pool; the
 * transport counts that.
 */
final class Grant {
    private final Owner owner;
    private final List<Region> regions;
    private final Exposure written;
    private final Map<Long, Exposure> readers = new HashMap<>();

    /** Some regions as one peer sees them. */
    private record Exposure(Connection connection, List<RemoteRegion> descriptors) {
        void withdraw() {
            for (RemoteRegion descriptor : descriptors) {
                var unused = connection.revoke(descriptor);
            }
        }
    }

    /** Exposes the regions, which become the grant's, to their writer; where that fails they stay the caller's. */
    Grant(Owner owner, List<Region> regions, Connection writer) throws TransportException {
        this.owner = owner;
        this.regions = regions;
        this.written = expose(writer, Access.WRITE);
    }

    Owner owner() {
        return owner;
    }

    List<RemoteRegion> writable() {
        return written.descriptors;
    }

    /**
     * It is whole: its owner writes it no more. Else a late write, or a hostile one, would change bytes while a worker
     * reads them, and a checksum that is wrong for that ends the worker's connection, with the reads of other jobs on it.
     */
    void seal() {
        written.withdraw();
    }

    /** Lets a worker read it, for an assignment. */
    List<RemoteRegion> exposeTo(long assignmentId, Connection reader) throws TransportException {
        Exposure exposure = expose(reader, Access.READ);
        withdraw(assignmentId);
        readers.put(assignmentId, exposure);
        return exposure.descriptors;
    }

    /** Ends what {@link #exposeTo} allowed. */
    void withdraw(long assignmentId) {
        Exposure exposure = readers.remove(assignmentId);
        if (exposure != null) {
            exposure.withdraw();
        }
    }

    /** Gives the memory back, as soon as no peer can touch it any more. */
    void release() {
        written.withdraw();
        readers.values().forEach(Exposure::withdraw);
        readers.clear();
        regions.forEach(Region::release);
    }

    private Exposure expose(Connection connection, Access access) throws TransportException {
        List<RemoteRegion> descriptors = new ArrayList<>(regions.size());
        Exposure exposure = new Exposure(connection, descriptors);
        boolean whole = false;
        try {
            for (Region region : regions) {
                descriptors.add(connection.expose(region, access));
            }
            whole = true;
            return exposure;
        } finally {
            if (!whole) {
                exposure.withdraw();
            }
        }
    }
}
