// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

/**
 * What a class of peers may do over RDMA, and with which memory: hardware checks that and no more, for each slab, whatever
 * is exposed to a peer.
 *
 * @param access to the memory
 * @param part of the {@link RegionPool}, from 0, or {@link #ALL}. A connection with such a peer moves this part's memory
 *     only
 */
public record PeerClass(Access access, int part) {
    /** All parts of the pool. */
    public static final int ALL = -1;

    /** Checks the part. */
    public PeerClass {
        if (part < ALL) {
            throw new IllegalArgumentException("part=" + part + ", expected -1, for all, or more");
        }
    }

    /** A right to all of the pool. */
    public static PeerClass of(Access access) {
        return new PeerClass(access, ALL);
    }

    /** Whether a part is among what it is for. */
    public boolean has(int otherPart) {
        return part == ALL || part == otherPart;
    }

    /** The first of the slabs that it is for. */
    public int firstSlab(RegionPool pool) {
        return part == ALL ? 0 : part * pool.slabsPerPart();
    }

    /** How many slabs it is for, one behind the other. */
    public int slabCount(RegionPool pool) {
        return part == ALL ? pool.slabCount() : pool.slabsPerPart();
    }

    @Override
    public String toString() {
        return part == ALL ? access.toString() : access + " of part " + part;
    }
}
