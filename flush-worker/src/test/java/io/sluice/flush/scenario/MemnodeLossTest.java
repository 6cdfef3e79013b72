// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.address;
import static io.sluice.flush.scenario.Cluster.addresses;
import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static io.sluice.flush.scenario.Cluster.workerSettings;
import static io.sluice.flush.scenario.Stores.builders;
import static io.sluice.flush.scenario.Stores.check;
import static io.sluice.flush.scenario.Stores.fill;
import static io.sluice.flush.scenario.Stores.flush;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.flush.generator.FallbackReason;
import io.sluice.flush.memnode.Memnode;
import io.sluice.flush.protocol.NameLookup;
import io.sluice.flush.worker.Worker;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.Store;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A memnode or worker that is killed while the blocks of a memtable are on their way through it. */
class MemnodeLossTest extends FlushScenario {
    /** Entries of a memtable of several blocks. */
    private static final int SEVERAL_BLOCKS = 5000;

    private final CompletableFuture<Void> killed = new CompletableFuture<>();

    /** Ends a role at the second of several blocks. */
    private Tap.Before killingAtTheSecond(Runnable kill) {
        return number -> {
            if (number == 2) {
                kill.run();
                killed.complete(null);
            }
            return true;
        };
    }

    /** Flushes while somebody is killed, and goes on writing. */
    private void flushAndWriteOn(Store store) throws Exception {
        ColumnFamilyHandle family = store.defaultColumnFamily();
        fill(store, family, "key", SEVERAL_BLOCKS);
        CompletableFuture<Void> flush = flushing(store);
        killed.get(20, TimeUnit.SECONDS);
        fill(store, family, "meanwhile", 500);
        awaitDone(flush);
        fill(store, family, "after", 500);
        flush(store);
        check(store, family, "key", SEVERAL_BLOCKS);
        check(store, family, "meanwhile", 500);
        check(store, family, "after", 500);
    }

    @Test
    @Tag("A31")
    void shouldGoThroughAnotherMemnodeWhenOneDiesWhileItIsShippedTo() throws Exception {
        Cluster.Running<Memnode> doomed = cluster.memnode("doomed", 16 * MIB);
        Cluster.Running<Memnode> heir = memnode("heir");
        worker("w1", STORAGES, List.of(doomed, heir));
        Cluster.Generator generator = watched(cluster.generator(
                generatorSettings(addresses(List.of(doomed, heir))),
                transport -> Tap.onWrites(transport, killingAtTheSecond(doomed::kill)),
                NameLookup.SYSTEM));
        try (Store store = Stores.open(generator, directory)) {
            awaitMemnodes(generator, 2);
            flushAndWriteOn(store);
            assertThat(reports).first().satisfies(report -> {
                assertThat(report.memnode()).isEqualTo("doomed");
                assertThat(report.failure()).isEqualTo(FallbackReason.MEMNODE_LOST);
            });
            awaitRemoteFlushes(generator, 2);
            assertThat(builders(store, store.defaultColumnFamily())).containsExactly("w1");
        }
    }

    @Test
    @Tag("A31")
    void shouldFlushHereWhenTheOnlyMemnodeDiesWhileItIsShippedTo() throws Exception {
        Cluster.Running<Memnode> doomed = memnode("doomed");
        worker("w1", doomed);
        Cluster.Generator generator = watched(cluster.generator(
                generatorSettings(List.of(address(doomed))),
                transport -> Tap.onWrites(transport, killingAtTheSecond(doomed::kill)),
                NameLookup.SYSTEM));
        try (Store store = open(generator)) {
            flushAndWriteOn(store);
            assertThat(generator.remote().statistics().localFlushes()).containsEntry(FallbackReason.MEMNODE_LOST, 1L);
            assertThat(builders(store, store.defaultColumnFamily())).containsExactly("local");
        }
    }

    @Test
    @Tag("A31")
    void shouldGoThroughAnotherMemnodeWhenOneDiesWhileAWorkerReads() throws Exception {
        Cluster.Running<Memnode> doomed = cluster.memnode("doomed", 16 * MIB);
        Cluster.Running<Memnode> heir = memnode("heir");
        cluster.worker(
                workerSettings("w1", addresses(List.of(doomed, heir))),
                STORAGES,
                8 * MIB,
                transport -> Tap.onReads(transport, killingAtTheSecond(doomed::kill)));
        awaitWorkers(doomed, 1);
        awaitWorkers(heir, 1);
        Cluster.Generator generator = generator(generatorSettings(addresses(List.of(doomed, heir))));
        try (Store store = Stores.open(generator, directory)) {
            awaitMemnodes(generator, 2);
            flushAndWriteOn(store);
            assertThat(reports).first().satisfies(report -> {
                assertThat(report.memnode()).isEqualTo("doomed");
                assertThat(report.failure()).isEqualTo(FallbackReason.MEMNODE_LOST);
            });
            awaitRemoteFlushes(generator, 2);
            assertThat(builders(store, store.defaultColumnFamily())).containsExactly("w1");
        }
    }

    @Test
    @Tag("A31")
    void shouldFlushHereWhenTheOnlyMemnodeDiesWhileAWorkerReads() throws Exception {
        Cluster.Running<Memnode> doomed = memnode("doomed");
        cluster.worker(
                workerSettings("w1", List.of(address(doomed))),
                STORAGES,
                8 * MIB,
                transport -> Tap.onReads(transport, killingAtTheSecond(doomed::kill)));
        awaitWorkers(doomed, 1);
        Cluster.Generator generator = generator(generatorSettings(List.of(address(doomed))));
        try (Store store = open(generator)) {
            flushAndWriteOn(store);
            assertThat(generator.remote().statistics().localFlushes()).containsEntry(FallbackReason.MEMNODE_LOST, 1L);
            assertThat(builders(store, store.defaultColumnFamily())).containsExactly("local");
        }
    }

    @Test
    @Tag("A30")
    void shouldCompleteElsewhereWhenAWorkerDiesWhileItReads() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        CompletableFuture<Cluster.Running<Worker>> self = new CompletableFuture<>();
        self.complete(cluster.worker(
                workerSettings("doomed", List.of(address(memnode))),
                STORAGES,
                8 * MIB,
                transport -> Tap.onReads(transport, number -> {
                    if (number == 2) {
                        new Thread(() -> self.join().kill(), "killer").start();
                        killed.complete(null);
                    }
                    return number < 2; // it dies with the others under way
                })));
        awaitWorkers(memnode, 1);
        worker("heir", memnode);
        Cluster.Generator generator = generator(generatorSettings(List.of(address(memnode))));
        try (Store store = open(generator)) {
            flushAndWriteOn(store);
            assertThat(reports).first().satisfies(report -> {
                assertThat(report.worker()).isEqualTo("doomed");
                assertThat(report.failure()).isEqualTo(FallbackReason.WORKER_LOST);
            });
            assertThat(builders(store, store.defaultColumnFamily())).containsExactly("heir");
            assertThat(generator.remote().statistics().localFlushes()).isEmpty();
        }
    }
}
