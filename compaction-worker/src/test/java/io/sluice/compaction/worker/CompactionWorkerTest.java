// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.document.ErrorDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.JobName;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Progress.State;
import io.sluice.compaction.document.ResultDocument;
import io.sluice.compaction.document.ResultFile;
import io.sluice.compaction.document.Submitted;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionProgress;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.compaction.CompactionVerifier;
import io.sluice.store.manifest.FileNames;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CompactionWorkerTest extends WorkerScenario {
    private static ResultDocument result(Progress progress) {
        assertThat(progress.state()).as("%s", progress.error()).isEqualTo(State.FINISHED);
        return Objects.requireNonNull(progress.result());
    }

    private static ErrorDocument error(Progress progress) {
        return Objects.requireNonNull(progress.error());
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    @Tag("B17")
    void shouldCompactWhatIsSubmitted(HttpClient.Version version) throws Exception {
        TestStore store = store("db");
        CompactionWorker worker = start(settings());
        Client client = new Client(worker.url(), version);
        CompactionJob job = store.job(1, 4, 2);
        JobDocument document = store.attempt(job, CompactionProgress.NONE);
        Submitted submitted = client.submit(document);
        assertThat(submitted.address()).isEqualTo(worker.url()).startsWith("http://127.0.0.1:");
        assertThat(submitted.worker()).isEqualTo("w1");
        assertThat(submitted.token())
                .matches("[0-9a-f]{32}-127_0_0_1_" + worker.address().getPort());

        CompactionResult made = result(client.awaitEnd(submitted.token())).compactionResult();
        assertThat(made.outputs()).hasSizeGreaterThan(2);
        assertThat(made.builder()).isEqualTo("w1");
        assertThat(made.inputEntries()).isEqualTo(TestStore.KEYS);
        assertThat(store.entries(made.outputs())).isEqualTo(TestStore.allEntries());
        new CompactionVerifier(store.storage).verify(job, made, true);
        assertThat(ResultFile.read(store.storage, JobName.of(job.id()), 1)).isEqualTo(ResultDocument.of(made));
        await().until(() -> worker.status().finished() == 1);
    }

    @Test
    @Tag("B18")
    void shouldTellStateProgressAndErrorWhenProbed() throws Exception {
        TestStore store = store("db");
        Gate gate = new Gate();
        Client client =
                new Client(start(settings().maxParallel(1).maxWaiting(4), gate).url());
        String running = client.submit(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE))
                .token();
        String waiting = client.submit(store.attempt(store.job(2, 1, 1), CompactionProgress.NONE))
                .token();
        gate.let(1);
        Progress first = client.await(running, 0);
        assertThat(first.state()).isEqualTo(State.RUNNING);
        assertThat(first.segments()).hasSize(1);
        assertThat(client.probe(running).outputs()).isPositive();
        assertThat(client.probe(running).bytesRead()).isPositive();
        assertThat(client.probe(waiting).state()).isEqualTo(State.WAITING);

        Files.delete(store.directory.resolve(FileNames.table(10)));
        gate.open();
        assertThat(client.awaitEnd(waiting).state()).isEqualTo(State.FAILED);
        assertThat(error(client.probe(waiting)).kind()).isEqualTo(Kind.NOT_FOUND);
    }

    @Test
    @Tag("B46")
    void shouldTellTheRealErrorAndWhetherToTryAgain() throws Exception {
        TestStore store = store("db");
        Client client = new Client(start(settings()).url());
        Path longer = store.directory.resolve(FileNames.table(10)); // a shorter one might be seen late
        Files.write(longer, new byte[100], StandardOpenOption.APPEND);
        long length = Files.size(longer);
        String token = client.submit(store.attempt(store.job(1, 1, 1), CompactionProgress.NONE))
                .token();
        ErrorDocument error = error(client.awaitEnd(token));
        assertThat(error.code()).isEqualTo("compaction.input.size");
        assertThat(error.kind()).isEqualTo(Kind.CORRUPTION);
        assertThat(error.message()).contains(FileNames.table(10), length + " bytes");
        assertThat(error.retryable()).isFalse();
    }

    @Test
    void shouldAnswerAWaitAsSoonAsThereIsOneMoreOutputAndTellOnlyThose() throws Exception {
        TestStore store = store("db");
        Gate gate = new Gate();
        CompactionWorker worker = start(settings().waitLimit(Duration.ofMinutes(1)), gate);
        Client client = new Client(worker.url());
        String token = client.submit(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE))
                .token();
        gate.let(1);
        Progress first = client.await(token, 0);
        assertThat(first.segments()).hasSize(1);
        CompletableFuture<Progress> second = CompletableFuture.supplyAsync(() -> {
            try {
                return client.await(token, 1);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        gate.let(1);
        assertThat(second.get().seen()).isEqualTo(1);
        assertThat(second.get().segments()).hasSize(1).doesNotContainAnyElementsOf(first.segments());
        assertThat(second.get().keyRanges()).hasSize(1);
    }

    @Test
    void shouldAnswerAWaitWithWhatThereIsAfterAWhile() throws Exception {
        TestStore store = store("db");
        CompactionWorker worker = start(settings().waitLimit(Duration.ofMillis(50)), new Gate());
        Client client = new Client(worker.url());
        String token = client.submit(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE))
                .token();
        assertThat(client.await(token, 0).state()).isIn(State.WAITING, State.RUNNING);
    }

    @Test
    @Tag("B19")
    void shouldStopOneJobOnlyAndFreeItsFiles() throws Exception {
        TestStore store = store("db");
        Gate gate = new Gate();
        Client client = new Client(start(settings(), gate).url());
        CompactionJob stopped = store.job(1, 4, 1);
        String first =
                client.submit(store.attempt(stopped, CompactionProgress.NONE)).token();
        gate.let(2);
        client.await(first, 1);
        assertThat(client.probe(first).segments()).hasSize(2);
        String second = client.submit(store.attempt(store.job(2, 4, 1), CompactionProgress.NONE))
                .token();
        client.shutdown(first);
        gate.open(); // a third file is begun before it is noticed
        Progress end = client.awaitEnd(first);
        assertThat(end.state()).isEqualTo(State.FAILED);
        assertThat(error(end).code()).isEqualTo("compaction.worker.stopped");
        assertThat(store.storage.list(stopped.attemptDirectory(1)))
                .as("what another attempt can adopt")
                .containsExactlyInAnyOrder(FileNames.table(1), FileNames.table(2));
        assertThat(store.entries(
                        result(client.awaitEnd(second)).compactionResult().outputs()))
                .isEqualTo(TestStore.allEntries());
    }

    @Test
    void shouldGoOnBehindWhatAnEarlierAttemptHasFinished() throws Exception {
        TestStore store = store("db");
        Gate gate = new Gate();
        Client first = new Client(start(settings(), gate).url());
        CompactionJob job = store.job(1, 4, 1);
        String token = first.submit(store.attempt(job, CompactionProgress.NONE)).token();
        gate.let(3);
        first.await(token, 1);
        Progress reached = first.probe(token);
        first.shutdown(token);
        gate.open();
        first.awaitEnd(token);
        CompactionProgress recorded = new CompactionProgress(
                reached.keyRanges(),
                reached.segments().stream()
                        .map(segment -> segment.segment(JobName.of(job.id())))
                        .toList());
        assertThat(recorded.segments()).hasSizeGreaterThanOrEqualTo(2);

        Client other = new Client(start(settings("w2")).url());
        String next = other.submit(store.attempt(job, recorded)).token();
        CompactionResult made = result(other.awaitEnd(next)).compactionResult();
        assertThat(made.attempt()).isEqualTo(2);
        assertThat(made.outputs().get(0).builder()).isEqualTo("w1");
        assertThat(made.outputs().get(made.outputs().size() - 1).builder()).isEqualTo("w2");
        assertThat(store.entries(made.outputs())).isEqualTo(TestStore.allEntries());
        new CompactionVerifier(store.storage).verify(job, made, true);
    }

    @Test
    @Tag("B44")
    void shouldGiveDuplicatesOfASubmissionTheSameReply() throws Exception {
        TestStore store = store("db");
        CompactionWorker worker = start(settings());
        JobDocument document = store.attempt(store.job(1, 2, 1), CompactionProgress.NONE);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Submitted>> replies = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                replies.add(threads.submit(() -> new Client(worker.url()).submit(document)));
            }
            Submitted reply = replies.get(0).get();
            for (Future<Submitted> other : replies) {
                assertThat(other.get()).isEqualTo(reply);
            }
            Client client = new Client(worker.url());
            client.awaitEnd(reply.token());
            assertThat(client.submit(document)).as("after its end").isEqualTo(reply);
            await().until(() -> worker.status().finished() == 1);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    @Tag("B45")
    void shouldEndAnAttemptThatNobodyAsksForOrThatIsOverdue() throws Exception {
        TestStore store = store("db");
        Gate gate = new Gate();
        CompactionWorker worker =
                start(settings().waitLimit(Duration.ofSeconds(1)).orphanLimit(Duration.ofMillis(300)), gate);
        Client client = new Client(worker.url());
        JobDocument abandoned = store.attempt(store.job(1, 16, 1), CompactionProgress.NONE);
        String token = client.submit(abandoned).token(); // as if this reply was never read
        gate.let(1);
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            gate.let(1);
            return worker.status().running() == 0;
        });
        assertThat(error(client.probe(token)).code()).isEqualTo("compaction.worker.orphan");
        assertThat(store.storage.exists("owner-1/job-compaction-1/attempt-1/RESULT"))
                .isFalse();

        JobDocument overdue = store.attempt(store.job(2, 16, 1), CompactionProgress.NONE, 200, abandoned.hoster());
        String late = client.submit(overdue).token();
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            gate.let(1);
            return client.probe(late).state() == State.FAILED;
        });
        assertThat(error(client.probe(late)).code()).isEqualTo("compaction.worker.deadline");
    }

    @Test
    void shouldFailWhereTheOwnersDirectoryWasTakenAwayAndMakeNothing() throws Exception {
        TestStore store = store("db");
        Client client = new Client(start(settings()).url());
        JobDocument document = store.attempt(store.job(1, 2, 1), CompactionProgress.NONE);
        store.storage.rename("owner-1", "deposed-1");
        Progress end = client.awaitEnd(client.submit(document).token());
        assertThat(error(end).kind()).isEqualTo(Kind.NOT_FOUND);
        assertThat(store.storage.exists("owner-1")).isFalse();
    }

    @Test
    @Tag("B52")
    void shouldHandBackItsJobsAndSayThatItLeaves() throws Exception {
        TestStore store = store("db");
        Gate gate = new Gate();
        CompactionWorker worker = start(settings().maxParallel(1).maxWaiting(4), gate);
        Client client = new Client(worker.url());
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
        String running = client.submit(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE))
                .token();
        String waiting = client.submit(store.attempt(store.job(2, 4, 1), CompactionProgress.NONE))
                .token();
        gate.let(2);
        client.await(running, 0);
        worker.drain();
        gate.open();
        assertThat(client.get("/health").statusCode()).isEqualTo(412);
        assertThat(client.awaitEnd(waiting).state()).isEqualTo(State.HANDED_BACK);
        Progress end = client.awaitEnd(running);
        assertThat(end.state()).isEqualTo(State.HANDED_BACK);
        assertThat(error(end).retryable()).isTrue();
        assertThat(client.probe(running).segments()).as("to go on behind").isNotEmpty();
        HttpResponse<byte[]> refused = client.trySubmit(store.attempt(store.job(3, 1, 1), CompactionProgress.NONE));
        assertThat(Client.error(refused, 503).code()).isEqualTo("compaction.worker.stopping");
    }

    @Test
    void shouldTellWhoWaitsBeforeItIsGone() throws Exception {
        TestStore store = store("db");
        Gate gate = new Gate();
        CompactionWorker worker = start(settings(), gate);
        Client client = new Client(worker.url());
        String token = client.submit(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE))
                .token();
        gate.let(1);
        CompletableFuture<Progress> answer = CompletableFuture.supplyAsync(() -> {
            try {
                return client.await(token, 50);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        await().until(() -> client.probe(token).state() == State.RUNNING);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(worker::close);
        gate.open();
        assertThat(answer.get().state()).isIn(State.HANDED_BACK, State.FINISHED);
        closing.get();
    }
}
