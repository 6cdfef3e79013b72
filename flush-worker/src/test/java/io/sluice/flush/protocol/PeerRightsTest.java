// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.Access;
import io.sluice.transport.PeerClass;
import io.sluice.transport.PeerIdentity;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RdmaSettings.Policy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What each role may do with the whole pool of another over RDMA. */
@Tag("T8")
class PeerRightsTest {
    private static final RdmaSettings ANY = RdmaSettings.of(Policy.PREFER);

    private static PeerIdentity peer(String role) {
        return new PeerIdentity(role, "any", new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
    }

    @Test
    void shouldLetGeneratorsOnlyWriteAMemnodesMemoryAndWorkersOnlyReadIt() {
        RdmaSettings memnode = PeerRights.ofMemnode(ANY, List.of());
        assertThat(memnode.classOf().apply(peer(PeerRights.GENERATOR))).isEqualTo(PeerClass.of(Access.WRITE));
        assertThat(memnode.classOf().apply(peer(PeerRights.WORKER))).isEqualTo(PeerClass.of(Access.READ));
        for (String role : List.of(PeerRights.MEMNODE, "Generator", "stranger")) {
            assertThat(memnode.classOf().apply(peer(role))).as(role).isEqualTo(PeerClass.of(Access.NONE));
        }
        assertThat(memnode.classes()).containsExactlyInAnyOrder(PeerClass.of(Access.READ), PeerClass.of(Access.WRITE));
    }

    @Test
    void shouldLetNobodyReachTheMemoryOfAGeneratorOrWorker() {
        RdmaSettings client = PeerRights.ofClient(ANY);
        for (String role : List.of(PeerRights.GENERATOR, PeerRights.WORKER, PeerRights.MEMNODE, "stranger")) {
            assertThat(client.classOf().apply(peer(role))).as(role).isEqualTo(PeerClass.of(Access.NONE));
        }
        assertThat(client.classes()).containsExactly(PeerClass.of(Access.NONE));
    }

    @Test
    void shouldLetEachTenantWriteItsPartOnlyAndWorkersReadAll() {
        RdmaSettings memnode = PeerRights.ofMemnode(ANY, List.of("sales", "ads"));
        assertThat(memnode.classOf().apply(generator("sales"))).isEqualTo(new PeerClass(Access.WRITE, 1));
        assertThat(memnode.classOf().apply(generator("ads"))).isEqualTo(new PeerClass(Access.WRITE, 2));
        for (String name : List.of("others", "Sales", "sales ")) {
            assertThat(memnode.classOf().apply(generator(name))).as(name).isEqualTo(new PeerClass(Access.WRITE, 0));
        }
        assertThat(memnode.classOf().apply(peer(PeerRights.WORKER))).isEqualTo(PeerClass.of(Access.READ));
        assertThat(memnode.classes())
                .containsExactlyInAnyOrder(
                        PeerClass.of(Access.READ),
                        new PeerClass(Access.WRITE, 0),
                        new PeerClass(Access.WRITE, 1),
                        new PeerClass(Access.WRITE, 2));
    }

    private static PeerIdentity generator(String name) {
        return new PeerIdentity(PeerRights.GENERATOR, name, new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
    }
}
