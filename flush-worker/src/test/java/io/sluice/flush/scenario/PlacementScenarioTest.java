// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.address;
import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static io.sluice.flush.scenario.Cluster.workerSettings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.flush.generator.AttemptReport;
import io.sluice.flush.generator.FallbackReason;
import io.sluice.flush.memnode.Memnode;
import io.sluice.flush.protocol.AttemptToken;
import io.sluice.flush.protocol.FailureCodes;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.Allocate;
import io.sluice.flush.protocol.FlushMessage.AttemptFailed;
import io.sluice.flush.protocol.FlushMessage.AttemptStarted;
import io.sluice.flush.protocol.FlushMessage.JobAssigned;
import io.sluice.flush.protocol.FlushMessage.Place;
import io.sluice.flush.protocol.FlushMessage.Placed;
import io.sluice.flush.protocol.FlushTask;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.sst.TableOptions;
import io.sluice.store.storage.Storages;
import io.sluice.transport.Connection;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where jobs go: to which memnode, to which worker, or back home. */
@Timeout(60)
class PlacementScenarioTest {
    private static final long MIB = 1L << 20;

    private final Cluster cluster = new Cluster();

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

    private static void awaitWorkers(Cluster.Running<Memnode> memnode, int count) {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> memnode.role().status().get().workers().size() == count);
    }

    private FlushResult flush(FlushExecutor executor, FlushJob job) throws Exception {
        FlushExecutor.Running running = executor.start(job);
        FlushResult result = running.result().get(20, TimeUnit.SECONDS);
        running.settled(true);
        return result;
    }

    private FlushJob job(Cluster.Generator generator, long id) throws Exception {
        SealedMemtable memtable = jobs.memtable(id, generator.memory(), "key", 100);
        cluster.keep(memtable::release);
        return jobs.job(10 + id, TableOptions.DEFAULT, List.of(memtable));
    }

    private static void assertBounded(Cluster.Running<Memnode> memnode, long capacity) throws Exception {
        assertThat(memnode.role().status().get().capacity()).isEqualTo(capacity);
        assertThat(memnode.pool().inUse()).isLessThanOrEqualTo(capacity);
    }

    @Test
    @Tag("A13")
    void shouldGoElsewhereWhereAMemnodeIsBusyAndLocalWhereAllAre() throws Exception {
        long large = 16L * Cluster.CHUNK;
        long small = 8L * Cluster.CHUNK;
        Cluster.Running<Memnode> first = cluster.memnode("first", large);
        Cluster.Running<Memnode> second = cluster.memnode("second", small);
        List<String> both = Cluster.addresses(List.of(first, second));
        cluster.worker(workerSettings("w1", both), uri -> Storages.open(uri, Map.of()), 8 * MIB);
        awaitWorkers(first, 1);
        awaitWorkers(second, 1);
        // Heartbeats too seldom for it to learn what others take: it asks the one that seemed to have more.
        Cluster.Generator generator = cluster.generator(generatorSettings(both)
                .withTimes(
                        Duration.ofMinutes(10),
                        Duration.ofSeconds(1),
                        Duration.ofMillis(200),
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(15)));
        BlockingQueue<AttemptReport> reports = new LinkedBlockingQueue<>();
        generator.remote().onAttempt(reports::add);
        FlushExecutor executor = cluster.keep(generator.remote().create(jobs.context()));
        await().atMost(Duration.ofSeconds(20)).until(() -> generator.remote().connectedMemnodes() == 2);

        PlayedGenerator hog = new PlayedGenerator(address(first), true);
        assertThat(hog.allocateAll()).isEqualTo(large);
        assertBounded(first, large);
        assertThat(flush(executor, job(generator, 1)).builder()).isEqualTo("w1");
        assertReport(reports, "first", FallbackReason.MEMNODE_BUSY);
        assertReport(reports, "second", null);
        assertThat(generator.remote().statistics().localFlushes()).isEmpty();
        assertThat(first.role().status().get().counters()).containsKey("memory_busy");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> second.role().status().get().inUse() == 0
                        && first.role().status().get().assignments() == 0);

        PlayedGenerator another = new PlayedGenerator(address(second), true);
        assertThat(another.allocateAll()).isEqualTo(small);
        assertThat(flush(executor, job(generator, 2)).builder()).isEqualTo("local");
        assertThat(List.of(take(reports).failure(), take(reports).failure())).containsOnly(FallbackReason.MEMNODE_BUSY);
        assertThat(generator.remote().statistics().localFlushes()).containsEntry(FallbackReason.MEMNODE_BUSY, 1L);
        assertBounded(first, large);
        assertBounded(second, small);

        hog.close();
        another.close();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> first.pool().inUse() == 0 && second.pool().inUse() == 0);
        assertThat(flush(executor, job(generator, 3)).builder()).isEqualTo("w1");
    }

    private static AttemptReport take(BlockingQueue<AttemptReport> reports) throws InterruptedException {
        return java.util.Objects.requireNonNull(reports.poll(20, TimeUnit.SECONDS), "no attempt was reported");
    }

    private static void assertReport(
            BlockingQueue<AttemptReport> reports,
            String memnode,
            @org.jspecify.annotations.Nullable FallbackReason failure)
            throws InterruptedException {
        AttemptReport report = take(reports);
        assertThat(report.memnode()).isEqualTo(memnode);
        assertThat(report.failure()).isEqualTo(failure);
    }

    @Test
    @Tag("A27")
    void shouldHaveEachJobTakenUpByTheWorkerThatTheMemnodePlacedItOn() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 16 * MIB);
        for (String id : List.of("w1", "w2", "w3")) {
            cluster.worker(id, memnode);
        }
        awaitWorkers(memnode, 3);
        Cluster.Generator memory = cluster.generator(generatorSettings(List.of()));
        FlushJob job = job(memory, 1);
        PlayedGenerator generator = cluster.keep(new PlayedGenerator(address(memnode), false));
        List<Placed> placed = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            placed.add(generator.place());
        }
        assertThat(placed.stream().map(Placed::workerId)).containsOnly("w1", "w2", "w3");
        Map<AttemptToken, String> expected = new LinkedHashMap<>();
        for (int i = placed.size() - 1; i >= 0; i--) {
            Placed place = placed.get(i);
            AttemptToken token = new AttemptToken(place.assignmentId(), i);
            expected.put(token, place.workerId());
            JobAssigned assigned = generator.submit(place, token, job, generator.callback());
            assertThat(assigned).isEqualTo(new JobAssigned(place.assignmentId(), place.workerId()));
        }
        Map<AttemptToken, String> started = new LinkedHashMap<>();
        while (started.size() < expected.size()) {
            AttemptStarted message = (AttemptStarted) generator.next();
            assertThat(started.put(message.token(), message.workerId())).isNull();
        }
        assertThat(started).containsExactlyInAnyOrderEntriesOf(expected);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> memnode.role().status().get().assignments() == 0);
        assertThat(generator.heard).as("nobody else took one up").isEmpty();
    }

    @Test
    @Tag("A26")
    void shouldCountAmongItsOwnLoadTheOtherFlushesThatHaveNoPlaceYet() throws Exception {
        FakeMemnode memnode = cluster.keep(new FakeMemnode(Set.of(Place.class)));
        Duration ample = Duration.ofSeconds(30);
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(memnode.address()))
                .withTimes(Duration.ofMillis(100), ample, Duration.ofMillis(200), ample, ample));
        FlushExecutor executor = cluster.keep(generator.remote().create(jobs.context()));
        await().atMost(Duration.ofSeconds(20)).until(() -> generator.remote().connectedMemnodes() == 1);
        for (int others = 0; others < 4; others++) {
            var unused = executor.start(job(generator, others));
            assertThat(memnode.awaitHeard(Place.class).runningJobs()).isEqualTo(others);
        }
        memnode.answerHeld();
        memnode.awaitHeard(Allocate.class); // the first has its place, and ships
        var unused = executor.start(job(generator, 4));
        assertThat(memnode.awaitHeard(Place.class).runningJobs()).isEqualTo(3);
    }

    @Test
    void shouldFallBackForALostMemnodeWhereItsWorkerCouldNotRead() throws Exception {
        FakeMemnode memnode = cluster.keep(new FakeMemnode(Set.of()));
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(memnode.address())));
        BlockingQueue<AttemptReport> reports = new LinkedBlockingQueue<>();
        generator.remote().onAttempt(reports::add);
        FlushExecutor executor = cluster.keep(generator.remote().create(jobs.context()));
        await().atMost(Duration.ofSeconds(20)).until(() -> generator.remote().connectedMemnodes() == 1);
        FlushExecutor.Running running = executor.start(job(generator, 1));
        FlushTask task = memnode.task.get(10, TimeUnit.SECONDS);
        RegionPool pool = new RegionPool(Cluster.CHUNK, Cluster.CHUNK);
        Transport transport = Cluster.transport("worker", "played", pool);
        cluster.keep(() -> {
            transport.close();
            pool.close();
        });
        Connection connection = transport
                .connect(io.sluice.flush.protocol.Addresses.parse(task.callback()))
                .get(10, TimeUnit.SECONDS);
        MessageEndpoint worker =
                MessageEndpoint.attach(connection, (from, message, reply) -> reply.send(new Ack()), Runnable::run);
        Duration call = Duration.ofSeconds(10);
        worker.call(new AttemptStarted(task.token(), FakeMemnode.WORKER), Ack.class, call)
                .get(10, TimeUnit.SECONDS);
        worker.call(
                        new AttemptFailed(
                                task.token(), StoreException.Kind.REMOTE, FailureCodes.MEMNODE_LOST, "it is gone"),
                        Ack.class,
                        call)
                .get(10, TimeUnit.SECONDS);
        assertThat(running.result().get(10, TimeUnit.SECONDS).builder()).isEqualTo("local");
        assertReport(reports, "fake", FallbackReason.MEMNODE_LOST);
        assertThat(generator.remote().statistics().localFlushes())
                .containsExactlyEntriesOf(Map.of(FallbackReason.MEMNODE_LOST, 1L));
        running.settled(true);
    }
}
