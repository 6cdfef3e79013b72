// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.Access;
import io.sluice.transport.PeerIdentity;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RdmaSettings.Policy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What each role may do with the whole pool of another over RDMA. */
class PeerRightsTest {
    private static final RdmaSettings ANY = RdmaSettings.of(Policy.PREFER);

    private static PeerIdentity peer(String role) {
        return new PeerIdentity(role, "any", new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
    }

    @Test
    void shouldLetGeneratorsOnlyWriteAMemnodesMemoryAndWorkersOnlyReadIt() {
        RdmaSettings memnode = PeerRights.ofMemnode(ANY);
        assertThat(memnode.access().apply(peer(PeerRights.GENERATOR))).isEqualTo(Access.WRITE);
        assertThat(memnode.access().apply(peer(PeerRights.WORKER))).isEqualTo(Access.READ);
        for (String role : List.of(PeerRights.MEMNODE, "Generator", "stranger")) {
            assertThat(memnode.access().apply(peer(role))).as(role).isEqualTo(Access.NONE);
        }
        assertThat(memnode.accesses()).containsExactlyInAnyOrder(Access.READ, Access.WRITE);
    }

    @Test
    void shouldLetNobodyReachTheMemoryOfAGeneratorOrWorker() {
        RdmaSettings client = PeerRights.ofClient(ANY);
        for (String role : List.of(PeerRights.GENERATOR, PeerRights.WORKER, PeerRights.MEMNODE, "stranger")) {
            assertThat(client.access().apply(peer(role))).as(role).isEqualTo(Access.NONE);
        }
        assertThat(client.accesses()).containsExactly(Access.NONE);
    }
}
