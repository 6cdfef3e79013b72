// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static org.awaitility.Awaitility.await;

import io.sluice.flush.generator.AttemptReport;
import io.sluice.flush.generator.RemoteFlushSettings;
import io.sluice.flush.memnode.Memnode;
import io.sluice.flush.worker.StorageOpener;
import io.sluice.flush.worker.Worker;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.Storages;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cluster, a store in one directory, and what the tests of both begin and end with. */
@Timeout(60)
abstract class FlushScenario {
    static final long MIB = 1L << 20;
    static final Duration SOON = Duration.ofSeconds(20);
    static final StorageOpener STORAGES = uri -> Storages.open(uri, Map.of());

    final Cluster cluster;
    /** The ends of all attempts, in order. */
    final ConcurrentLinkedQueue<AttemptReport> reports = new ConcurrentLinkedQueue<>();

    @TempDir
    Path directory;

    /** Over TCP. */
    FlushScenario() {
        this(new Cluster());
    }

    FlushScenario(Cluster cluster) {
        this.cluster = cluster;
    }

    @AfterEach
    void closeCluster() throws Exception {
        cluster.close();
    }

    Cluster.Running<Memnode> memnode(String id) throws Exception {
        return cluster.memnode(id, 8 * MIB);
    }

    /** A worker that the memnode knows. */
    Cluster.Running<Worker> worker(String id, Cluster.Running<Memnode> memnode) throws Exception {
        return worker(id, STORAGES, memnode);
    }

    Cluster.Running<Worker> worker(String id, StorageOpener storages, Cluster.Running<Memnode> memnode)
            throws Exception {
        return worker(id, storages, List.of(memnode));
    }

    /** A worker that all the memnodes know. */
    Cluster.Running<Worker> worker(String id, StorageOpener storages, List<Cluster.Running<Memnode>> memnodes)
            throws Exception {
        Cluster.Running<Worker> worker =
                cluster.worker(Cluster.workerSettings(id, Cluster.addresses(memnodes)), storages, 8 * MIB);
        for (Cluster.Running<Memnode> memnode : memnodes) {
            await().atMost(SOON)
                    .until(() -> memnode.role().status().get().workers().stream()
                            .anyMatch(known -> known.id().equals(id)));
        }
        return worker;
    }

    static void awaitWorkers(Cluster.Running<Memnode> memnode, int count) {
        await().atMost(SOON).until(() -> memnode.role().status().get().workers().size() == count);
    }

    Cluster.Generator generator(RemoteFlushSettings settings) throws Exception {
        return watched(cluster.generator(settings));
    }

    Cluster.Generator watched(Cluster.Generator generator) {
        generator.remote().onAttempt(reports::add);
        return generator;
    }

    static void awaitMemnodes(Cluster.Generator generator, int count) {
        await().atMost(SOON).until(() -> generator.remote().connectedMemnodes() == count);
    }

    /**
     * Waits until no job counts on a worker. A flush ends before the memnode hears of that from its worker; one that is
     * placed in between may find the worker more loaded than the generator, and stay.
     */
    static void awaitIdle(Cluster.Running<Memnode> memnode) {
        await().atMost(SOON).until(() -> memnode.role().status().get().assignments() == 0);
    }

    /** Remote flushes count once they are installed, which waiters of a flush may learn a moment sooner. */
    static void awaitRemoteFlushes(Cluster.Generator generator, long count) {
        await().atMost(SOON).until(() -> generator.remote().statistics().remoteFlushes() == count);
    }

    /** Opens the store, and waits until it is connected to a memnode. */
    Store open(Cluster.Generator generator) throws Exception {
        Store store = Stores.open(generator, directory);
        generator.remote().connected().get(SOON.toSeconds(), TimeUnit.SECONDS);
        return store;
    }

    static CompletableFuture<Void> flushing(Store store) {
        return CompletableFuture.runAsync(() -> {
            try {
                Stores.flush(store);
            } catch (StoreException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    static void awaitDone(CompletableFuture<Void> flush) throws Exception {
        flush.get(25, TimeUnit.SECONDS);
    }
}
