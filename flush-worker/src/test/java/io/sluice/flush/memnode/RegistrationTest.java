// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import static io.sluice.flush.memnode.PlayedCluster.CHUNK;
import static io.sluice.flush.memnode.PlayedCluster.SETTINGS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.flush.memnode.PlayedCluster.Peer;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.Allocate;
import io.sluice.flush.protocol.FlushMessage.AssignJob;
import io.sluice.flush.protocol.FlushMessage.Granted;
import io.sluice.flush.protocol.FlushMessage.Heartbeat;
import io.sluice.flush.protocol.FlushMessage.HeartbeatAck;
import io.sluice.flush.protocol.FlushMessage.JobAssigned;
import io.sluice.flush.protocol.FlushMessage.JobFinished;
import io.sluice.flush.protocol.FlushMessage.JobLost;
import io.sluice.flush.protocol.FlushMessage.Place;
import io.sluice.flush.protocol.FlushMessage.Placed;
import io.sluice.flush.protocol.FlushMessage.RegisterGenerator;
import io.sluice.flush.protocol.FlushMessage.RegisterWorker;
import io.sluice.flush.protocol.FlushMessage.Registered;
import io.sluice.flush.protocol.FlushMessage.SubmitJob;
import io.sluice.flush.protocol.FlushMessage.WorkerStopping;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.PeerRights;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.store.base.Slice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who counts as alive on a memnode, and what happens to what the dead had. */
class RegistrationTest {
    private static final Place PLACE = new Place(60_000, 0, 1000, List.of());
    private static final Duration BEAT = Duration.ofMillis(500);

    private PlayedCluster cluster;

    @BeforeEach
    void open() throws Exception {
        cluster = new PlayedCluster(16);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void check() {
        cluster.control.check();
        cluster.settle();
    }

    @Test
    @Tag("A23")
    void shouldTakeHeartbeatsThatSayNothingNewAsProofOfLifeAndSilenceAsDeath() throws Exception {
        Peer beating = cluster.worker("beating");
        Peer silent = cluster.worker("silent");
        beating.heartbeat(0, 0);
        silent.heartbeat(0, 0);
        for (Duration t = BEAT; t.compareTo(SETTINGS.workerTimeout()) < 0; t = t.plus(BEAT)) {
            cluster.advance(BEAT);
            beating.heartbeat(0, 0);
            check();
            assertThat(cluster.liveWorkers()).containsExactly("beating", "silent");
        }
        cluster.advance(BEAT);
        check();
        assertThat(cluster.liveWorkers()).containsExactly("beating");
        for (int i = 0; i < 100; i++) {
            beating.heartbeat(0, 0);
            cluster.advance(BEAT);
            check();
        }
        assertThat(cluster.liveWorkers()).containsExactly("beating");
    }

    @Test
    @Tag("A29")
    void shouldNotSelectAConnectedWorkerThatIsSilent() throws Exception {
        Peer generator = cluster.generator("db");
        Peer silent = cluster.worker("silent");
        generator.call(new Allocate(7, List.of(CHUNK)), Granted.class);
        Placed placed = generator.call(PLACE, Placed.class);
        var assigned = generator.ask(
                new SubmitJob(placed.assignmentId(), 60_000, List.of(7L), Slice.utf8("task")), JobAssigned.class);
        silent.next(AssignJob.class);
        silent.acknowledge();
        assertThat(assigned.get(0, TimeUnit.SECONDS).workerId()).isEqualTo("silent");

        cluster.advance(SETTINGS.workerTimeout().minusNanos(1));
        assertThat(generator.call(PLACE, Placed.class).workerId()).isEqualTo("silent");
        cluster.advance(Duration.ofNanos(1));
        // At its timeout, not at the next check only.
        assertThat(generator.refusalOf(PLACE)).isEqualTo(RefusalReason.NO_WORKER);
        assertThat(silent.endpoint.connection().closed()).isNotDone();

        check();
        assertThat(generator.next(JobLost.class).assignmentId()).isEqualTo(placed.assignmentId());
        assertThat(cluster.liveWorkers()).isEmpty();
        assertThat(silent.endpoint.connection().closed()).isDone();
        assertThat(cluster.control.status().counters()).containsEntry(Counters.WORKERS_LOST, 1L);

        Peer other = cluster.worker("other");
        assertThat(generator.call(PLACE, Placed.class).workerId()).isEqualTo("other");
        other.die();
        assertThat(generator.refusalOf(PLACE))
                .as("at once where the connection ends")
                .isEqualTo(RefusalReason.NO_WORKER);
    }

    @Test
    @Tag("A29")
    void shouldSelectAWorkerAgainThatComesBack() throws Exception {
        Peer generator = cluster.generator("db");
        cluster.worker("w1");
        cluster.advance(SETTINGS.workerTimeout());
        check();
        assertThat(generator.refusalOf(PLACE)).isEqualTo(RefusalReason.NO_WORKER);
        cluster.worker("w1");
        assertThat(generator.call(PLACE, Placed.class).workerId()).isEqualTo("w1");
    }

    @Test
    void shouldPlaceNothingOnAWorkerThatStopsAndLetItFinishWhatItHas() throws Exception {
        Peer generator = cluster.generator("db");
        Peer stopping = cluster.worker("stopping");
        generator.call(new Allocate(7, List.of(CHUNK)), Granted.class);
        Placed running = generator.call(PLACE, Placed.class);
        var unused = generator.ask(
                new SubmitJob(running.assignmentId(), 60_000, List.of(7L), Slice.utf8("task")), JobAssigned.class);
        stopping.acknowledge();
        Placed waiting = generator.call(PLACE, Placed.class);
        assertThat(waiting.workerId()).isEqualTo("stopping");

        stopping.call(new WorkerStopping(), Ack.class);
        assertThat(generator.refusalOf(PLACE)).isEqualTo(RefusalReason.NO_WORKER);
        stopping.heartbeat(1, 1);
        assertThat(generator.call(new Heartbeat(0, 0, 0), HeartbeatAck.class).workers())
                .isZero();
        assertThat(generator.refusalOf(PLACE)).as("after a heartbeat, too").isEqualTo(RefusalReason.NO_WORKER);
        Peer other = cluster.worker("other");
        for (int i = 0; i < 3; i++) {
            assertThat(generator.call(PLACE, Placed.class).workerId()).isEqualTo("other");
        }

        var assigned = generator.ask(
                new SubmitJob(waiting.assignmentId(), 60_000, List.of(7L), Slice.utf8("task")), JobAssigned.class);
        stopping.next(AssignJob.class);
        stopping.refuse(RefusalReason.STOPPING);
        other.next(AssignJob.class);
        other.acknowledge();
        assertThat(assigned.get(0, TimeUnit.SECONDS).workerId()).isEqualTo("other");

        assertThat(cluster.jobsOn("stopping")).isEqualTo(1);
        stopping.call(new JobFinished(running.assignmentId(), true), Ack.class);
        assertThat(cluster.jobsOn("stopping")).isZero();
        stopping.die();
        assertThat(generator.asked).as("no job was lost").isEmpty();
        assertThat(cluster.control.status().counters()).doesNotContainKey(Counters.WORKERS_LOST);
        other.die();
        assertThat(cluster.control.status().counters()).containsEntry(Counters.WORKERS_LOST, 1L);

        cluster.worker("stopping");
        assertThat(generator.call(PLACE, Placed.class).workerId())
                .as("when it has started again")
                .isEqualTo("stopping");
    }

    @Test
    void shouldSayThatAJobIsLostWhoseWorkerStoppedBeforeItsEnd() throws Exception {
        Peer generator = cluster.generator("db");
        Peer worker = cluster.worker("w1");
        generator.call(new Allocate(7, List.of(CHUNK)), Granted.class);
        Placed placed = generator.call(PLACE, Placed.class);
        var unused = generator.ask(
                new SubmitJob(placed.assignmentId(), 60_000, List.of(7L), Slice.utf8("task")), JobAssigned.class);
        worker.acknowledge();
        worker.call(new WorkerStopping(), Ack.class);
        worker.die();
        assertThat(generator.next(JobLost.class).assignmentId()).isEqualTo(placed.assignmentId());
    }

    @Test
    void shouldRefuseASecondWorkerOfTheSameIdWhileTheFirstLives() throws Exception {
        Peer first = cluster.worker("w1");
        Peer second = cluster.connect(PeerRights.WORKER);
        cluster.advance(SETTINGS.workerTimeout().minusMillis(1));
        assertThatThrownBy(() -> second.call(new RegisterWorker("w1", 8), Registered.class))
                .hasMessageContaining("a live worker is registered as 'w1'");
        first.heartbeat(1, 0);
        assertThat(cluster.jobsOn("w1")).isEqualTo(1);
        assertThat(first.endpoint.connection().closed()).isNotDone();
        assertThat(second.refusalOf(new Heartbeat(0, 0, 0))).isEqualTo(RefusalReason.NOT_REGISTERED);

        // It comes again as its link does, and is let in as soon as the first is silent, before any check.
        cluster.advance(SETTINGS.workerTimeout());
        second.call(new RegisterWorker("w1", 8), Registered.class);
        assertThat(cluster.jobsOn("w1")).isZero();
        assertThat(first.endpoint.connection().closed()).isDone();
        second.heartbeat(0, 0);
        check();
        assertThat(cluster.liveWorkers()).containsExactly("w1");
    }

    @Test
    void shouldLetAWorkerBackAtOnceWhereItsOldConnectionIsGone() throws Exception {
        Peer first = cluster.worker("w1");
        first.die();
        cluster.worker("w1").heartbeat(0, 0);
        assertThat(cluster.liveWorkers()).containsExactly("w1");
    }

    /** A generator that could register as a worker would be given what others shipped. */
    @Test
    @Tag("T8")
    void shouldRegisterAPeerAsWhatItHasProvenToBeOnly() throws Exception {
        Peer generator = cluster.connect(PeerRights.GENERATOR);
        assertThat(generator.refusalOf(new RegisterWorker("w1", 8))).isEqualTo(RefusalReason.INVALID);
        Peer worker = cluster.connect(PeerRights.WORKER);
        assertThat(worker.refusalOf(new RegisterGenerator("db", 1, 1))).isEqualTo(RefusalReason.INVALID);
        assertThat(cluster.liveWorkers()).isEmpty();
        assertThat(cluster.control.status().generators()).isZero();
    }

    @Test
    void shouldNotLoseAWorkerThatRegistersTwiceOnOneConnection() throws Exception {
        Peer worker = cluster.worker("w1");
        worker.heartbeat(3, 0);
        worker.call(new RegisterWorker("w1", 8), Registered.class);
        assertThat(cluster.jobsOn("w1")).isEqualTo(3);
        assertThat(worker.refusalOf(new RegisterWorker("w2", 8))).isEqualTo(RefusalReason.INVALID);
    }

    @Test
    void shouldNotRegisterAConnectionWhoseEndWasHandledBefore() throws Exception {
        for (FlushMessage registration : List.of(new RegisterWorker("late", 8), new RegisterGenerator("late", 1, 1))) {
            Peer peer =
                    cluster.connect(registration instanceof RegisterWorker ? PeerRights.WORKER : PeerRights.GENERATOR);
            MessageEndpoint dead = cluster.accepted.get(cluster.accepted.size() - 1);
            peer.die();
            assertThat(dead.connection().closed()).isDone();
            List<FlushMessage> answers = new ArrayList<>();
            cluster.control.onMessage(dead, registration, answers::add);
            assertThat(cluster.liveWorkers()).isEmpty();
            assertThat(cluster.control.status().generators()).isZero();
            cluster.control.onMessage(dead, PLACE, answers::add);
            assertThat(answers)
                    .hasSize(2)
                    .allSatisfy(answer -> assertThat(answer)
                            .isInstanceOfSatisfying(
                                    FlushMessage.Refusal.class,
                                    refusal -> assertThat(refusal.reason()).isEqualTo(RefusalReason.NOT_REGISTERED)));
        }
    }

    @Test
    @Tag("A32")
    void shouldReclaimWhatAGeneratorTookOverEachOfItsConnections() throws Exception {
        Peer first = cluster.generator("db");
        first.call(new Allocate(1, List.of(CHUNK)), Granted.class);
        Peer second = cluster.generator("db");
        second.call(new Allocate(2, List.of(CHUNK)), Granted.class);
        assertThat(first.refusalOf(new Allocate(3, List.of(CHUNK))))
                .as("of a connection that was replaced")
                .isEqualTo(RefusalReason.NOT_REGISTERED);
        second.die();
        first.die();
        cluster.advance(SETTINGS.generatorGrace().minusNanos(1));
        check();
        assertThat(cluster.control.status().grants()).isEqualTo(2);
        cluster.advance(Duration.ofNanos(1));
        check();
        assertThat(cluster.control.status().grants()).isZero();
        assertThat(cluster.pool.inUse()).isZero();
    }
}
