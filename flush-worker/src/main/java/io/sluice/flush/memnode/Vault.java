// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import io.sluice.transport.Connection;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.TransportException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The memory that a memnode lends, and what lies in it: a grant stays until its owner releases it, or the owner is given
 * up. Bounded by its pool: where that has no room the answer is null. Used by the memnode's control thread.
 */
final class Vault {
    private final RegionPool pool;
    private final Map<Key, Grant> grants = new HashMap<>();

    /** Grants are numbered by their owners. */
    private record Key(Owner owner, long grantId) {}

    Vault(RegionPool pool) {
        this.pool = pool;
    }

    /**
     * Lends a block for each length.
     *
     * @param grantId the owner's number for it, not in use
     * @param part of the pool, the writer's
     * @return null where the pool has no room now
     * @throws TransportException where the writer's connection is gone
     */
    @Nullable
    Grant tryGrant(Owner owner, long grantId, int part, Connection writer, List<Integer> lengths)
            throws TransportException {
        List<Region> regions = new ArrayList<>(lengths.size());
        boolean granted = false;
        try {
            for (int length : lengths) {
                Region region = pool.tryAcquire(length, part);
                if (region == null) {
                    return null;
                }
                regions.add(region);
            }
            Grant grant = new Grant(owner, regions, writer);
            grants.put(new Key(owner, grantId), grant);
            granted = true;
            return grant;
        } finally {
            if (!granted) {
                regions.forEach(Region::release);
            }
        }
    }

    /** The grant, where it is the owner's. */
    @Nullable
    Grant find(Owner owner, long id) {
        return grants.get(new Key(owner, id));
    }

    /** Gives a grant back; false where the owner has no such. */
    boolean release(Owner owner, long id) {
        Grant grant = grants.remove(new Key(owner, id));
        if (grant == null) {
            return false;
        }
        grant.release();
        return true;
    }

    /** Gives back all that an owner has; how many grants that were. */
    int releaseAll(Owner owner) {
        int count = 0;
        for (Iterator<Grant> it = grants.values().iterator(); it.hasNext(); ) {
            Grant grant = it.next();
            if (grant.owner().equals(owner)) {
                it.remove();
                grant.release();
                count++;
            }
        }
        return count;
    }

    /** Gives back everything. */
    void clear() {
        grants.values().forEach(Grant::release);
        grants.clear();
    }

    int grantCount() {
        return grants.size();
    }

    long free() {
        return pool.capacity() - pool.inUse();
    }

    long capacity() {
        return pool.capacity();
    }

    /** Of one part. */
    long free(int part) {
        return pool.partCapacity() - pool.inUse(part);
    }

    /** Of each part. */
    long partCapacity() {
        return pool.partCapacity();
    }

    int maxBlockLength() {
        return pool.maxRegionLength();
    }
}
