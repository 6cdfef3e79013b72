// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.address;
import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static io.sluice.flush.scenario.Cluster.workerSettings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.flush.memnode.Memnode;
import io.sluice.flush.protocol.FlushMessage.AttemptFailed;
import io.sluice.flush.protocol.FlushMessage.AttemptStarted;
import io.sluice.flush.worker.StorageOpener;
import io.sluice.flush.worker.Worker;
import io.sluice.flush.worker.WorkerSettings;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.sst.TableOptions;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A worker and a memnode against generators that do not do their part. */
@Timeout(60)
class WorkerTest {
    private static final long MIB = 1L << 20;

    private final Cluster cluster = new Cluster();
    private final AtomicInteger opened = new AtomicInteger();
    private final StorageOpener storages = uri -> {
        opened.incrementAndGet();
        return Storages.open(uri, Map.of());
    };

    @TempDir
    Path directory;

    private Jobs jobs;

    @BeforeEach
    void open() throws Exception {
        jobs = cluster.keep(new Jobs(directory));
    }

    @AfterEach
    void close() throws Exception {
        cluster.close();
    }

    private Cluster.Running<Memnode> memnode() throws Exception {
        return cluster.memnode("m1", 8 * MIB);
    }

    private Cluster.Running<Worker> worker(WorkerSettings settings, StorageOpener opener, Cluster.Running<Memnode> node)
            throws Exception {
        Cluster.Running<Worker> worker = cluster.worker(settings, opener, 8 * MIB);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> node.role().status().get().workers().size() == 1);
        return worker;
    }

    private static void awaitIdle(Cluster.Running<Memnode> node, Cluster.Running<Worker> worker) {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> worker.role().status().running() == 0
                        && node.role().status().get().assignments() == 0);
    }

    private FlushJob job() throws Exception {
        Cluster.Generator memory = cluster.generator(generatorSettings(List.of()));
        SealedMemtable memtable = jobs.memtable(1, memory.memory(), "key", 100);
        cluster.keep(memtable::release);
        FlushJob job = jobs.job(12, TableOptions.DEFAULT, List.of(memtable));
        jobs.storage().createDirectory(Jobs.OWNER + "/" + job.id().directory());
        jobs.storage().createDirectory(job.attemptDirectory(1));
        return job;
    }

    @Test
    @Tag("A21")
    void shouldAskTheGeneratorBeforeItReads() throws Exception {
        Cluster.Running<Memnode> node = memnode();
        Cluster.Running<Worker> worker = worker(workerSettings("w1", List.of(address(node))), storages, node);
        PlayedGenerator generator = cluster.keep(new PlayedGenerator(address(node), false));
        assertThat(generator.submitUnshipped(job()).workerId()).isEqualTo("w1");
        assertThat(generator.next()).isInstanceOf(AttemptStarted.class);
        awaitIdle(node, worker);
        // Had it read, it would have found zeros and said so.
        assertThat(generator.heard).isEmpty();
        assertThat(opened).hasValue(0);
    }

    @Test
    void shouldReportBytesThatAreNotWhatWasShipped() throws Exception {
        Cluster.Running<Memnode> node = memnode();
        Cluster.Running<Worker> worker = worker(workerSettings("w1", List.of(address(node))), storages, node);
        PlayedGenerator generator = cluster.keep(new PlayedGenerator(address(node), true));
        FlushJob job = job();
        generator.submitUnshipped(job);
        assertThat(generator.next()).isInstanceOf(AttemptStarted.class);
        assertThat(generator.next())
                .isInstanceOfSatisfying(
                        AttemptFailed.class, m -> assertThat(m.kind()).isEqualTo(StoreException.Kind.CORRUPTION));
        awaitIdle(node, worker);
        assertThat(jobs.storage().list(job.attemptDirectory(1))).isEmpty();
    }

    @Test
    void shouldRefuseStorageOutsideItsRoots() throws Exception {
        Cluster.Running<Memnode> node = memnode();
        worker(
                workerSettings("w1", List.of(address(node)))
                        .withAllowedRoots(
                                List.of(directory.resolve("inner").toUri().toString())),
                storages,
                node);
        PlayedGenerator generator = cluster.keep(new PlayedGenerator(address(node), true));
        FlushJob job = job();
        assertThatThrownBy(() -> generator.submitUnshipped(job)).hasMessageContaining("allowed root");
        assertThat(opened).hasValue(0);
    }

    @Test
    @Tag("A32")
    void shouldReclaimMemoryAndFilesOfAGeneratorThatDied() throws Exception {
        Cluster.Running<Memnode> node = memnode();
        Gate gate = new Gate();
        CountDownLatch noticed = new CountDownLatch(1);
        Cluster.Running<Worker> worker = cluster.worker(
                workerSettings("w1", List.of(address(node))),
                gate.holdingBegunTables(),
                8 * MIB,
                transport -> Tap.onEnds(transport, noticed::countDown));
        await().atMost(Duration.ofSeconds(20))
                .until(() -> node.role().status().get().workers().size() == 1);
        Cluster.Generator generator =
                cluster.generator(generatorSettings(List.of(address(node))).withAttempts(1, false));
        FlushExecutor executor = cluster.keep(generator.remote().create(jobs.context()));
        await().atMost(Duration.ofSeconds(20)).until(() -> generator.remote().connectedMemnodes() == 1);
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", 3000);
        cluster.keep(memtable::release);
        executor.start(jobs.job(12, TableOptions.DEFAULT, List.of(memtable)));
        gate.awaitReached();
        assertThat(files()).filteredOn(name -> name.endsWith(".sst")).hasSize(1);
        generator.running().kill();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> node.role().status().get().inUse() == 0);
        assertThat(noticed.await(20, TimeUnit.SECONDS)).isTrue();
        gate.open();
        awaitIdle(node, worker);
        assertThat(files()).isEmpty();
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .toList();
        }
    }

    @Test
    void shouldFinishItsJobsBeforeItStops() throws Exception {
        Cluster.Running<Memnode> node = memnode();
        Gate gate = new Gate();
        Cluster.Running<Worker> worker = worker(
                workerSettings("w1", List.of(address(node)))
                        .withTimes(
                                Duration.ofMillis(100),
                                Duration.ofSeconds(1),
                                Duration.ofMillis(200),
                                Duration.ofSeconds(20)),
                gate.holdingTables(),
                node);
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(address(node))));
        FlushExecutor executor = cluster.keep(generator.remote().create(jobs.context()));
        await().atMost(Duration.ofSeconds(20)).until(() -> generator.remote().connectedMemnodes() == 1);
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", 100);
        cluster.keep(memtable::release);
        FlushExecutor.Running running = executor.start(jobs.job(12, TableOptions.DEFAULT, List.of(memtable)));
        gate.awaitReached();
        Thread stopper = new Thread(() -> worker.role().close(), "stopper");
        stopper.start();
        gate.open();
        assertThat(running.result().get(20, TimeUnit.SECONDS).builder()).isEqualTo("w1");
        stopper.join(20_000);
        assertThat(stopper.isAlive()).isFalse();
        running.settled(true);
    }
}
