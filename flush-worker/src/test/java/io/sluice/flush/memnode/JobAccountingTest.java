// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import static io.sluice.flush.memnode.PlayedCluster.CHUNK;
import static io.sluice.flush.memnode.PlayedCluster.SETTINGS;
import static io.sluice.flush.memnode.PlayedCluster.reason;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.flush.memnode.PlayedCluster.Peer;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.Allocate;
import io.sluice.flush.protocol.FlushMessage.AssignJob;
import io.sluice.flush.protocol.FlushMessage.CancelJob;
import io.sluice.flush.protocol.FlushMessage.Granted;
import io.sluice.flush.protocol.FlushMessage.JobAssigned;
import io.sluice.flush.protocol.FlushMessage.JobFinished;
import io.sluice.flush.protocol.FlushMessage.JobLost;
import io.sluice.flush.protocol.FlushMessage.Place;
import io.sluice.flush.protocol.FlushMessage.Placed;
import io.sluice.flush.protocol.FlushMessage.Release;
import io.sluice.flush.protocol.FlushMessage.SubmitJob;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.store.base.Slice;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A job counts on its worker from its placement to its end, once, whatever way it ends. */
class JobAccountingTest {
    private static final long DEADLINE_MILLIS = 60_000;
    private static final Duration DEADLINE = Duration.ofMillis(DEADLINE_MILLIS);
    private static final long GRANT = 7;

    private PlayedCluster cluster;
    private Peer generator;
    private Peer worker;

    @BeforeEach
    void open() throws Exception {
        cluster = new PlayedCluster(16);
        generator = cluster.generator("db");
        worker = cluster.worker("w1");
        generator.call(new Allocate(GRANT, List.of(CHUNK, 100)), Granted.class);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private Placed place(String... avoided) throws Exception {
        return generator.call(new Place(DEADLINE_MILLIS, 0, 1000, List.of(avoided)), Placed.class);
    }

    private CompletableFuture<JobAssigned> submit(Placed placed) {
        return generator.ask(
                new SubmitJob(placed.assignmentId(), DEADLINE_MILLIS, List.of(GRANT), Slice.utf8("task")),
                JobAssigned.class);
    }

    private Placed running() throws Exception {
        Placed placed = place();
        CompletableFuture<JobAssigned> assigned = submit(placed);
        worker.next(AssignJob.class);
        worker.acknowledge();
        assertThat(assigned.get(0, TimeUnit.SECONDS).workerId()).isEqualTo("w1");
        assertThat(cluster.jobsOn("w1")).isEqualTo(1);
        return placed;
    }

    private void finish(Peer by, long assignmentId, boolean delivered) throws Exception {
        by.call(new JobFinished(assignmentId, delivered), Ack.class);
    }

    private void cancel(Placed placed) throws Exception {
        generator.call(new CancelJob(placed.assignmentId()), Ack.class);
    }

    private void check() {
        cluster.control.check();
        cluster.settle();
    }

    private void assertNothingCounts() {
        assertThat(cluster.control.status().assignments()).isZero();
        assertThat(cluster.control.status().workers())
                .allMatch(status -> status.load().jobs() == 0);
    }

    private void assertGrantComesBack() throws Exception {
        generator.call(new Release(GRANT), Ack.class);
        cluster.settle();
        assertThat(cluster.pool.inUse()).isZero();
    }

    @Test
    @Tag("A28")
    void shouldCountAJobFromItsPlacementToItsEnd() throws Exception {
        Placed placed = place();
        assertThat(cluster.jobsOn("w1")).isEqualTo(1);
        CompletableFuture<JobAssigned> assigned = submit(placed);
        assertThat(cluster.jobsOn("w1")).isEqualTo(1);
        worker.acknowledge();
        assertThat(assigned).isCompleted();
        worker.heartbeat(1, 1);
        assertThat(cluster.jobsOn("w1")).as("the worker reports it too").isEqualTo(1);
        Placed other = place();
        assertThat(cluster.jobsOn("w1")).isEqualTo(2);
        finish(worker, placed.assignmentId(), true);
        assertThat(cluster.jobsOn("w1")).isEqualTo(1);
        finish(worker, placed.assignmentId(), true);
        cancel(placed);
        assertThat(cluster.jobsOn("w1")).as("ended once, not again").isEqualTo(1);
        cancel(other);
        cancel(other);
        assertNothingCounts();
        assertThat(generator.asked).isEmpty();
        assertGrantComesBack();
    }

    @Test
    @Tag("A28")
    void shouldTellTheGeneratorOnceWhereTheOutcomeWasNotDelivered() throws Exception {
        Placed placed = running();
        finish(worker, placed.assignmentId(), false);
        assertNothingCounts();
        assertThat(generator.next(JobLost.class).assignmentId()).isEqualTo(placed.assignmentId());
        generator.acknowledge();
        finish(worker, placed.assignmentId(), false);
        assertThat(generator.asked).isEmpty();
    }

    @Test
    @Tag("A28")
    void shouldNotLetAnotherWorkerEndAJob() throws Exception {
        Placed placed = running();
        Peer other = cluster.worker("w2");
        finish(other, placed.assignmentId(), true);
        assertThat(cluster.jobsOn("w1")).isEqualTo(1);
        assertThat(cluster.jobsOn("w2")).isZero();
        finish(worker, placed.assignmentId(), true);
        assertNothingCounts();
    }

    @Test
    @Tag("A28")
    void shouldFreeAPlaceThatWasNeverUsed() throws Exception {
        Placed placed = place();
        cluster.advance(DEADLINE.minusNanos(1));
        worker.heartbeat(0, 0);
        check();
        assertThat(cluster.jobsOn("w1")).isEqualTo(1);
        cluster.advance(Duration.ofNanos(1));
        check();
        assertNothingCounts();
        assertThat(reason(submit(placed))).isEqualTo(RefusalReason.UNKNOWN);
        assertThat(worker.asked).isEmpty();
    }

    @Test
    @Tag("A28")
    void shouldCountACancelledJobUntilItsWorkerIsDoneWithIt() throws Exception {
        Placed placed = running();
        cancel(placed);
        assertThat(worker.next(CancelJob.class).assignmentId()).isEqualTo(placed.assignmentId());
        worker.acknowledge();
        worker.heartbeat(1, 1);
        assertThat(cluster.jobsOn("w1")).isEqualTo(1);
        finish(worker, placed.assignmentId(), false);
        assertNothingCounts();
        assertThat(generator.asked).as("nobody waits for it").isEmpty();
        assertGrantComesBack();
    }

    @Test
    @Tag("A28")
    void shouldCancelAnOverdueJobAtItsWorkerAndCountItUntilThatIsDone() throws Exception {
        Placed placed = running();
        Placed later = place();
        cluster.advance(DEADLINE);
        worker.heartbeat(1, 1);
        check();
        assertThat(worker.next(CancelJob.class).assignmentId()).isEqualTo(placed.assignmentId());
        assertThat(cluster.jobsOn("w1")).as("still under way there").isEqualTo(1);
        assertThat(cluster.control.status().assignments()).isEqualTo(1);
        worker.acknowledge();
        for (int i = 0; i < 5; i++) {
            worker.heartbeat(1, 1);
            cluster.advance(SETTINGS.checkInterval());
            check();
        }
        assertThat(worker.asked).as("told once").isEmpty();
        assertThat(cluster.jobsOn("w1")).isEqualTo(1);
        finish(worker, placed.assignmentId(), false);
        assertNothingCounts();
        assertThat(reason(submit(later))).isEqualTo(RefusalReason.UNKNOWN);
    }

    @Test
    @Tag("A28")
    void shouldFreeTheLoadOfAJobThatItsWorkerDoesNotHave() throws Exception {
        Placed placed = running();
        cancel(placed);
        worker.next(CancelJob.class);
        worker.refuse(RefusalReason.UNKNOWN);
        assertNothingCounts();
    }

    @Test
    @Tag("A28")
    @Tag("A36")
    void shouldTellAWorkerAgainThatDidNotAnswer() throws Exception {
        Placed placed = running();
        cancel(placed);
        worker.next(CancelJob.class);
        cluster.advance(SETTINGS.callTimeout());
        worker.heartbeat(1, 1);
        assertThat(cluster.jobsOn("w1")).isEqualTo(1);
        worker.asked.clear();
        check();
        assertThat(worker.next(CancelJob.class).assignmentId()).isEqualTo(placed.assignmentId());
        worker.refuse(RefusalReason.UNKNOWN);
        assertNothingCounts();
    }

    @Test
    @Tag("A28")
    void shouldCountACancelledJobNoLongerThanItsWorkerLives() throws Exception {
        Placed placed = running();
        cancel(placed);
        worker.acknowledge();
        worker.die();
        assertNothingCounts();
        assertThat(generator.asked).isEmpty();
    }

    @Test
    @Tag("A28")
    @Tag("A34")
    void shouldMoveTheLoadWithAJobThatABusyWorkerRefuses() throws Exception {
        Placed placed = place();
        Peer other = cluster.worker("w2");
        CompletableFuture<JobAssigned> assigned = submit(placed);
        worker.next(AssignJob.class);
        worker.refuse(RefusalReason.BUSY);
        assertThat(cluster.jobsOn("w1")).isZero();
        assertThat(cluster.jobsOn("w2")).isEqualTo(1);
        assertThat(assigned).isNotDone();
        assertThat(other.next(AssignJob.class).assignmentId()).isEqualTo(placed.assignmentId());
        other.acknowledge();
        assertThat(assigned.get(0, TimeUnit.SECONDS).workerId()).isEqualTo("w2");
        finish(worker, placed.assignmentId(), true);
        assertThat(cluster.jobsOn("w2")).isEqualTo(1);
        finish(other, placed.assignmentId(), true);
        assertNothingCounts();
        assertGrantComesBack();
    }

    @Test
    @Tag("A28")
    void shouldFreeAllWhereEveryWorkerIsBusy() throws Exception {
        Peer other = cluster.worker("w2");
        CompletableFuture<JobAssigned> assigned = submit(place());
        worker.refuse(RefusalReason.BUSY);
        other.refuse(RefusalReason.INVALID);
        assertThat(reason(assigned)).as("one of them may have room later").isEqualTo(RefusalReason.BUSY);
        assertNothingCounts();
        assertThat(worker.asked).isEmpty();
        assertThat(other.asked).isEmpty();
        assertGrantComesBack();
    }

    @Test
    @Tag("A28")
    @Tag("A36")
    void shouldPlaceAgainWhereAWorkerIsSilentAndCountTheJobOnBothUntilThatOneAnswers() throws Exception {
        Placed placed = place();
        Peer other = cluster.worker("w2");
        CompletableFuture<JobAssigned> assigned = submit(placed);
        worker.next(AssignJob.class);
        cluster.advance(SETTINGS.callTimeout().minusMillis(1));
        assertThat(other.asked).isEmpty();
        cluster.advance(Duration.ofMillis(1));
        assertThat(other.next(AssignJob.class).assignmentId()).isEqualTo(placed.assignmentId());
        other.acknowledge();
        assertThat(assigned.get(0, TimeUnit.SECONDS).workerId()).isEqualTo("w2");
        assertThat(cluster.jobsOn("w1")).as("it may have begun").isEqualTo(1);
        assertThat(cluster.jobsOn("w2")).isEqualTo(1);
        worker.acknowledge(); // late: the job is another's by now
        assertThat(worker.next(CancelJob.class).assignmentId()).isEqualTo(placed.assignmentId());
        worker.acknowledge();
        finish(worker, placed.assignmentId(), true);
        assertThat(cluster.jobsOn("w1")).isZero();
        assertThat(cluster.jobsOn("w2")).isEqualTo(1);
        finish(other, placed.assignmentId(), true);
        assertNothingCounts();
        assertThat(generator.asked).isEmpty();
    }

    @Test
    @Tag("A28")
    void shouldTellTheGeneratorWhereTheWorkerOfAJobIsLost() throws Exception {
        Placed placed = running();
        worker.die();
        assertNothingCounts();
        assertThat(generator.next(JobLost.class).assignmentId()).isEqualTo(placed.assignmentId());
        assertGrantComesBack();
    }

    @Test
    @Tag("A28")
    void shouldPlaceAgainWhereTheWorkerDiesBeforeItAnswers() throws Exception {
        Placed placed = place();
        Peer other = cluster.worker("w2");
        CompletableFuture<JobAssigned> assigned = submit(placed);
        worker.next(AssignJob.class);
        worker.die();
        other.next(AssignJob.class);
        other.acknowledge();
        assertThat(assigned.get(0, TimeUnit.SECONDS).workerId()).isEqualTo("w2");
        assertThat(generator.asked).as("nothing was lost").isEmpty();
        finish(other, placed.assignmentId(), true);
        assertNothingCounts();
    }

    @Test
    @Tag("A28")
    void shouldPlaceAgainWhereTheWorkerDiedBeforeItWasAsked() throws Exception {
        Placed placed = place();
        worker.die();
        assertThat(cluster.control.status().assignments()).isEqualTo(1);
        Peer other = cluster.worker("w2");
        CompletableFuture<JobAssigned> assigned = submit(placed);
        other.acknowledge();
        assertThat(assigned.get(0, TimeUnit.SECONDS).workerId()).isEqualTo("w2");
        finish(other, placed.assignmentId(), true);
        assertNothingCounts();
    }

    @Test
    @Tag("A28")
    void shouldCountAJobOnTheNewLifeOfItsWorker() throws Exception {
        Placed placed = place();
        worker.die();
        Peer back = cluster.worker("w1");
        assertThat(cluster.jobsOn("w1")).isZero();
        CompletableFuture<JobAssigned> assigned = submit(placed);
        back.acknowledge();
        assertThat(assigned.get(0, TimeUnit.SECONDS).workerId()).isEqualTo("w1");
        assertThat(cluster.jobsOn("w1")).isEqualTo(1);
        finish(back, placed.assignmentId(), true);
        assertNothingCounts();
    }

    @Test
    @Tag("A28")
    void shouldRefuseWhereNoWorkerIsLeft() throws Exception {
        Placed placed = place();
        worker.die();
        assertThat(reason(submit(placed))).isEqualTo(RefusalReason.NO_WORKER);
        assertNothingCounts();
        assertGrantComesBack();
    }

    @Test
    @Tag("A28")
    void shouldNotLeakAJobWhoseMemoryIsGivenBackWhileItIsPlacedAgain() throws Exception {
        Peer other = cluster.worker("w2");
        CompletableFuture<JobAssigned> assigned = submit(place());
        generator.call(new Release(GRANT), Ack.class);
        worker.refuse(RefusalReason.BUSY);
        assertThat(reason(assigned)).isEqualTo(RefusalReason.UNKNOWN);
        assertThat(other.asked).isEmpty();
        assertNothingCounts();
        assertThat(cluster.pool.inUse()).isZero();
    }

    @Test
    @Tag("A28")
    void shouldKeepThePlaceOfAJobThatNamesAnUnknownGrant() throws Exception {
        Placed placed = place();
        SubmitJob wrong = new SubmitJob(placed.assignmentId(), DEADLINE_MILLIS, List.of(99L), Slice.utf8("task"));
        assertThat(generator.refusalOf(wrong)).isEqualTo(RefusalReason.UNKNOWN);
        assertThat(worker.asked).isEmpty();
        assertThat(cluster.jobsOn("w1")).isEqualTo(1);
        CompletableFuture<JobAssigned> assigned = submit(placed);
        worker.acknowledge();
        assertThat(assigned).isCompleted();
        finish(worker, placed.assignmentId(), true);
        assertNothingCounts();
    }

    @Test
    void shouldGiveBackMemoryThatAJobNamesTwice() throws Exception {
        Placed placed = place();
        SubmitJob twice =
                new SubmitJob(placed.assignmentId(), DEADLINE_MILLIS, List.of(GRANT, GRANT), Slice.utf8("task"));
        assertThat(generator.refusalOf(twice)).isEqualTo(RefusalReason.INVALID);
        cancel(placed);
        assertGrantComesBack();
        assertNothingCounts();
    }

    @Test
    @Tag("A28")
    void shouldCancelTheJobsOfAGeneratorThatIsGivenUp() throws Exception {
        Placed placed = running();
        place();
        assertThat(cluster.jobsOn("w1")).isEqualTo(2);
        generator.die();
        cluster.advance(SETTINGS.generatorGrace());
        worker.heartbeat(1, 1);
        check();
        assertThat(cluster.pool.inUse()).isZero();
        assertThat(worker.next(CancelJob.class).assignmentId()).isEqualTo(placed.assignmentId());
        worker.acknowledge();
        assertThat(cluster.jobsOn("w1")).isEqualTo(1);
        finish(worker, placed.assignmentId(), false);
        assertNothingCounts();
    }

    @Test
    @Tag("A28")
    void shouldGoOnCountingTheJobsOfAWorkerThatIsStruckOutByHand() throws Exception {
        Placed placed = running();
        CompletableFuture<Object> answered = new CompletableFuture<>();
        cluster.control.removeWorker("w1", answered::complete);
        assertThat(answered).isCompletedWithValueMatching(Ack.class::isInstance);
        assertThat(generator.refusalOf(new Place(DEADLINE_MILLIS, 0, 1000, List.of())))
                .isEqualTo(RefusalReason.NO_WORKER);
        worker.heartbeat(1, 1);
        assertThat(cluster.control.status().assignments()).isEqualTo(1);
        cluster.control.invite("w1").join();
        assertThat(cluster.jobsOn("w1")).isEqualTo(1);
        finish(worker, placed.assignmentId(), true);
        assertNothingCounts();
    }

    @Test
    void shouldBoundTheJobsThatArePlaced() throws Exception {
        Place place = new Place(DEADLINE_MILLIS, 0, Integer.MAX_VALUE, List.of());
        Placed first = generator.call(place, Placed.class);
        for (int i = 1; i < JobTable.MAX_ASSIGNMENTS; i++) {
            generator.call(place, Placed.class);
        }
        assertThat(generator.refusalOf(place)).isEqualTo(RefusalReason.BUSY);
        cancel(first);
        assertThat(generator.refusalOf(place)).isNull();
    }

    @Test
    @Tag("A27")
    void shouldGiveEachJobToTheWorkerThatWasPlacedForItInWhateverOrderTheyAreSubmitted() throws Exception {
        Map<String, Peer> workers = new HashMap<>(Map.of("w1", worker));
        for (String id : List.of("w2", "w3", "w4")) {
            workers.put(id, cluster.worker(id));
        }
        Peer second = cluster.generator("another");
        second.call(new Allocate(GRANT, List.of(100)), Granted.class);
        Map<Long, String> placed = new HashMap<>();
        Map<Long, Peer> owners = new HashMap<>();
        for (int i = 0; i < 12; i++) {
            Peer owner = i % 2 == 0 ? generator : second;
            Placed place = owner.call(new Place(DEADLINE_MILLIS, 0, 1000, List.of()), Placed.class);
            placed.put(place.assignmentId(), place.workerId());
            owners.put(place.assignmentId(), owner);
        }
        assertThat(placed.values()).containsOnly("w1", "w2", "w3", "w4");
        List<Long> reversed =
                placed.keySet().stream().sorted((a, b) -> Long.compare(b, a)).toList();
        for (long id : reversed) {
            Peer owner = Objects.requireNonNull(owners.get(id));
            CompletableFuture<JobAssigned> assigned = owner.ask(
                    new SubmitJob(id, DEADLINE_MILLIS, List.of(GRANT), Slice.utf8("task " + id)), JobAssigned.class);
            Peer chosen = Objects.requireNonNull(workers.get(placed.get(id)));
            AssignJob job = chosen.next(AssignJob.class);
            assertThat(job.assignmentId()).isEqualTo(id);
            assertThat(job.task()).isEqualTo(Slice.utf8("task " + id));
            assertThat(workers.values().stream().mapToInt(w -> w.asked.size()).sum())
                    .as("asked of that one alone")
                    .isEqualTo(1);
            chosen.acknowledge();
            assertThat(assigned.get(0, TimeUnit.SECONDS).workerId()).isEqualTo(placed.get(id));
        }
    }
}
