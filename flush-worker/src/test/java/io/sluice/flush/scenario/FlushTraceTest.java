// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.address;
import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static io.sluice.flush.scenario.Stores.fill;
import static io.sluice.flush.scenario.Stores.flush;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.flush.generator.FallbackReason;
import io.sluice.flush.generator.FlushTrace;
import io.sluice.flush.memnode.Memnode;
import io.sluice.flush.worker.Worker;
import io.sluice.store.Store;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each flush leaves a trace of its steps, their times, and what carried its data. */
class FlushTraceTest extends FlushScenario {
    private final List<FlushTrace> traces = new CopyOnWriteArrayList<>();

    private FlushTrace nextOf(Store store, int count) throws Exception {
        fill(store, store.defaultColumnFamily(), "key", 2000);
        flush(store);
        await().atMost(SOON).until(() -> traces.size() == count);
        return traces.get(count - 1);
    }

    @Test
    @Tag("A40")
    void shouldTellTheStepsOfARemoteFlushAndOfALocalOne() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        Cluster.Running<Worker> worker = worker("w1", memnode);
        Cluster.Generator generator = generator(generatorSettings(List.of(address(memnode))));
        generator.remote().onFlush(traces::add);
        try (Store store = open(generator)) {
            FlushTrace remote = nextOf(store, 1);
            assertThat(remote.builder()).isEqualTo("w1");
            assertThat(remote.installed()).isTrue();
            assertThat(remote.attempts()).isEqualTo(1);
            assertThat(remote.localReason()).isNull();
            assertThat(remote.memnode()).isEqualTo("m1");
            assertThat(remote.bytesShipped()).isGreaterThan(2000 * 10L);
            assertThat(List.of(
                            0L,
                            remote.placedNanos(),
                            remote.shippedNanos(),
                            remote.builtNanos(),
                            remote.settledNanos()))
                    .isSorted();
            assertNamesTcp(remote, generator, memnode, worker);

            generator.remote().setEnabled(false);
            FlushTrace local = nextOf(store, 2);
            assertThat(local.builder()).isEqualTo(FlushTrace.LOCAL);
            assertThat(local.localReason()).isEqualTo(FallbackReason.SWITCHED_OFF);
            assertThat(local.memnode()).isNull();
            assertThat(local.readBy()).isNull();
            assertThat(List.of(local.placedNanos(), local.shippedNanos())).containsOnly(-1L);
            assertThat(List.of(0L, local.builtNanos(), local.settledNanos())).isSorted();
        }
    }

    /** What everybody says of the way that data took, and why it was not RDMA. */
    private void assertNamesTcp(
            FlushTrace remote,
            Cluster.Generator generator,
            Cluster.Running<Memnode> memnode,
            Cluster.Running<Worker> worker)
            throws Exception {
        assertThat(Objects.requireNonNull(remote.shippedBy()).name()).isEqualTo("tcp");
        assertThat(remote.shippedBy().reason()).isNotBlank();
        assertThat(remote.readBy()).isEqualTo("tcp");
        assertThat(Objects.requireNonNull(reports.peek()).path()).isEqualTo(remote.shippedBy());
        assertThat(generator.remote().paths()).isEqualTo(Map.of("m1", remote.shippedBy()));
        assertThat(generator.remote().statistics().shippedBy()).isEqualTo(Map.of("tcp", remote.bytesShipped()));
        awaitRemoteFlushes(generator, 1);
        assertThat(generator.remote().statistics().readBy()).containsOnlyKeys("tcp");
        assertThat(worker.role().status().paths()).containsOnlyKeys("m1");
        assertThat(memnode.role().status().get().paths().keySet())
                .extracting(peer -> peer.role())
                .containsExactlyInAnyOrder("generator", "worker");
        assertThat(memnode.role().status().get().paths().values())
                .allSatisfy(path -> assertThat(path.isRdma()).isFalse());
    }
}
