// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.transport.Access;
import io.sluice.transport.ConnectOptions;
import io.sluice.transport.PeerClass;
import io.sluice.transport.RdmaSettings;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The roles' names to each other, and what each may do with another's memory over RDMA. Hardware knows slabs, not regions:
 * what a peer gets there holds for the whole pool, so it is as little as its role needs.
 */
public final class PeerRights {
    /** The role of a process whose memtables are shipped, as its transport names it. */
    public static final String GENERATOR = "generator";

    /** The role of a memnode. */
    public static final String MEMNODE = "memnode";

    /** The role of a flush worker. */
    public static final String WORKER = "worker";

    private PeerRights() {}

    /**
     * A memnode's settings: generators write their part of its memory and can't read it, workers read all of it and can't
     * write it. With others it has no RDMA.
     *
     * @param tenants generators with parts of their own, by name
     */
    public static RdmaSettings ofMemnode(RdmaSettings settings, List<String> tenants) {
        Set<PeerClass> classes = new HashSet<>();
        classes.add(PeerClass.of(Access.READ));
        for (int part = 0; part <= tenants.size(); part++) {
            classes.add(writing(tenants, part));
        }
        return settings.withClasses(classes, peer -> switch (peer.role()) {
            case GENERATOR -> writing(tenants, partOf(tenants, peer.name()));
            case WORKER -> PeerClass.of(Access.READ);
            default -> PeerClass.of(Access.NONE);
        });
    }

    private static PeerClass writing(List<String> tenants, int part) {
        return tenants.isEmpty() ? PeerClass.of(Access.WRITE) : new PeerClass(Access.WRITE, part);
    }

    /** The part of a memnode's memory that a generator gets: its own, or the first one, with the others. */
    public static int partOf(List<String> tenants, String generator) {
        return tenants.indexOf(generator) + 1;
    }

    /** The settings of a generator or a worker: what moves it moves itself, and nobody reaches its memory. */
    public static RdmaSettings ofClient(RdmaSettings settings) {
        return settings.withAccess(EnumSet.of(Access.NONE), peer -> Access.NONE);
    }

    /** To connect with a memnode, and with nobody else who has the cluster's secret or a certificate. */
    public static ConnectOptions memnode(Duration timeout) {
        return ConnectOptions.DEFAULT.withRoles(MEMNODE).withTimeout(timeout);
    }
}
