// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.address;
import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static io.sluice.flush.scenario.Cluster.workerSettings;
import static io.sluice.flush.scenario.Stores.builders;
import static io.sluice.flush.scenario.Stores.check;
import static io.sluice.flush.scenario.Stores.fill;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.flush.generator.FlushTrace;
import io.sluice.flush.generator.RemoteFlushSettings;
import io.sluice.flush.memnode.Memnode;
import io.sluice.flush.memnode.MemnodeSettings;
import io.sluice.flush.placement.LoadLimits;
import io.sluice.flush.protocol.NameLookup;
import io.sluice.flush.protocol.PeerRights;
import io.sluice.flush.worker.StorageOpener;
import io.sluice.flush.worker.Worker;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.sst.TableOptions;
import io.sluice.transport.ConnectionPath;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Remote flush whose data go by RDMA, or by what the engine can't tell from it. On a machine under emulation everything takes
 * long, so all deadlines are.
 */
@Timeout(400)
abstract class RdmaFlushContract extends FlushScenario {
    static final int KEYS = 5000;
    private static final int FEW_KEYS = 300;
    /** What a role is given by those who stop it, and more. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    static final Duration LONG = Duration.ofMinutes(2);
    private static final Duration OFTEN = Duration.ofMillis(200);
    static final FlushOptions FLUSH = FlushOptions.builder().timeout(LONG).build();
    /** The name of roles that have no RDMA begins so. */
    private static final String PLAIN = "plain";

    final Cluster.Opener opener;

    private final List<FlushTrace> traces = new CopyOnWriteArrayList<>();

    /** @param opener opens a transport, with RDMA as its context says */
    RdmaFlushContract(Cluster.Opener opener) {
        super(new Cluster(context -> opener.open(context.rdma(settings(context))
                .connectTimeout(LONG)
                .peerTimeout(LONG)
                .operationTimeout(LONG))));
        this.opener = opener;
    }

    Cluster.Running<Memnode> patientMemnode(Duration generatorGrace) throws Exception {
        return cluster.memnode(
                MemnodeSettings.of("m1", Cluster.loopback(0))
                        .withLimits(new LoadLimits(Long.MAX_VALUE, 32))
                        .withTimes(LONG, Duration.ofMillis(50), generatorGrace, LONG, Duration.ofMillis(100)),
                8 * MIB);
    }

    Cluster.Running<Worker> patientWorker(
            String id, StorageOpener storages, Cluster.Running<Memnode> memnode, UnaryOperator<Transport> tap)
            throws Exception {
        Cluster.Running<Worker> worker = cluster.worker(
                workerSettings(id, List.of(address(memnode))).withTimes(OFTEN, LONG, OFTEN, Duration.ofSeconds(1)),
                storages,
                8 * MIB,
                tap);
        patiently().until(() -> memnode.role().status().get().workers().size() == 1);
        return worker;
    }

    Cluster.Generator patientGenerator(Cluster.Running<Memnode> memnode, UnaryOperator<Transport> tap)
            throws Exception {
        return patientGenerator(memnode, tap, false);
    }

    Cluster.Generator patientGenerator(
            Cluster.Running<Memnode> memnode, UnaryOperator<Transport> tap, boolean localFallback) throws Exception {
        RemoteFlushSettings settings = generatorSettings(List.of(address(memnode)))
                .withTimes(OFTEN, LONG, OFTEN, LONG, LONG)
                .withAttempts(1, localFallback);
        return watched(cluster.generator(settings, tap, NameLookup.SYSTEM));
    }

    private static ConditionFactory patiently() {
        return await().atMost(LONG);
    }

    Store opened(Cluster.Generator generator) throws Exception {
        Store store = Stores.open(generator, directory);
        generator.remote().connected().get(LONG.toSeconds(), TimeUnit.SECONDS);
        return store;
    }

    private static RdmaSettings settings(TransportContext context) {
        RdmaSettings wanted = RdmaSettings.of(context.name().startsWith(PLAIN) ? Policy.OFF : Policy.PREFER)
                .withFabricTrusted(true)
                .withConnections(6);
        return context.role().equals(PeerRights.MEMNODE)
                ? PeerRights.ofMemnode(wanted, List.of())
                : PeerRights.ofClient(wanted);
    }

    @Override
    Cluster.Generator watched(Cluster.Generator generator) {
        generator.remote().onFlush(traces::add);
        return super.watched(generator);
    }

    FlushTrace firstTrace() {
        patiently().until(() -> !traces.isEmpty());
        return traces.get(0);
    }

    private static List<ConnectionPath> paths(Cluster.Running<Memnode> memnode, String role) throws Exception {
        return memnode.role().status().get().paths().entrySet().stream()
                .filter(entry -> entry.getKey().role().equals(role))
                .map(Map.Entry::getValue)
                .toList();
    }

    @Test
    @Tag("A40")
    void shouldShipAndReadMemtablesByRdma() throws Exception {
        Cluster.Running<Memnode> memnode = patientMemnode(LONG);
        Cluster.Running<Worker> worker = patientWorker("w1", STORAGES, memnode, UnaryOperator.identity());
        Cluster.Generator generator = patientGenerator(memnode, UnaryOperator.identity());
        try (Store store = opened(generator)) {
            fill(store, store.defaultColumnFamily(), "key", KEYS);
            store.flush(FLUSH);
            check(store, store.defaultColumnFamily(), "key", KEYS);
            assertThat(builders(store, store.defaultColumnFamily())).containsExactly("w1");

            FlushTrace trace = firstTrace();
            assertThat(trace.installed()).isTrue();
            assertThat(Objects.requireNonNull(trace.shippedBy()).isRdma())
                    .as("%s", trace)
                    .isTrue();
            assertThat(trace.readBy()).isEqualTo("rdma");
            assertThat(List.of(0L, trace.placedNanos(), trace.shippedNanos(), trace.builtNanos(), trace.settledNanos()))
                    .isSorted();
            assertThat(generator.remote().paths()).isEqualTo(Map.of("m1", trace.shippedBy()));
            assertThat(generator.remote().statistics().shippedBy())
                    .isEqualTo(Map.of(trace.shippedBy().name(), trace.bytesShipped()));
            patiently().until(() -> generator.remote().statistics().remoteFlushes() == 1);
            assertThat(generator.remote().statistics().readBy()).containsOnlyKeys("rdma");
            assertThat(worker.role().status().paths().values()).allMatch(ConnectionPath::isRdma);
            assertThat(paths(memnode, PeerRights.GENERATOR)).hasSize(1).allMatch(ConnectionPath::isRdma);
            assertThat(paths(memnode, PeerRights.WORKER)).hasSize(1).allMatch(ConnectionPath::isRdma);
            patiently().until(() -> memnode.role().status().get().inUse() == 0);
        }
    }

    @Test
    @Tag("A40")
    void shouldGoByTcpWithAPeerThatHasNoRdmaAndSayWhy() throws Exception {
        Cluster.Running<Memnode> memnode = patientMemnode(LONG);
        Cluster.Running<Worker> worker = patientWorker(PLAIN + "-worker", STORAGES, memnode, UnaryOperator.identity());
        Cluster.Generator generator = patientGenerator(memnode, UnaryOperator.identity());
        try (Store store = opened(generator)) {
            fill(store, store.defaultColumnFamily(), "key", KEYS);
            store.flush(FLUSH);
            check(store, store.defaultColumnFamily(), "key", KEYS);

            FlushTrace trace = firstTrace();
            assertThat(trace.builder()).isEqualTo(PLAIN + "-worker");
            assertThat(Objects.requireNonNull(trace.shippedBy()).isRdma()).isTrue();
            assertThat(trace.readBy()).isEqualTo("tcp");
            assertThat(paths(memnode, PeerRights.WORKER))
                    .containsExactly(new ConnectionPath("tcp", "the peer has no RDMA, or has it switched off"));
            assertThat(Objects.requireNonNull(worker.role().status().paths().get("m1"))
                            .reason())
                    .isNotBlank();
        }
    }

    /** Each letter is a role: memnode, worker, generator. */
    @ParameterizedTest
    @ValueSource(strings = {"mwg", "mgw", "wmg", "wgm", "gmw", "gwm"})
    @Tag("A40")
    void shouldStopInEachOrder(String order) throws Exception {
        Cluster.Running<Memnode> memnode = patientMemnode(LONG);
        Cluster.Running<Worker> worker = patientWorker("w1", STORAGES, memnode, UnaryOperator.identity());
        Cluster.Generator generator = patientGenerator(memnode, UnaryOperator.identity(), true);
        Store store = cluster.keep(opened(generator));
        fill(store, store.defaultColumnFamily(), "key", FEW_KEYS);
        store.flush(FLUSH);
        assertThat(Objects.requireNonNull(firstTrace().shippedBy()).isRdma()).isTrue();
        fill(store, store.defaultColumnFamily(), "more", FEW_KEYS); // still in memory that is registered
        patiently().until(() -> memnode.role().status().get().inUse() == 0);
        for (int i = 0; i < order.length(); i++) {
            char role = order.charAt(i);
            long start = System.nanoTime();
            switch (role) {
                case 'm' -> stop(memnode);
                case 'w' -> stop(worker);
                default -> {
                    store.close();
                    stop(generator.running());
                }
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .as("time to stop %s of %s", role, order)
                    .isLessThan(STOP_LIMIT);
            if (order.indexOf('g') > i) {
                check(store, store.defaultColumnFamily(), "key", FEW_KEYS);
                check(store, store.defaultColumnFamily(), "more", FEW_KEYS);
            }
        }
    }

    private static void stop(Cluster.Running<?> running) throws Exception {
        running.role().close();
        running.transport().close();
        assertThat(running.pool().inUse()).isZero();
        running.close();
    }

    /** Over TCP neither a write nor a read would end while nobody at the memnode's end takes or sends its bytes. */
    @Test
    void shouldMoveMemtablesWithoutTheMemnodesProcessor() throws Exception {
        Cluster.Running<Memnode> memnode = patientMemnode(LONG);
        Freezer freezer = cluster.keep(new Freezer(memnode.transport()));
        patientWorker(
                "w1", STORAGES, memnode, transport -> Tap.onReads(transport, number -> freezeAtFirst(freezer, number)));
        Cluster.Generator generator = patientGenerator(
                memnode, transport -> Tap.onWrites(transport, number -> freezeAtFirst(freezer, number)));
        try (Store store = opened(generator)) {
            fill(store, store.defaultColumnFamily(), "key", KEYS);
            CompletableFuture<Void> flush = CompletableFuture.runAsync(() -> flush(store));
            patiently().until(() -> generator.remote().statistics().bytesShipped() > 0);
            assertThat(freezer.isFrozen())
                    .as("all was shipped to a frozen memnode")
                    .isTrue();
            freezer.thaw();

            flush.get(LONG.toSeconds(), TimeUnit.SECONDS);
            assertThat(freezer.isFrozen())
                    .as("all was read from a frozen memnode")
                    .isTrue();
            freezer.thaw();
            assertThat(firstTrace().readBy()).isEqualTo("rdma");
            check(store, store.defaultColumnFamily(), "key", KEYS);
        }
    }

    private static void flush(Store store) {
        try {
            store.flush(FLUSH);
        } catch (StoreException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean freezeAtFirst(Freezer freezer, int number) {
        if (number == 1) {
            freezer.freeze();
        }
        return true;
    }

    @Test
    @Tag("A32")
    void shouldReclaimWhatAGeneratorHeldThatDied() throws Exception {
        Cluster.Running<Memnode> memnode = patientMemnode(Duration.ofMillis(300));
        Gate gate = new Gate();
        Cluster.Running<Worker> worker =
                patientWorker("w1", gate.holdingBegunTables(), memnode, UnaryOperator.identity());
        Cluster.Generator generator = patientGenerator(memnode, UnaryOperator.identity());
        Jobs jobs = cluster.keep(new Jobs(directory));
        FlushExecutor executor = cluster.keep(generator.remote().create(jobs.context()));
        patiently().until(() -> generator.remote().connectedMemnodes() == 1);
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", KEYS);
        cluster.keep(memtable::release);
        executor.start(jobs.job(12, TableOptions.DEFAULT, List.of(memtable)));
        gate.awaitReached();
        assertThat(memnode.role().status().get().inUse()).isPositive();
        assertThat(tables()).hasSize(1);

        generator.running().kill();
        patiently().until(() -> memnode.role().status().get().inUse() == 0);
        gate.open();
        patiently().until(() -> worker.role().status().running() == 0);
        assertThat(tables()).isEmpty();
    }

    private List<Path> tables() throws Exception {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(".sst")).toList();
        }
    }
}
