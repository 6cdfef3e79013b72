// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.address;
import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static io.sluice.flush.scenario.Cluster.workerSettings;
import static io.sluice.flush.scenario.Stores.builders;
import static io.sluice.flush.scenario.Stores.bytes;
import static io.sluice.flush.scenario.Stores.check;
import static io.sluice.flush.scenario.Stores.fill;
import static io.sluice.flush.scenario.Stores.flush;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.flush.generator.FallbackReason;
import io.sluice.flush.memnode.Memnode;
import io.sluice.flush.worker.Worker;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.ReadOptions;
import io.sluice.store.Snapshot;
import io.sluice.store.Store;
import io.sluice.store.StoreIterator;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.StoreException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The way of one memtable, where nothing fails. */
class RemoteFlushTest extends FlushScenario {
    @Test
    @Tag("A5")
    void shouldReadBackWhatAWorkerBuilt() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        worker("w1", memnode);
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(address(memnode))));
        try (Store store = open(generator)) {
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "key", 2000);
            flush(store);
            check(store, family, "key", 2000);
            assertThat(builders(store, family)).containsExactly("w1");
            awaitRemoteFlushes(generator, 1);
            assertThat(generator.remote().statistics().workerJobs()).containsExactlyEntriesOf(Map.of("w1", 1L));
            assertThat(generator.remote().statistics().bytesShipped()).isPositive();
            await().atMost(Duration.ofSeconds(5))
                    .until(() -> memnode.role().status().get().inUse() == 0);
        }
        try (Store store = Stores.open(generator, directory)) {
            check(store, store.defaultColumnFamily(), "key", 2000);
        }
    }

    @Test
    @Tag("A16")
    void shouldKeepWhatSnapshotsSeeInTheTableAWorkerBuilds() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 8 * MIB);
        cluster.worker("w1", memnode);
        awaitWorkers(memnode, 1);
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(address(memnode))));
        ColumnFamilyOptions merging = ColumnFamilyOptions.builder()
                .mergeOperator(MergeOperators.stringAppend())
                .build();
        List<ColumnFamilyDescriptor> families = List.of(Stores.family("default", merging));
        try (Store store = Store.open(Stores.options(generator).build(), directory, families)) {
            awaitMemnodes(generator, 1);
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "key", 500);
            store.merge(bytes("key7"), bytes("more"));
            try (Snapshot before = store.snapshot()) {
                for (int i = 0; i < 500; i += 3) {
                    store.delete(bytes("key" + i));
                }
                store.put(bytes("key1"), bytes("over"));
                store.merge(bytes("key7"), bytes("and more"));
                store.deleteRange(bytes("key4"), bytes("key5"));
                flush(store);
                assertThat(builders(store, family)).containsExactly("w1");
                ReadOptions old = ReadOptions.builder().snapshot(before).build();
                for (int i = 0; i < 500; i++) {
                    String expected = "value of key" + i + (i == 7 ? ",more" : "");
                    assertThat(store.get(family, old, bytes("key" + i))).isEqualTo(bytes(expected));
                }
                int seen = 0;
                try (StoreIterator iterator = store.newIterator(family, old)) {
                    for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                        seen++;
                    }
                }
                assertThat(seen).isEqualTo(500);
                assertThat(store.get(bytes("key1"))).isEqualTo(bytes("over"));
                assertThat(store.get(bytes("key3"))).isNull();
                assertThat(store.get(bytes("key47"))).isNull();
                assertThat(store.get(bytes("key7"))).isEqualTo(bytes("value of key7,more,and more"));
            }
        }
    }

    @Test
    @Tag("A7")
    void shouldFlushAColumnFamilyRemotelyWithinItsDeadline() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        Gate gate = new Gate();
        worker("w1", gate.holdingTables(), memnode);
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(address(memnode))));
        try (Store store = open(generator)) {
            ColumnFamilyHandle family = store.createColumnFamily(Stores.family("a", ColumnFamilyOptions.DEFAULT));
            fill(store, family, "key", 10);
            FlushOptions soon =
                    FlushOptions.builder().timeout(Duration.ofMillis(300)).build();
            assertThatThrownBy(() -> store.flush(soon, family))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.TIMED_OUT));
            gate.open();
            flush(store, family);
            assertThat(builders(store, family)).containsExactly("w1");
        }
    }

    @Test
    @Tag("A2")
    void shouldConvergeWhateverStartsFirstAndAfterRestarts() throws Exception {
        int port;
        try (Cluster probe = new Cluster()) {
            port = probe.memnode("probe", MIB).role().address().getPort();
        }
        String address = "127.0.0.1:" + port;
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(address)));
        try (Store store = Stores.open(generator, directory)) {
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "none", 10);
            flush(store);
            assertThat(generator.remote().statistics().localFlushes()).containsKey(FallbackReason.NO_MEMNODE);

            Cluster.Running<Worker> worker = cluster.worker(workerSettings("w1", List.of(address)), STORAGES, 8 * MIB);
            Cluster.Running<Memnode> memnode = cluster.memnode("m1", 8 * MIB, port);
            awaitWorkers(memnode, 1);
            awaitMemnodes(generator, 1);
            fill(store, family, "first", 10);
            flush(store);
            awaitRemoteFlushes(generator, 1);

            memnode.kill();
            awaitMemnodes(generator, 0);
            Cluster.Running<Memnode> again = cluster.memnode("m1", 8 * MIB, port);
            awaitWorkers(again, 1);
            awaitMemnodes(generator, 1);
            fill(store, family, "second", 10);
            flush(store);
            awaitRemoteFlushes(generator, 2);

            worker.kill();
            awaitWorkers(again, 0);
            cluster.worker(workerSettings("w1", List.of(address)), STORAGES, 8 * MIB);
            awaitWorkers(again, 1);
            fill(store, family, "third", 10);
            flush(store);
            awaitRemoteFlushes(generator, 3);
            for (String prefix : List.of("none", "first", "second", "third")) {
                check(store, family, prefix, 10);
            }
        }
    }

    @Test
    @Tag("A3")
    @Tag("A4")
    void shouldSwitchRemoteFlushWhileRunningAndByColumnFamily() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        worker("w1", memnode);
        Cluster.Generator generator =
                cluster.generator(generatorSettings(List.of(address(memnode))).withEnabled(false));
        List<ColumnFamilyDescriptor> families = List.of(
                Stores.family("remote", ColumnFamilyOptions.DEFAULT),
                Stores.family(
                        "local",
                        ColumnFamilyOptions.builder().remoteFlush(false).build()));
        try (Store store = Store.open(Stores.options(generator).build(), directory, families)) {
            awaitMemnodes(generator, 1);
            ColumnFamilyHandle remote = java.util.Objects.requireNonNull(store.columnFamily("remote"));
            ColumnFamilyHandle local = java.util.Objects.requireNonNull(store.columnFamily("local"));
            fill(store, remote, "off", 10);
            flush(store, remote);
            assertThat(builders(store, remote)).containsExactly("local");
            assertThat(generator.remote().statistics().localFlushes())
                    .containsExactlyEntriesOf(Map.of(FallbackReason.SWITCHED_OFF, 1L));

            generator.remote().setEnabled(true);
            fill(store, remote, "on", 10);
            fill(store, local, "on", 10);
            flush(store, remote, local);
            awaitIdle(memnode);
            assertThat(builders(store, remote)).containsExactly("local", "w1");
            assertThat(builders(store, local)).containsExactly("local");

            store.setOptions(local, Map.of("remote_flush", "true"));
            store.setOptions(remote, Map.of("remote_flush", "false"));
            fill(store, local, "swapped", 10);
            fill(store, remote, "swapped", 10);
            flush(store, remote, local);
            assertThat(builders(store, local)).containsExactly("local", "w1");
            awaitRemoteFlushes(generator, 2);
            check(store, remote, "off", 10);
            check(store, remote, "on", 10);
            check(store, local, "on", 10);
            check(store, local, "swapped", 10);
        }
    }

    @Test
    @Tag("A8")
    @Tag("A9")
    void shouldShareTenColumnFamiliesOfTenWritersAmongWorkers() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 24 * MIB);
        worker("w1", memnode);
        worker("w2", memnode);
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(address(memnode))));
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        ColumnFamilyOptions small = ColumnFamilyOptions.builder()
                .writeBufferSize(128 * 1024)
                .disableAutoCompactions(true)
                .maxWriteBufferNumber(4)
                .build();
        for (int i = 0; i < 10; i++) {
            families.add(Stores.family("family" + i, small));
        }
        ExecutorService writers = Executors.newFixedThreadPool(10);
        try (Store store =
                Store.open(Stores.options(generator).maxBackgroundFlushes(2).build(), directory, families)) {
            awaitMemnodes(generator, 1);
            List<ColumnFamilyHandle> handles = Stores.all(store);
            List<CompletableFuture<Void>> done = new ArrayList<>();
            for (int w = 0; w < 10; w++) {
                String prefix = "writer" + w + "-";
                done.add(CompletableFuture.runAsync(
                        () -> {
                            try {
                                for (ColumnFamilyHandle family : handles) {
                                    fill(store, family, prefix, 300);
                                }
                            } catch (StoreException e) {
                                throw new IllegalStateException(e);
                            }
                        },
                        writers));
            }
            CompletableFuture.allOf(done.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
            flush(store, handles.toArray(ColumnFamilyHandle[]::new));
            for (ColumnFamilyHandle family : handles) {
                for (int w = 0; w < 10; w++) {
                    check(store, family, "writer" + w + "-", 300);
                }
            }
            Map<String, Long> installed = store.statistics().flushesByBuilder();
            Map<String, Long> built = generator.remote().statistics().workerJobs();
            assertThat(built.keySet()).containsExactlyInAnyOrder("w1", "w2");
            assertThat(installed).containsAllEntriesOf(built);
            int tables = 0;
            for (ColumnFamilyHandle family : handles) {
                tables += store.propertiesOfAllTables(family).size();
            }
            assertThat((long) tables).isEqualTo(store.statistics().flushesCompleted());
        } finally {
            writers.shutdownNow();
        }
    }

    @Test
    @Tag("A26")
    void shouldFlushHereWhereEveryWorkerHasMoreLoad() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        Gate gate = new Gate();
        worker("w1", gate.holdingTables(), memnode);
        worker("w2", gate.holdingTables(), memnode);
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(address(memnode))));
        FlushOptions begin = FlushOptions.builder().waitForFlush(false).build();
        try (Store store = open(generator)) {
            List<ColumnFamilyHandle> families = new ArrayList<>();
            for (String name : List.of("a", "b", "c", "d", "e")) {
                families.add(store.createColumnFamily(Stores.family(name, ColumnFamilyOptions.DEFAULT)));
                fill(store, families.get(families.size() - 1), name, 50);
            }
            // None and one job on a worker are not above the generator's none and this flush; two are, where both have
            // them.
            for (int jobs = 1; jobs <= 4; jobs++) {
                store.flush(begin, families.get(jobs - 1));
                int expected = jobs;
                await().atMost(Duration.ofSeconds(20))
                        .until(() ->
                                memnode.role().status().get().counters().getOrDefault("jobs_assigned", 0L) == expected);
            }
            flush(store, families.get(4));
            assertThat(generator.remote().statistics().localFlushes())
                    .containsExactlyEntriesOf(Map.of(FallbackReason.GENERATOR_LESS_LOADED, 1L));
            gate.open();
            flush(store, families.toArray(ColumnFamilyHandle[]::new));
            awaitRemoteFlushes(generator, 4);
            assertThat(generator.remote().statistics().workerJobs())
                    .containsExactlyInAnyOrderEntriesOf(Map.of("w1", 2L, "w2", 2L));
            assertThat(builders(store, families.get(4))).containsExactly("local");
            for (ColumnFamilyHandle family : families) {
                check(store, family, family.name(), 50);
            }
        }
    }

    @Test
    @Tag("A11")
    void shouldNotMixGeneratorsWhoseIdsAreEqual() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        worker("w1", memnode);
        Path original = directory.resolve("original");
        Path copy = directory.resolve("copy");
        Cluster.Generator first = cluster.generator(generatorSettings(List.of(address(memnode))));
        Cluster.Generator second = cluster.generator(generatorSettings(List.of(address(memnode))));
        Stores.open(first, original).close();
        copyTree(original, copy);
        try (Store a = Stores.open(first, original);
                Store b = Stores.open(second, copy)) {
            awaitMemnodes(first, 1);
            awaitMemnodes(second, 1);
            assertThat(a.identity()).isEqualTo(b.identity());
            for (int round = 0; round < 3; round++) {
                fill(a, a.defaultColumnFamily(), "a" + round, 200);
                fill(b, b.defaultColumnFamily(), "b" + round, 200);
                CompletableFuture<Void> other = CompletableFuture.runAsync(() -> {
                    try {
                        flush(b);
                    } catch (StoreException e) {
                        throw new IllegalStateException(e);
                    }
                });
                flush(a);
                other.get(20, TimeUnit.SECONDS);
                awaitIdle(memnode);
            }
            for (int round = 0; round < 3; round++) {
                check(a, a.defaultColumnFamily(), "a" + round, 200);
                check(b, b.defaultColumnFamily(), "b" + round, 200);
                assertThat(a.get(Stores.bytes("b" + round + "0"))).isNull();
                assertThat(b.get(Stores.bytes("a" + round + "0"))).isNull();
            }
            awaitRemoteFlushes(first, 3);
            awaitRemoteFlushes(second, 3);
        }
    }

    private static void copyTree(Path from, Path to) throws Exception {
        try (var paths = java.nio.file.Files.walk(from)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Path target = to.resolve(from.relativize(path).toString());
                if (java.nio.file.Files.isDirectory(path)) {
                    java.nio.file.Files.createDirectories(target);
                } else {
                    java.nio.file.Files.copy(path, target);
                }
            }
        }
    }

    @Test
    @Tag("A41")
    void shouldTakeMemnodesWorkersAndTheSwitchOnline() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        Cluster.Running<Worker> worker =
                cluster.worker(workerSettings("w1", List.of()).withListen(Cluster.loopback(0)), STORAGES, 8 * MIB);
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of()));
        AtomicReference<FallbackReason> last = new AtomicReference<>();
        generator.remote().onAttempt(report -> last.set(report.failure()));
        try (Store store = Stores.open(generator, directory)) {
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "a", 10);
            flush(store);
            assertThat(last.get()).isEqualTo(FallbackReason.NO_MEMNODE);

            String workerAddress = io.sluice.flush.protocol.Addresses.format(
                    java.util.Objects.requireNonNull(worker.role().address()));
            memnode.role().addWorker(workerAddress).get(10, TimeUnit.SECONDS);
            memnode.role()
                    .addGenerator(io.sluice.flush.protocol.Addresses.format(
                            generator.remote().address()))
                    .get(10, TimeUnit.SECONDS);
            awaitWorkers(memnode, 1);
            awaitMemnodes(generator, 1);
            fill(store, family, "b", 10);
            flush(store);
            assertThat(builders(store, family)).containsExactly("local", "w1");

            memnode.role().removeWorker("w1").get(10, TimeUnit.SECONDS);
            fill(store, family, "c", 10);
            flush(store);
            assertThat(last.get()).isEqualTo(FallbackReason.NO_WORKER);
            memnode.role().addWorker(workerAddress).get(10, TimeUnit.SECONDS);
            generator.remote().removeMemnode(address(memnode));
            awaitMemnodes(generator, 0);
            generator.remote().addMemnode(address(memnode));
            awaitMemnodes(generator, 1);
            fill(store, family, "d", 10);
            flush(store);
            awaitRemoteFlushes(generator, 2);

            generator.remote().setEnabled(false);
            assertThat(generator.remote().isEnabled()).isFalse();
            fill(store, family, "e", 10);
            flush(store);
            generator.remote().setEnabled(true);
            store.setDBOptions(Map.of("remote_flush", "false"));
            fill(store, family, "f", 10);
            flush(store);
            assertThat(generator.remote().statistics().localFlushes())
                    .as("the process's own switch; the store's is not asked for a reason")
                    .containsEntry(FallbackReason.SWITCHED_OFF, 1L);
            awaitRemoteFlushes(generator, 2);
            store.setDBOptions(Map.of("remote_flush", "true"));
            fill(store, family, "g", 10);
            flush(store);
            awaitRemoteFlushes(generator, 3);

            worker.role().removeMemnode(address(memnode));
            awaitWorkers(memnode, 0);
            fill(store, family, "h", 10);
            flush(store);
            assertThat(last.get()).isEqualTo(FallbackReason.NO_WORKER);
            worker.role().addMemnode(address(memnode));
            awaitWorkers(memnode, 1);
            fill(store, family, "i", 10);
            flush(store);
            awaitRemoteFlushes(generator, 4);
            for (String prefix : List.of("a", "b", "c", "d", "e", "f", "g", "h", "i")) {
                check(store, family, prefix, 10);
            }
        }
    }
}
