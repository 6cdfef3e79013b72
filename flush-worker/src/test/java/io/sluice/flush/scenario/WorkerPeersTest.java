// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.address;
import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static io.sluice.flush.scenario.Cluster.workerSettings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.flush.memnode.Memnode;
import io.sluice.flush.protocol.Addresses;
import io.sluice.flush.protocol.AttemptToken;
import io.sluice.flush.protocol.FailureCodes;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.AttemptFailed;
import io.sluice.flush.protocol.FlushMessage.AttemptStarted;
import io.sluice.flush.protocol.FlushMessage.CancelJob;
import io.sluice.flush.protocol.FlushMessage.Heartbeat;
import io.sluice.flush.protocol.FlushMessage.JobFinished;
import io.sluice.flush.protocol.FlushMessage.JobLost;
import io.sluice.flush.protocol.FlushMessage.Placed;
import io.sluice.flush.protocol.FlushMessage.RegisterWorker;
import io.sluice.flush.protocol.FlushMessage.WorkerStopping;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.flush.protocol.RefusedException;
import io.sluice.flush.worker.Worker;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.sst.TableOptions;
import io.sluice.store.storage.Storages;
import io.sluice.testkit.TcpFaultProxy;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A worker whose memnode or generator dies, hangs, or is not what it says. */
@Timeout(60)
class WorkerPeersTest {
    private static final long MIB = 1L << 20;
    private static final AttemptToken TOKEN = new AttemptToken(5, 6);

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

    private Cluster.Running<Worker> worker(String id, String memnode) throws Exception {
        return cluster.worker(workerSettings(id, List.of(memnode)), uri -> Storages.open(uri, Map.of()), 8 * MIB);
    }

    private static void awaitRegistered(Cluster.Running<Worker> worker) throws Exception {
        worker.role().registered().get(20, TimeUnit.SECONDS);
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

    private void assertIdle(Cluster.Running<Memnode> memnode, Cluster.Running<Worker> worker) throws Exception {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> worker.role().status().running() == 0
                        && worker.pool().inUse() == 0
                        && memnode.role().status().get().assignments() == 0);
        assertThat(jobs.storage().list(Jobs.OWNER + "/job-0-1/attempt-1")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(classes = {AttemptStarted.class, AttemptFailed.class})
    @Tag("A36")
    void shouldEndAnAttemptWhoseGeneratorFallsSilent(Class<? extends FlushMessage> swallowed) throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 8 * MIB);
        Cluster.Running<Worker> worker = worker("w1", address(memnode));
        awaitRegistered(worker);
        PlayedGenerator generator = cluster.keep(new PlayedGenerator(address(memnode), (from, message, reply) -> {
            if (!swallowed.isInstance(message)) {
                reply.send(new Ack());
            }
        }));
        generator.submitUnshipped(job());
        assertThat(generator.next()).isInstanceOf(AttemptStarted.class);
        if (swallowed == AttemptFailed.class) {
            assertThat(generator.next()).isInstanceOf(AttemptFailed.class);
        }
        assertThat(generator.next())
                .isInstanceOfSatisfying(
                        JobLost.class, lost -> assertThat(lost.message()).contains("could not deliver the outcome"));
        assertIdle(memnode, worker);
    }

    @Test
    @Tag("A36")
    void shouldEndAnAttemptWhoseGeneratorTakesTheConnectionAndNeverSpeaks() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 8 * MIB);
        Cluster.Running<Worker> worker = worker("w1", address(memnode));
        awaitRegistered(worker);
        PlayedGenerator generator = cluster.keep(new PlayedGenerator(address(memnode), true));
        try (ServerSocket mute = new ServerSocket(0, 1, Cluster.loopback(0).getAddress())) {
            String callback = Addresses.format((InetSocketAddress) mute.getLocalSocketAddress());
            generator.submit(generator.place(), TOKEN, job(), callback);
            assertThat(generator.next()).isInstanceOf(JobLost.class);
            assertIdle(memnode, worker);
        }
    }

    @Test
    @Tag("A36")
    @Tag("A29")
    void shouldBlameTheMemnodeWhereAOneSidedReadStalls() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 8 * MIB);
        try (TcpFaultProxy proxy = new TcpFaultProxy(memnode.role().address())) {
            Cluster.Running<Worker> worker = worker("w1", Addresses.format(proxy.address()));
            awaitRegistered(worker);
            PlayedGenerator generator = cluster.keep(new PlayedGenerator(address(memnode), (from, message, reply) -> {
                if (message instanceof AttemptStarted) {
                    proxy.blackHole(true); // neither side sees an end: the memnode hangs, as far as the worker can tell
                }
                reply.send(new Ack());
            }));
            generator.submitUnshipped(job());
            assertThat(generator.next()).isInstanceOf(AttemptStarted.class);
            List<FlushMessage> told = List.of(generator.next(), generator.next());
            assertThat(told)
                    .anySatisfy(message -> assertThat(message)
                            .isInstanceOfSatisfying(
                                    AttemptFailed.class,
                                    m -> assertThat(m.code()).isEqualTo(FailureCodes.MEMNODE_LOST)));
            // And to the memnode it is the worker that is connected and silent.
            assertThat(told)
                    .anySatisfy(message -> assertThat(message)
                            .isInstanceOfSatisfying(
                                    JobLost.class, m -> assertThat(m.message()).contains("silent for more than")));
            assertThatThrownBy(generator::place)
                    .cause()
                    .isInstanceOfSatisfying(
                            RefusedException.class, e -> assertThat(e.reason()).isEqualTo(RefusalReason.NO_WORKER));
            assertIdle(memnode, worker);
            proxy.blackHole(false);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> memnode.role().status().get().workers().size() == 1);
            assertThat(generator.place().workerId()).isEqualTo("w1");
        }
    }

    @Test
    void shouldBlameTheMemnodeWhereItDiesBeforeAllIsRead() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 8 * MIB);
        Cluster.Running<Worker> worker = worker("w1", address(memnode));
        awaitRegistered(worker);
        CompletableFuture<Void> killed = new CompletableFuture<>();
        PlayedGenerator generator = cluster.keep(new PlayedGenerator(address(memnode), (from, message, reply) -> {
            var unused = killed.thenRun(() -> reply.send(new Ack()));
        }));
        generator.submitUnshipped(job());
        assertThat(generator.next()).isInstanceOf(AttemptStarted.class);
        memnode.kill();
        killed.complete(null);
        assertThat(generator.next()).isInstanceOfSatisfying(AttemptFailed.class, m -> {
            assertThat(m.code()).isEqualTo(FailureCodes.MEMNODE_LOST);
            assertThat(m.message()).contains("memnode/m1");
        });
        await().atMost(Duration.ofSeconds(20))
                .until(() ->
                        worker.role().status().running() == 0 && worker.pool().inUse() == 0);
    }

    @Test
    @Tag("A23")
    void shouldSendHeartbeatsThoughNothingChangesAndLeaveAMemnodeThatDoesNotAnswerThem() throws Exception {
        PlayedMemnode memnode = cluster.keep(new PlayedMemnode());
        Cluster.Running<Worker> worker = worker("w1", memnode.address());
        MessageEndpoint first = memnode.worker();
        for (int i = 0; i < 5; i++) {
            assertThat(memnode.heartbeats.poll(20, TimeUnit.SECONDS)).isEqualTo(new Heartbeat(0, 0, 0));
        }
        memnode.swallowed.add(Heartbeat.class);
        first.connection().closed().get(20, TimeUnit.SECONDS);
        memnode.swallowed.clear();
        assertThat(memnode.worker()).isNotSameAs(first);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> worker.role().status().memnodes().equals(List.of("played")));
    }

    @Test
    void shouldAcknowledgeAJobBeforeItsEndAndRepeatTheEndUntilThatIsAnswered() throws Exception {
        PlayedMemnode memnode = cluster.keep(new PlayedMemnode());
        worker("w1", memnode.address());
        MessageEndpoint worker = memnode.worker();
        assertThat(memnode.next()).isInstanceOf(RegisterWorker.class);
        try (ServerSocket probe = new ServerSocket(0, 1, Cluster.loopback(0).getAddress())) {
            // Nobody will listen there: the job ends as soon as it has begun.
            String callback = Addresses.format((InetSocketAddress) probe.getLocalSocketAddress());
            probe.close();
            FlushJob job = job();
            for (long id = 1; id <= 20; id++) {
                memnode.assign(worker, id, PlayedGenerator.task(TOKEN, job, callback));
                assertThat(memnode.next()).isEqualTo(new Ack());
                assertThat(memnode.next()).isEqualTo(new JobFinished(id, false));
            }
            memnode.swallowed.add(JobFinished.class);
            memnode.assign(worker, 21, PlayedGenerator.task(TOKEN, job, callback));
            assertThat(memnode.next()).isEqualTo(new Ack());
            assertThat(memnode.next()).isEqualTo(new JobFinished(21, false));
            assertThat(memnode.next()).as("again").isEqualTo(new JobFinished(21, false));
            memnode.swallowed.clear();
            assertThatThrownBy(() -> worker.call(new CancelJob(21), Ack.class, Duration.ofSeconds(10))
                            .get(20, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            RefusedException.class, e -> assertThat(e.reason()).isEqualTo(RefusalReason.UNKNOWN));
        }
    }

    @Test
    void shouldGetNoNewJobOnceItStopsAndFinishWhatItHas() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 8 * MIB);
        Duration patience = Duration.ofSeconds(20);
        Cluster.Running<Worker> worker = cluster.worker(
                workerSettings("w1", List.of(address(memnode)))
                        .withTimes(Duration.ofMillis(100), patience, Duration.ofMillis(200), patience),
                uri -> Storages.open(uri, Map.of()),
                8 * MIB);
        awaitRegistered(worker);
        CompletableFuture<Void> begin = new CompletableFuture<>();
        PlayedGenerator generator = cluster.keep(new PlayedGenerator(address(memnode), (from, message, reply) -> {
            var unused = begin.thenRun(() -> reply.send(new Ack()));
        }));
        FlushJob job = job();
        generator.submitUnshipped(job);
        assertThat(generator.next()).isInstanceOf(AttemptStarted.class);
        Placed before = generator.place();

        CompletableFuture<Void> stopped =
                CompletableFuture.runAsync(() -> worker.role().close());
        await().atMost(patience).until(() -> refusalOf(generator::place) == RefusalReason.NO_WORKER);
        assertThatThrownBy(() -> generator.submit(before, new AttemptToken(7, 8), job, generator.callback()))
                .hasMessageContaining("NO_WORKER")
                .hasMessageContaining("worker w1 is stopping");
        assertThat(stopped).isNotDone();

        begin.complete(null);
        assertThat(generator.next()).isInstanceOf(AttemptFailed.class); // it read zeros: that is an outcome, too
        stopped.get(20, TimeUnit.SECONDS);
        awaitNoWorker(memnode);
        assertThat(counter(memnode, "jobs_finished")).isEqualTo(1);
        assertThat(counter(memnode, "workers_lost")).isZero();
        assertThat(generator.heard).as("no job was lost").isEmpty();
    }

    @Test
    void shouldTellAMemnodeThatItReachesWhileItStops() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 8 * MIB);
        PlayedMemnode late = cluster.keep(new PlayedMemnode());
        Duration patience = Duration.ofSeconds(20);
        Cluster.Running<Worker> worker = cluster.worker(
                workerSettings("w1", List.of(address(memnode)))
                        .withTimes(Duration.ofMillis(100), patience, Duration.ofMillis(200), patience),
                uri -> Storages.open(uri, Map.of()),
                8 * MIB);
        awaitRegistered(worker);
        CompletableFuture<Void> begin = new CompletableFuture<>();
        PlayedGenerator generator = cluster.keep(new PlayedGenerator(address(memnode), (from, message, reply) -> {
            var unused = begin.thenRun(() -> reply.send(new Ack()));
        }));
        generator.submitUnshipped(job());
        assertThat(generator.next()).isInstanceOf(AttemptStarted.class);
        CompletableFuture<Void> stopped =
                CompletableFuture.runAsync(() -> worker.role().close());
        await().atMost(patience).until(() -> refusalOf(generator::place) == RefusalReason.NO_WORKER);

        worker.role().addMemnode(late.address());
        assertThat(late.next()).isInstanceOf(RegisterWorker.class);
        assertThat(late.next()).isEqualTo(new WorkerStopping());
        begin.complete(null);
        stopped.get(20, TimeUnit.SECONDS);
    }

    private static @Nullable RefusalReason refusalOf(Callable<?> request) throws Exception {
        try {
            request.call();
            return null;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RefusedException refused) {
                return refused.reason();
            }
            throw e;
        }
    }

    private static void awaitNoWorker(Cluster.Running<Memnode> memnode) {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> memnode.role().status().get().workers().isEmpty());
    }

    @Test
    void shouldLetOneWorkerOfANameWorkAndTheOtherTakeItsPlaceOnceItIsDead() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 8 * MIB);
        Cluster.Running<Worker> first = worker("twin", address(memnode));
        awaitRegistered(first);
        Cluster.Running<Worker> second = worker("twin", address(memnode));
        // It comes again and again; the first one stays.
        await().atMost(Duration.ofSeconds(20)).until(() -> counter(memnode, "workers_refused") >= 3);
        assertThat(first.role().status().memnodes()).containsExactly("m1");
        assertThat(second.role().registered()).isNotDone();
        assertThat(counter(memnode, "workers_lost")).isZero();
        first.kill();
        awaitRegistered(second);
        assertThat(memnode.role().status().get().workers()).hasSize(1);
    }

    private static long counter(Cluster.Running<Memnode> memnode, String name) throws Exception {
        return memnode.role().status().get().counters().getOrDefault(name, 0L);
    }

    @Test
    void shouldTellWhenItIsRegistered() throws Exception {
        int port;
        try (Cluster probe = new Cluster()) {
            port = probe.memnode("probe", MIB).role().address().getPort();
        }
        Cluster.Running<Worker> worker = worker("w1", "127.0.0.1:" + port);
        assertThat(worker.role().registered()).isNotDone();
        cluster.memnode("m1", 8 * MIB, port);
        assertThat(worker.role().registered().get(20, TimeUnit.SECONDS)).isEqualTo("m1");
        Cluster.Running<Worker> never = worker("w2", "127.0.0.1:1");
        CompletableFuture<String> registered = never.role().registered();
        never.role().close();
        assertThatThrownBy(() -> registered.get(20, TimeUnit.SECONDS)).hasMessageContaining("stopped");
        assertThat(Objects.requireNonNull(worker.role().registered().get())).isEqualTo("m1");
    }
}
