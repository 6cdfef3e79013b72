// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import static io.sluice.flush.memnode.PlayedCluster.CHUNK;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.flush.memnode.PlayedCluster.Peer;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.Allocate;
import io.sluice.flush.protocol.FlushMessage.Granted;
import io.sluice.flush.protocol.FlushMessage.Heartbeat;
import io.sluice.flush.protocol.FlushMessage.HeartbeatAck;
import io.sluice.flush.protocol.FlushMessage.RegisterGenerator;
import io.sluice.flush.protocol.FlushMessage.Registered;
import io.sluice.flush.protocol.FlushMessage.Release;
import io.sluice.flush.protocol.PeerRights;
import io.sluice.flush.protocol.RefusalReason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A memnode lends what it has and no more, and says Busy beyond. */
class MemoryBoundTest {
    private static final int CHUNKS = 16;

    private PlayedCluster cluster;

    @BeforeEach
    void open() throws Exception {
        cluster = new PlayedCluster(CHUNKS);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    @Tag("A13")
    void shouldLendUpToItsCapacityAndSayBusyBeyond() throws Exception {
        Peer one = cluster.generator("one");
        Peer two = cluster.generator("two");
        for (int i = 0; i < CHUNKS / 2; i++) {
            one.call(new Allocate(i, List.of(CHUNK)), Granted.class);
            two.call(new Allocate(i, List.of(1)), Granted.class);
        }
        assertThat(cluster.control.status().inUse())
                .isEqualTo(cluster.control.status().capacity());
        assertThat(cluster.pool.inUse()).isEqualTo((long) CHUNKS * CHUNK);
        assertThat(one.refusalOf(new Allocate(100, List.of(1)))).isEqualTo(RefusalReason.BUSY);
        assertThat(two.refusalOf(new Allocate(100, List.of(CHUNK, CHUNK)))).isEqualTo(RefusalReason.BUSY);
        assertThat(one.call(new Heartbeat(0, 0, 0), HeartbeatAck.class).free()).isZero();

        one.call(new Release(3), Ack.class);
        cluster.settle();
        assertThat(one.call(new Heartbeat(0, 0, 0), HeartbeatAck.class).free()).isEqualTo(CHUNK);
        assertThat(two.refusalOf(new Allocate(100, List.of(CHUNK, CHUNK))))
                .as("a part of it fits, and is given back")
                .isEqualTo(RefusalReason.BUSY);
        assertThat(cluster.pool.inUse()).isEqualTo((long) (CHUNKS - 1) * CHUNK);
        assertThat(two.call(new Allocate(100, List.of(CHUNK)), Granted.class).regions())
                .hasSize(1);
    }

    @Test
    @Tag("T8")
    void shouldLendATenantItsOwnPartOnly() throws Exception {
        cluster.close();
        cluster = new PlayedCluster(CHUNKS, PlayedCluster.SETTINGS.withTenants(List.of("another", PlayedCluster.PEER)));
        long part = cluster.pool.partCapacity();
        assertThat(part).isEqualTo(6 * CHUNK);
        Peer tenant = cluster.connect(PeerRights.GENERATOR);
        Registered registered = tenant.call(new RegisterGenerator("db", 1, 1), Registered.class);
        assertThat(registered.capacity()).isEqualTo(part);
        assertThat(registered.free()).isEqualTo(part);
        assertThat(tenant.refusalOf(new Allocate(1, Collections.nCopies(7, CHUNK))))
                .isEqualTo(RefusalReason.INVALID);
        tenant.call(new Allocate(1, Collections.nCopies(6, CHUNK)), Granted.class);
        assertThat(tenant.refusalOf(new Allocate(2, List.of(1)))).isEqualTo(RefusalReason.BUSY);
        assertThat(tenant.call(new Heartbeat(0, 0, 0), HeartbeatAck.class).free())
                .isZero();
        assertThat(cluster.pool.inUse(2)).isEqualTo(part);
        assertThat(cluster.pool.inUse()).isEqualTo(part);
    }

    @Test
    @Tag("A13")
    void shouldRefuseWhatItCanNeverLend() throws Exception {
        Peer one = cluster.generator("one");
        List<Integer> tooMany = new ArrayList<>();
        for (int i = 0; i <= CHUNKS; i++) {
            tooMany.add(CHUNK);
        }
        assertThat(one.refusalOf(new Allocate(1, tooMany))).isEqualTo(RefusalReason.INVALID);
        assertThat(one.refusalOf(new Allocate(1, List.of(Integer.MAX_VALUE, Integer.MAX_VALUE))))
                .isEqualTo(RefusalReason.INVALID);
        assertThat(one.refusalOf(new Allocate(1, List.of()))).isEqualTo(RefusalReason.INVALID);
        one.call(new Allocate(1, List.of(CHUNK)), Granted.class);
        assertThat(one.refusalOf(new Allocate(1, List.of(CHUNK)))).isEqualTo(RefusalReason.INVALID);
        assertThat(cluster.pool.inUse()).isEqualTo(CHUNK);
    }

    @Test
    @Tag("A13")
    void shouldHoldItsBoundWhateverComes() throws Exception {
        long seed = 20260722;
        Random random = new Random(seed);
        Peer one = cluster.generator("one");
        Deque<Long> held = new ArrayDeque<>();
        int busy = 0;
        for (long id = 0; id < 500; id++) {
            List<Integer> lengths = new ArrayList<>();
            for (int n = 1 + random.nextInt(4); n > 0; n--) {
                lengths.add(1 + random.nextInt(2 * CHUNK));
            }
            RefusalReason refusal = one.refusalOf(new Allocate(id, lengths));
            if (refusal == null) {
                held.add(id);
            } else {
                assertThat(refusal).as("seed " + seed).isEqualTo(RefusalReason.BUSY);
                busy++;
                one.call(new Release(held.remove()), Ack.class);
                cluster.settle();
            }
            assertThat(cluster.pool.inUse()).as("seed " + seed).isLessThanOrEqualTo((long) CHUNKS * CHUNK);
            assertThat(cluster.control.status().grants()).isEqualTo(held.size());
        }
        assertThat(busy).isPositive();
        for (long id : held) {
            one.call(new Release(id), Ack.class);
        }
        cluster.settle();
        assertThat(cluster.pool.inUse()).isZero();
    }
}
