// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.flush.generator.FallbackReason;
import io.sluice.flush.protocol.AttemptToken;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.Allocate;
import io.sluice.flush.protocol.FlushMessage.AttemptFailed;
import io.sluice.flush.protocol.FlushMessage.AttemptResult;
import io.sluice.flush.protocol.FlushMessage.AttemptStarted;
import io.sluice.flush.protocol.FlushMessage.CancelJob;
import io.sluice.flush.protocol.FlushMessage.Heartbeat;
import io.sluice.flush.protocol.FlushMessage.JobLost;
import io.sluice.flush.protocol.FlushMessage.Place;
import io.sluice.flush.protocol.FlushMessage.RegisterGenerator;
import io.sluice.flush.protocol.FlushMessage.Release;
import io.sluice.flush.protocol.FlushMessage.SubmitJob;
import io.sluice.flush.protocol.FlushTask;
import io.sluice.flush.protocol.FlushTaskCodec;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.NameLookup;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.flush.protocol.RefusedException;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushContext;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.flush.JobId;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.sst.TableOptions;
import io.sluice.store.storage.Storage;
import io.sluice.transport.Access;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
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
        return executor(generator, 1);
    }

    private FlushExecutor executor(Cluster.Generator generator, int memnodes) {
        return executor(generator, jobs.context(), memnodes);
    }

    private FlushExecutor executor(Cluster.Generator generator, FlushContext context, int memnodes) {
        FlushExecutor executor = cluster.keep(generator.remote().create(context));
        await().atMost(Duration.ofSeconds(20)).until(() -> generator.remote().connectedMemnodes() == memnodes);
        return executor;
    }

    private MessageEndpoint dial(FlushTask task) throws Exception {
        return cluster.dial(task);
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
    @Tag("A36")
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
    @Tag("A36")
    void shouldCountAMemnodeThatDoesNotAnswerHeartbeatsAsDead() throws Exception {
        FakeMemnode memnode = cluster.keep(new FakeMemnode(Set.of(FlushMessage.Heartbeat.class)));
        Cluster.Generator generator = generator(memnode);
        FlushExecutor executor = executor(generator);
        await().atMost(Duration.ofSeconds(10)).until(() -> generator.remote().connectedMemnodes() == 0);
        assertThat(executor).isNotNull();
    }

    @Test
    @Tag("A36")
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
        FlushResult result = result(task);
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

    @Test
    @Tag("A21")
    void shouldListenBeforeTheJobIsSubmittedAndTakeTheResultFromTheWorkerItself() throws Exception {
        FakeMemnode memnode = cluster.keep(new FakeMemnode(Set.of(SubmitJob.class)));
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(memnode.address())));
        FlushExecutor executor = executor(generator);
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", 100);
        FlushExecutor.Running running = executor.start(jobs.job(12, TableOptions.DEFAULT, List.of(memtable)));
        SubmitJob submit = memnode.awaitHeard(SubmitJob.class);
        FlushTask task = FlushTaskCodec.decode(submit.task().buffer(), Cluster.COMPARATORS);
        // The job's submission is not answered yet, and the listener hears its worker already.
        MessageEndpoint worker = dial(task);
        CompletableFuture<Ack> begun =
                worker.call(new AttemptStarted(task.token(), FakeMemnode.WORKER), Ack.class, CALL);
        memnode.answerHeld();
        begun.get(10, TimeUnit.SECONDS);
        MessageEndpoint thief = dial(task);
        assertUnknown(thief, new AttemptStarted(task.token(), FakeMemnode.WORKER));
        FlushResult result = result(task);
        assertUnknown(thief, new AttemptResult(task.token(), result));
        tell(worker, new AttemptResult(task.token(), result));
        assertThat(running.result().get(10, TimeUnit.SECONDS).builder()).isEqualTo(FakeMemnode.WORKER);
        assertUnknown(worker, new AttemptStarted(task.token(), FakeMemnode.WORKER));
        running.settled(true);
        memnode.awaitHeard(Release.class);
        assertThat(memnode.log.stream().map(FlushMessage::getClass).distinct())
                .as("the memnode never saw the result")
                .isSubsetOf(
                        RegisterGenerator.class,
                        Heartbeat.class,
                        Place.class,
                        Allocate.class,
                        SubmitJob.class,
                        Release.class);
        memtable.release();
    }

    private static FlushResult result(FlushTask task) {
        return new FlushResult(
                task.id(), task.attempt(), null, null, 0, 110, 0, Map.of(), FakeMemnode.WORKER, Map.of());
    }

    @Test
    void shouldGiveBackAPlaceThatIsGrantedTooLate() throws Exception {
        FakeMemnode memnode = cluster.keep(new FakeMemnode(Set.of(Place.class)));
        Cluster.Generator generator = generator(memnode);
        FlushExecutor executor = executor(generator);
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", 100);
        FlushExecutor.Running running = executor.start(jobs.job(12, TableOptions.DEFAULT, List.of(memtable)));
        assertThat(running.result().get(10, TimeUnit.SECONDS).builder()).isEqualTo("local");
        memnode.answerHeld();
        assertThat(memnode.awaitHeard(CancelJob.class).assignmentId()).isEqualTo(FakeMemnode.ASSIGNMENT);
        running.settled(true);
        memtable.release();
    }

    @Test
    void shouldAskForNoPlaceOnceTheJobIsOverdue() throws Exception {
        FakeMemnode silent = cluster.keep(new FakeMemnode(Set.of(Place.class)));
        FakeMemnode other = cluster.keep(new FakeMemnode(Set.of()));
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(silent.address(), other.address()))
                .withTimes(
                        Duration.ofMillis(100),
                        Duration.ofMillis(300),
                        Duration.ofMillis(200),
                        Duration.ofSeconds(20),
                        Duration.ZERO));
        CompletableFuture<FlushExecutor.Running> self = new CompletableFuture<>();
        generator.remote().onAttempt(report -> self.join().urge()); // between the first attempt and the second
        FlushExecutor executor = executor(generator, 2);
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", 100);
        FlushExecutor.Running running = executor.start(jobs.job(12, TableOptions.DEFAULT, List.of(memtable)));
        self.complete(running);
        assertThat(running.result().get(10, TimeUnit.SECONDS).builder()).isEqualTo("local");
        assertThat(generator.remote().statistics().localFlushes())
                .containsExactlyEntriesOf(Map.of(FallbackReason.URGED, 1L));
        assertThat(silent.log).hasAtLeastOneElementOfType(Place.class);
        assertThat(other.log).doesNotHaveAnyElementsOfTypes(Place.class);
        running.settled(true);
        memtable.release();
    }

    @Test
    void shouldHearOfALostJobOverANewConnection() throws Exception {
        FakeMemnode memnode = cluster.keep(new FakeMemnode(Set.of()));
        Cluster.Generator generator =
                cluster.generator(generatorSettings(List.of(memnode.address())).withAttempts(1, true));
        FlushExecutor executor = executor(generator);
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", 100);
        FlushExecutor.Running running = executor.start(jobs.job(12, TableOptions.DEFAULT, List.of(memtable)));
        FlushTask task =
                FlushTaskCodec.decode(memnode.awaitHeard(SubmitJob.class).task().buffer(), Cluster.COMPARATORS);
        tell(dial(task), new AttemptStarted(task.token(), FakeMemnode.WORKER)); // so it knows who has the job
        MessageEndpoint first = memnode.registered();
        first.connection().close();
        memnode.awaitHeard(RegisterGenerator.class);
        MessageEndpoint second = memnode.registered();
        assertThat(second).isNotSameAs(first);
        tell(second, new JobLost(FakeMemnode.ASSIGNMENT, "the worker died"));
        assertThat(running.result().get(10, TimeUnit.SECONDS).builder()).isEqualTo("local");
        assertThat(generator.remote().statistics().localFlushes())
                .containsExactlyEntriesOf(Map.of(FallbackReason.WORKER_LOST, 1L));
        running.settled(true);
        memtable.release();
    }

    @Test
    void shouldFallBackAfterAnErrorOfTheProgram() throws Exception {
        FakeMemnode memnode = cluster.keep(new FakeMemnode(Set.of()));
        Cluster.Generator generator = generator(memnode);
        Storage broken = Gate.wrap(jobs.storage(), (method, arguments, call) -> {
            throw new IllegalStateException("a fault in " + method);
        });
        FlushContext good = jobs.context();
        FlushExecutor executor = executor(
                generator,
                new FlushContext(good.database(), good.epoch(), broken, good.ownerDirectory(), good.local()),
                1);
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", 100);
        FlushExecutor.Running running = executor.start(jobs.job(12, TableOptions.DEFAULT, List.of(memtable)));
        assertThat(running.result().get(10, TimeUnit.SECONDS).builder()).isEqualTo("local");
        assertThat(generator.remote().statistics().localFlushes())
                .containsExactlyEntriesOf(Map.of(FallbackReason.INTERNAL, 1L));
        assertThat(memnode.awaitHeard(CancelJob.class).assignmentId()).isEqualTo(FakeMemnode.ASSIGNMENT);
        memnode.awaitHeard(Release.class);
        running.settled(true);
        memtable.release();
    }

    @Test
    void shouldTryAgainWhereTheMemtableLiesAlready() throws Exception {
        FakeMemnode first = cluster.keep(new FakeMemnode(Set.of()));
        FakeMemnode second = cluster.keep(new FakeMemnode(Set.of()));
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(first.address(), second.address())));
        FlushExecutor executor = executor(generator, 2);
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", 100);
        FlushExecutor.Running running = executor.start(jobs.job(12, TableOptions.DEFAULT, List.of(memtable)));
        for (int attempt = 1; attempt <= 2; attempt++) {
            FlushTask task = FlushTaskCodec.decode(
                    first.awaitHeard(SubmitJob.class).task().buffer(), Cluster.COMPARATORS);
            MessageEndpoint worker = dial(task);
            tell(worker, new AttemptStarted(task.token(), FakeMemnode.WORKER));
            tell(
                    worker,
                    attempt == 1
                            ? new AttemptFailed(task.token(), StoreException.Kind.IO, "test.io", "a broken disk")
                            : new AttemptResult(task.token(), result(task)));
        }
        assertThat(running.result().get(10, TimeUnit.SECONDS).attempt()).isEqualTo(2);
        assertThat(generator.remote().statistics().bytesShipped())
                .isEqualTo(memtable.layout().totalLength());
        assertThat(second.log).doesNotHaveAnyElementsOfTypes(Place.class);
        running.settled(true);
        memtable.release();
    }

    @Test
    void shouldRefuseAMemnodeThatGrantsNoRightToWrite() throws Exception {
        FakeMemnode memnode = cluster.keep(new FakeMemnode(Set.of()));
        memnode.access = Access.READ;
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
    @Tag("A36")
    void shouldGoToAnotherMemnodeWhereAOneSidedWriteNeverEnds() throws Exception {
        FakeMemnode stalled = cluster.keep(new FakeMemnode(Set.of()));
        FakeMemnode other = cluster.keep(new FakeMemnode(Set.of()));
        Cluster.Generator generator = cluster.generator(
                generatorSettings(List.of(stalled.address(), other.address()))
                        .withTimes(
                                Duration.ofMillis(100),
                                Duration.ofSeconds(5),
                                Duration.ofMillis(200),
                                Duration.ofMillis(500),
                                Duration.ofSeconds(15)),
                transport -> Tap.onWrites(transport, number -> number > 1),
                NameLookup.SYSTEM);
        FlushExecutor executor = executor(generator, 2);
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", 100);
        FlushExecutor.Running running = executor.start(jobs.job(12, TableOptions.DEFAULT, List.of(memtable)));
        stalled.awaitHeard(Allocate.class);
        other.awaitHeard(SubmitJob.class);
        assertThat(generator.remote().statistics().failedAttempts()).containsEntry(FallbackReason.DEADLINE, 1L);
        executor.close();
        assertThat(running.result()).failsWithin(Duration.ofSeconds(10));
        running.settled(false);
        memtable.release();
    }
}
