// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.address;
import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static io.sluice.flush.scenario.Cluster.workerSettings;
import static io.sluice.flush.scenario.Stores.builders;
import static io.sluice.flush.scenario.Stores.check;
import static io.sluice.flush.scenario.Stores.fill;
import static io.sluice.flush.scenario.Stores.flush;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.flush.generator.AttemptReport;
import io.sluice.flush.generator.FallbackReason;
import io.sluice.flush.memnode.Memnode;
import io.sluice.flush.worker.StorageOpener;
import io.sluice.flush.worker.Worker;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.EventListener;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushInfo;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Fault;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.Storages;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The way of one memtable, where something fails on it. */
class RemoteFlushFailureTest extends FlushScenario {
    /** The engine deletes a job's directory after it has installed the table. */
    private void awaitNoLeftovers() {
        await().atMost(Duration.ofSeconds(10))
                .ignoreExceptionsInstanceOf(UncheckedIOException.class)
                .until(() -> leftovers().isEmpty());
    }

    /** The files left in the store's directory tree, but for the tables that are installed. */
    private List<String> leftovers() throws Exception {
        try (Stream<Path> paths = Files.walk(directory)) {
            return paths.filter(Files::isRegularFile)
                    .map(path -> directory.relativize(path).toString())
                    .filter(name -> name.contains("attempt-") || name.contains("fenced-"))
                    .toList();
        }
    }

    @Test
    @Tag("A30")
    void shouldCompleteElsewhereWhenAWorkerDiesInMidJob() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        Gate gate = new Gate();
        Cluster.Running<Worker> doomed = worker("doomed", gate.holdingTables(), memnode);
        Cluster.Generator generator = generator(generatorSettings(List.of(address(memnode))));
        try (Store store = open(generator)) {
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "key", 500);
            CompletableFuture<Void> flush = flushing(store);
            gate.awaitReached();
            worker("heir", memnode);
            doomed.kill();
            fill(store, family, "meanwhile", 10);
            awaitDone(flush);
            gate.open();
            check(store, family, "key", 500);
            check(store, family, "meanwhile", 10);
            flush(store);
            check(store, family, "key", 500);
            check(store, family, "meanwhile", 10);
            assertThat(builders(store, family)).containsExactly("heir");
            assertThat(reports).anySatisfy(report -> {
                assertThat(report.worker()).isEqualTo("doomed");
                assertThat(report.failure()).isEqualTo(FallbackReason.WORKER_LOST);
            });
        }
    }

    @Test
    @Tag("A21")
    @Tag("A31")
    void shouldGoOnWhenTheMemnodeDiesInMidJob() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        Cluster.Running<Worker> worker = worker("w1", memnode);
        Cluster.Generator generator = generator(generatorSettings(List.of(address(memnode))));
        Gate gate = new Gate();
        try (Store store = open(generator)) {
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "key", 500);
            flush(store);
            awaitRemoteFlushes(generator, 1);
            worker.close();
            awaitWorkers(memnode, 0);
            worker("w2", gate.holdingTables(), memnode);
            fill(store, family, "more", 500);
            CompletableFuture<Void> flush = flushing(store);
            gate.awaitReached();
            memnode.kill();
            fill(store, family, "meanwhile", 500);
            gate.open();
            awaitDone(flush);
            awaitMemnodes(generator, 0);
            flush(store);
            check(store, family, "key", 500);
            check(store, family, "more", 500);
            check(store, family, "meanwhile", 500);
            assertThat(builders(store, family))
                    .as("its result needs no memnode")
                    .contains("w2");
            assertThat(generator.remote().statistics().localFlushes()).containsKey(FallbackReason.NO_MEMNODE);
        }
    }

    @Test
    @Tag("A10")
    void shouldAvoidADeadMemnode() throws Exception {
        Cluster.Running<Memnode> first = cluster.memnode("m1", 16 * MIB);
        Cluster.Running<Memnode> second = cluster.memnode("m2", 8 * MIB);
        List<String> both = Cluster.addresses(List.of(first, second));
        worker("w1", STORAGES, List.of(first, second));
        Cluster.Generator generator = generator(generatorSettings(both));
        try (Store store = Stores.open(generator, directory)) {
            awaitMemnodes(generator, 2);
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "a", 100);
            flush(store);
            first.kill();
            fill(store, family, "b", 100);
            flush(store);
            awaitMemnodes(generator, 1);
            awaitIdle(second);
            fill(store, family, "c", 100);
            flush(store);
            awaitRemoteFlushes(generator, 3);
            assertThat(reports.stream()
                            .filter(report -> report.failure() == null)
                            .map(AttemptReport::memnode))
                    .containsExactly("m1", "m2", "m2");
            for (String prefix : List.of("a", "b", "c")) {
                check(store, family, prefix, 100);
            }
        }
    }

    @Test
    void shouldGoElsewhereOrFlushLocallyWhereAMemnodeIsFull() throws Exception {
        Cluster.Running<Memnode> small = cluster.memnode("small", 2 * Cluster.CHUNK);
        worker("w1", small);
        Cluster.Generator generator = generator(generatorSettings(List.of(address(small))));
        try (Store store = open(generator)) {
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "large", 5000);
            flush(store);
            assertThat(generator.remote().statistics().localFlushes())
                    .containsExactlyEntriesOf(Map.of(FallbackReason.MEMNODE_BUSY, 1L));
            assertThat(small.role().status().get().inUse()).isZero();

            Cluster.Running<Memnode> large = cluster.memnode("large", 8 * MIB);
            worker("w2", large);
            generator.remote().addMemnode(address(large));
            awaitMemnodes(generator, 2);
            fill(store, family, "again", 5000);
            flush(store);
            assertThat(builders(store, family)).containsExactly("local", "w2");
            check(store, family, "large", 5000);
            check(store, family, "again", 5000);
        }
    }

    /** How a worker's disk fails its SST. */
    private enum DiskFailure {
        FULL_AT_CREATE(Operation.CREATE, 1, Fault.NO_SPACE, StoreException.Kind.NO_SPACE),
        FULL_IN_MID_FILE(Operation.APPEND, 3, Fault.NO_SPACE, StoreException.Kind.NO_SPACE),
        SHORT_WRITE_IN_MID_FILE(Operation.APPEND, 3, Fault.SHORT_WRITE, StoreException.Kind.IO),
        SYNC(Operation.SYNC, 1, Fault.ERROR, StoreException.Kind.IO),
        /** The bytes are there, but nobody may count on it. */
        SYNC_TOLD_LATE(Operation.SYNC, 1, Fault.ERROR_AFTER, StoreException.Kind.IO);

        final Operation operation;
        final int number;
        final Fault fault;
        final StoreException.Kind kind;

        DiskFailure(Operation operation, int number, Fault fault, StoreException.Kind kind) {
            this.operation = operation;
            this.number = number;
            this.fault = fault;
            this.kind = kind;
        }

        /** Storages that fail the operation of that number on an SST, as long as {@code broken}. */
        StorageOpener storages(AtomicBoolean broken) {
            AtomicInteger calls = new AtomicInteger();
            return uri -> {
                FaultInjectingStorage storage = new FaultInjectingStorage(Storages.open(uri, Map.of()));
                storage.plan(call -> broken.get()
                                && call.operation() == operation
                                && call.name().endsWith(".sst")
                                && calls.incrementAndGet() == number
                        ? fault
                        : null);
                return storage;
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    @Tag("A33")
    void shouldTellTheWorkersOwnErrorAndKeepTheMemtable(DiskFailure disk) throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        AtomicBoolean broken = new AtomicBoolean(true);
        worker("w1", disk.storages(broken), memnode);
        Cluster.Generator generator =
                generator(generatorSettings(List.of(address(memnode))).withAttempts(1, false));
        CompletableFuture<StoreException> failure = new CompletableFuture<>();
        EventListener listener = new EventListener() {
            @Override
            public void onFlushFailed(FlushInfo info, StoreException cause) {
                failure.complete(cause);
            }
        };
        try (Store store = Store.open(
                Stores.options(generator)
                        .listener(listener)
                        .maxBgErrorResumeCount(0)
                        .build(),
                directory)) {
            awaitMemnodes(generator, 1);
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "key", 5000);
            store.flush(FlushOptions.builder().waitForFlush(false).build());
            StoreException told = failure.get(20, TimeUnit.SECONDS);
            assertThat(told.kind()).isEqualTo(disk.kind);
            assertThat(told.code()).isEqualTo(disk.fault == Fault.NO_SPACE ? "storage.no-space" : "storage.injected");
            assertThat(told).hasMessageContaining(".sst");
            assertThat(reports).first().satisfies(report -> {
                assertThat(report.worker()).isEqualTo("w1");
                assertThat(report.failure()).isEqualTo(FallbackReason.WORKER_ERROR);
            });
            assertThat(store.propertiesOfAllTables(family)).isEmpty();
            check(store, family, "key", 5000);
            broken.set(false);
            store.resume();
            flush(store);
            check(store, family, "key", 5000);
            assertThat(builders(store, family)).containsExactly("w1");
            awaitNoLeftovers();
        }
    }

    @Test
    @Tag("A34")
    void shouldPlaceAgainWhereAWorkerIsBusy() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        // Too little memory for any memtable: it says Busy to each job, and is asked first, for it came first.
        cluster.worker(
                workerSettings("full", List.of(address(memnode))), uri -> Storages.open(uri, Map.of()), Cluster.CHUNK);
        awaitWorkers(memnode, 1);
        worker("free", memnode);
        Cluster.Generator generator = generator(generatorSettings(List.of(address(memnode))));
        try (Store store = open(generator)) {
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "key", 3000);
            flush(store);
            assertThat(builders(store, family)).containsExactly("free");
            assertThat(memnode.role().status().get().counters()).containsEntry("placed_again", 1L);
            check(store, family, "key", 3000);
        }
    }

    @Test
    @Tag("A38")
    void shouldFenceAStalledWorkerWhenWritesAreAboutToStopAndIgnoreItsLateResult() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        Gate gate = new Gate();
        Cluster.Running<Worker> stalled = worker("stalled", gate.holdingTables(), memnode);
        Cluster.Generator generator = generator(generatorSettings(List.of(address(memnode)))
                .withTimes(
                        Duration.ofMillis(100),
                        Duration.ofSeconds(1),
                        Duration.ofMillis(200),
                        Duration.ofSeconds(20),
                        Duration.ofMillis(500)));
        ColumnFamilyOptions small = ColumnFamilyOptions.builder()
                .writeBufferSize(128 * 1024)
                .disableAutoCompactions(true)
                .maxWriteBufferNumber(2)
                .build();
        try (Store store =
                Store.open(Stores.options(generator).build(), directory, List.of(Stores.family("default", small)))) {
            awaitMemnodes(generator, 1);
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "first", 100);
            CompletableFuture<Void> flush = flushing(store);
            gate.awaitReached();
            long longest = 0;
            for (int i = 0; i < 100; i++) {
                long start = System.nanoTime();
                fill(store, family, "during" + i + "-", 1);
                longest = Math.max(longest, System.nanoTime() - start);
            }
            assertThat(Duration.ofNanos(longest)).isLessThan(Duration.ofMillis(500));
            fill(store, family, "until-full", 8000); // reaches the last buffer: the stalled attempt is given up
            awaitDone(flush);
            assertThat(generator.remote().statistics().localFlushes()).containsKey(FallbackReason.URGED);
            gate.open(); // now the worker goes on, into a directory that is gone
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> stalled.role().status().running() == 0);
            check(store, family, "first", 100);
            check(store, family, "until-full", 8000);
            assertThat(builders(store, family)).contains("local");
        }
        try (Store store =
                Store.open(Stores.options(generator).build(), directory, List.of(Stores.family("default", small)))) {
            check(store, store.defaultColumnFamily(), "first", 100);
            check(store, store.defaultColumnFamily(), "until-full", 8000);
        }
    }

    @Test
    @Tag("A21")
    void shouldFindTheResultInTheAttemptsDirectoryWhereTheChannelIsLost() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        CompletableFuture<Cluster.Running<Worker>> self = new CompletableFuture<>();
        Cluster.Running<Worker> worker = worker(
                "w1",
                Gate.around((method, arguments, call) -> {
                    Object result = call.run();
                    if (method.equals("syncDirectory")
                            && arguments[0].toString().contains("attempt-")) {
                        self.join().kill(); // the RESULT file stands, and nobody was told yet
                    }
                    return result;
                }),
                memnode);
        self.complete(worker);
        Cluster.Generator generator = generator(generatorSettings(List.of(address(memnode))));
        try (Store store = open(generator)) {
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "key", 300);
            flush(store);
            assertThat(builders(store, family)).containsExactly("w1");
            assertThat(generator.remote().statistics().localFlushes()).isEmpty();
            check(store, family, "key", 300);
        }
    }

    @Test
    void shouldGiveUpAnAttemptAtItsDeadline() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        Gate gate = new Gate();
        worker("stalled", gate.holdingTables(), memnode);
        Cluster.Generator generator = generator(generatorSettings(List.of(address(memnode)))
                .withTimes(
                        Duration.ofMillis(100),
                        Duration.ofSeconds(1),
                        Duration.ofMillis(200),
                        Duration.ofMillis(700),
                        Duration.ofSeconds(15)));
        try (Store store = open(generator)) {
            fill(store, store.defaultColumnFamily(), "key", 100);
            flush(store);
            assertThat(generator.remote().statistics().failedAttempts()).containsKey(FallbackReason.DEADLINE);
            check(store, store.defaultColumnFamily(), "key", 100);
            awaitNoLeftovers();
            gate.open();
        }
    }

    @Test
    void shouldEndAStoresRemoteFlushesWithTheStore() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        Gate gate = new Gate();
        worker("stalled", gate.holdingTables(), memnode);
        Cluster.Generator generator = generator(generatorSettings(List.of(address(memnode))));
        Store store = Store.open(
                Stores.options(generator)
                        .avoidFlushDuringShutdown(true)
                        .shutdownTimeout(Duration.ofMillis(300))
                        .build(),
                directory);
        awaitMemnodes(generator, 1);
        fill(store, store.defaultColumnFamily(), "key", 100);
        store.flush(FlushOptions.builder().waitForFlush(false).build());
        gate.awaitReached();
        long start = System.nanoTime();
        store.close();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        gate.open();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> memnode.role().status().get().inUse() == 0);
    }
}
