// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.flush.generator.FallbackReason;
import io.sluice.flush.protocol.Addresses;
import io.sluice.flush.protocol.AttemptToken;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.AttemptResult;
import io.sluice.flush.protocol.FlushMessage.AttemptStarted;
import io.sluice.flush.protocol.FlushTask;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.flush.protocol.RefusedException;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.flush.JobId;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.sst.TableOptions;
import io.sluice.transport.Connection;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A generator against peers that a test plays: silent, late, twice, and not who they say. */
@Timeout(60)
class RemoteFlushPeersTest {
    private static final Duration CALL = Duration.ofSeconds(10);

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

    private Cluster.Generator generator(FakeMemnode memnode) throws Exception {
        return cluster.generator(generatorSettings(List.of(memnode.address()))
                .withTimes(
                        Duration.ofMillis(100),
                        Duration.ofMillis(300),
                        Duration.ofMillis(200),
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(15)));
    }

    private FlushExecutor executor(Cluster.Generator generator) {
        FlushExecutor executor = cluster.keep(generator.remote().create(jobs.context()));
        await().atMost(Duration.ofSeconds(20)).until(() -> generator.remote().connectedMemnodes() == 1);
        return executor;
    }

    private MessageEndpoint dial(FlushTask task) throws Exception {
        RegionPool pool = new RegionPool(Cluster.CHUNK, Cluster.CHUNK);
        Transport transport = Cluster.transport("worker", "played", pool);
        cluster.keep(() -> {
            transport.close();
            pool.close();
        });
        Connection connection =
                transport.connect(Addresses.parse(task.callback())).get(10, TimeUnit.SECONDS);
        return MessageEndpoint.attach(connection, (from, message, reply) -> reply.send(new Ack()), Runnable::run);
    }

    private static void tell(MessageEndpoint generator, FlushMessage message) throws Exception {
        generator.call(message, Ack.class, CALL).get(10, TimeUnit.SECONDS);
    }

    private static void assertUnknown(MessageEndpoint generator, FlushMessage message) {
        assertThatThrownBy(() -> tell(generator, message))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.reason()).isEqualTo(RefusalReason.UNKNOWN));
    }

    @ParameterizedTest
    @ValueSource(classes = {FlushMessage.Place.class, FlushMessage.Allocate.class, FlushMessage.SubmitJob.class})
    void shouldFlushLocallyWhereAMemnodeFallsSilent(Class<? extends FlushMessage> swallowed) throws Exception {
        FakeMemnode memnode = cluster.keep(new FakeMemnode(Set.of(swallowed)));
        Cluster.Generator generator = generator(memnode);
        FlushExecutor executor = executor(generator);
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", 100);
        FlushExecutor.Running running = executor.start(jobs.job(12, TableOptions.DEFAULT, List.of(memtable)));
        assertThat(running.result().get(10, TimeUnit.SECONDS).builder()).isEqualTo("local");
        assertThat(generator.remote().statistics().localFlushes())
                .containsExactlyEntriesOf(Map.of(FallbackReason.MEMNODE_LOST, 1L));
        running.settled(true);
        memtable.release();
    }

    @Test
    void shouldCountAMemnodeThatDoesNotAnswerHeartbeatsAsDead() throws Exception {
        FakeMemnode memnode = cluster.keep(new FakeMemnode(Set.of(FlushMessage.Heartbeat.class)));
        Cluster.Generator generator = generator(memnode);
        FlushExecutor executor = executor(generator);
        await().atMost(Duration.ofSeconds(10)).until(() -> generator.remote().connectedMemnodes() == 0);
        assertThat(executor).isNotNull();
    }

    @Test
    void shouldGiveUpAMemnodeThatNeverRegistersUs() throws Exception {
        FakeMemnode memnode = cluster.keep(new FakeMemnode(Set.of(FlushMessage.RegisterGenerator.class)));
        Cluster.Generator generator = generator(memnode);
        FlushExecutor executor = cluster.keep(generator.remote().create(jobs.context()));
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", 100);
        FlushExecutor.Running running = executor.start(jobs.job(12, TableOptions.DEFAULT, List.of(memtable)));
        assertThat(running.result().get(10, TimeUnit.SECONDS).builder()).isEqualTo("local");
        running.settled(true);
        memtable.release();
    }

    @Test
    @Tag("A38")
    void shouldTakeOneResultOfTheAssignedWorkerAndNoOther() throws Exception {
        FakeMemnode memnode = cluster.keep(new FakeMemnode(Set.of()));
        Cluster.Generator generator = generator(memnode);
        FlushExecutor executor = executor(generator);
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", 100);
        FlushExecutor.Running running = executor.start(jobs.job(12, TableOptions.DEFAULT, List.of(memtable)));
        FlushTask task = memnode.task.get(10, TimeUnit.SECONDS);
        MessageEndpoint worker = dial(task);
        AttemptToken forged = new AttemptToken(1, 2);
        assertUnknown(worker, new AttemptStarted(forged, FakeMemnode.WORKER));
        assertUnknown(worker, new AttemptStarted(task.token(), "another"));
        tell(worker, new AttemptStarted(task.token(), FakeMemnode.WORKER));
        FlushResult result = new FlushResult(
                task.id(), task.attempt(), null, null, 0, 110, 0, Map.of(), FakeMemnode.WORKER, Map.of());
        assertUnknown(worker, new AttemptResult(forged, result));
        assertThat(running.result()).isNotDone();
        tell(worker, new AttemptResult(task.token(), result));
        assertThat(running.result().get(10, TimeUnit.SECONDS).builder()).isEqualTo(FakeMemnode.WORKER);
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertUnknown(
                        worker,
                        new AttemptResult(
                                task.token(),
                                new FlushResult(task.id(), 99, null, null, 0, 0, 0, Map.of(), "late", Map.of()))));
        assertThat(running.result().get().attempt()).isEqualTo(task.attempt());
        assertThat(generator.remote().statistics().remoteFlushes())
                .as("before the store has installed it")
                .isZero();
        running.settled(true);
        assertThat(generator.remote().statistics().remoteFlushes()).isEqualTo(1);
        memtable.release();
    }

    @Test
    void shouldNotBelieveAResultOfAnotherJob() throws Exception {
        FakeMemnode memnode = cluster.keep(new FakeMemnode(Set.of()));
        Cluster.Generator generator =
                cluster.generator(generatorSettings(List.of(memnode.address())).withAttempts(1, true));
        FlushExecutor executor = executor(generator);
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", 100);
        FlushExecutor.Running running = executor.start(jobs.job(12, TableOptions.DEFAULT, List.of(memtable)));
        FlushTask task = memnode.task.get(10, TimeUnit.SECONDS);
        MessageEndpoint worker = dial(task);
        tell(worker, new AttemptStarted(task.token(), FakeMemnode.WORKER));
        JobId other = new JobId(task.id().database(), task.id().epoch(), 0, 77);
        tell(
                worker,
                new AttemptResult(
                        task.token(),
                        new FlushResult(
                                other, task.attempt(), null, null, 0, 110, 0, Map.of(), FakeMemnode.WORKER, Map.of())));
        assertThat(running.result().get(10, TimeUnit.SECONDS).builder()).isEqualTo("local");
        assertThat(generator.remote().statistics().localFlushes())
                .containsExactlyEntriesOf(Map.of(FallbackReason.CORRUPT, 1L));
        running.settled(true);
        memtable.release();
    }
}
