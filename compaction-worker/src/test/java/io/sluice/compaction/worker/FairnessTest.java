// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.document.ErrorDocument;
import io.sluice.compaction.document.HosterDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Progress.State;
import io.sluice.compaction.document.Submitted;
import io.sluice.compaction.hoster.FallbackReason;
import io.sluice.compaction.hoster.RemoteCompaction;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionProgress;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One worker for several stores. */
@Tag("B12")
class FairnessTest extends WorkerScenario {
    private static JobDocument job(TestStore store, String instance, int number) throws Exception {
        return store.attempt(
                store.job(number, 1, 1),
                CompactionProgress.NONE,
                600_000,
                new HosterDocument(instance, instance, null, null));
    }

    /** A worker that notes the stores whose turn comes, in order. */
    private CompactionWorker start(WorkerSettings.Builder settings, Gate gate, List<String> turns) throws IOException {
        return start(settings.orphanLimit(Duration.ofMinutes(10)), uri -> {
            turns.add(String.valueOf(Path.of(URI.create(uri)).getFileName()));
            return gate.before(Storages.open(uri, Map.of()));
        });
    }

    @Test
    void shouldNotLetAStoreWithAHundredJobsStarveOthers() throws Exception {
        TestStore many = store("many");
        TestStore few = store("few");
        List<String> turns = Collections.synchronizedList(new ArrayList<>());
        Gate gate = gate();
        CompactionWorker worker = start(settings().maxParallel(1).maxWaiting(200), gate, turns);
        Client client = new Client(worker.url());
        List<String> tokens = new ArrayList<>();
        for (int i = 1; i <= 100; i++) {
            tokens.add(client.submit(job(many, "many", i)).token());
        }
        for (int i = 1; i <= 3; i++) {
            tokens.add(client.submit(job(few, "few", i)).token());
        }
        gate.open();
        for (String token : tokens) {
            assertThat(client.awaitEnd(token).state()).isEqualTo(State.FINISHED);
        }
        assertThat(turns).hasSize(103);
        assertThat(turns.subList(0, 7)).containsExactly("many", "few", "many", "few", "many", "few", "many");
    }

    @Test
    void shouldMakeRoomForAStoreThatHasLessWaiting() throws Exception {
        TestStore many = store("many");
        TestStore few = store("few");
        Gate gate = new Gate();
        CompactionWorker worker =
                start(settings().maxParallel(1).maxWaiting(3).orphanLimit(Duration.ofMinutes(10)), gate);
        Client client = new Client(worker.url());
        List<Submitted> taken = new ArrayList<>();
        for (int i = 1; i <= 4; i++) {
            taken.add(client.submit(job(many, "many", i)));
        }
        assertThat(client.trySubmit(job(many, "many", 5)).statusCode()).isEqualTo(503);
        String first = client.submit(job(few, "few", 1)).token();
        Progress displaced = client.probe(taken.get(3).token());
        assertThat(displaced.state()).as("the last that came").isEqualTo(State.HANDED_BACK);
        ErrorDocument why = Objects.requireNonNull(displaced.error());
        assertThat(why.code()).isEqualTo("compaction.worker.displaced");
        assertThat(why.kind()).as("which has the store come again").isEqualTo(Kind.BUSY);
        assertThat(client.trySubmit(job(few, "few", 2)).statusCode())
                .as("as many of each wait")
                .isEqualTo(503);
        assertThat(worker.status().waiting()).isEqualTo(3);
        gate.open();
        assertThat(client.awaitEnd(first).state()).isEqualTo(State.FINISHED);
        for (Submitted other : taken.subList(0, 3)) {
            assertThat(client.awaitEnd(other.token()).state()).isEqualTo(State.FINISHED);
        }
    }

    @Test
    void shouldBeGivenAJobAgainThatMadeRoom() throws Exception {
        TestStore many = store("many");
        Gate gate = new Gate();
        CompactionWorker worker =
                start(settings().maxParallel(1).maxWaiting(2).orphanLimit(Duration.ofMinutes(10)), gate);
        Client client = new Client(worker.url());
        client.submit(job(many, "many", 1));
        client.submit(job(many, "many", 2));
        RemoteCompaction remote = StoreForTests.remote(worker.url(), "many");
        try (Store store = StoreForTests.open(root.resolve("open"), remote)) {
            StoreForTests.fill(store);
            CompletableFuture<Void> compaction = CompletableFuture.runAsync(() -> {
                try {
                    store.compactRange(store.defaultColumnFamily());
                } catch (StoreException e) {
                    throw new IllegalStateException(e);
                }
            });
            await().atMost(Duration.ofSeconds(30)).until(() -> worker.status().waiting() == 2);
            client.submit(job(store("few"), "few", 1));
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> remote.statistics().failedAttempts().containsKey(FallbackReason.WORKER_BUSY)
                            && worker.status().rejected() > 0);
            gate.open();
            compaction.get(60, TimeUnit.SECONDS);
            assertThat(store.get(StoreForTests.key(1))).isEqualTo(StoreForTests.value(1, 1));
            await().until(() -> remote.statistics().remoteJobs() == 1);
        }
    }

    @Test
    void shouldGiveEachStoreItsShareOfAWorkerThatRunsSeveral() throws Exception {
        TestStore many = store("many");
        TestStore few = store("few");
        List<String> turns = Collections.synchronizedList(new ArrayList<>());
        Gate gate = gate();
        CompactionWorker worker = start(settings().maxParallel(4).maxWaiting(50), gate, turns);
        Client client = new Client(worker.url());
        for (int i = 1; i <= 20; i++) {
            client.submit(job(many, "many", i));
        }
        List<String> tokens = new ArrayList<>();
        for (int i = 1; i <= 2; i++) {
            tokens.add(client.submit(job(few, "few", i)).token());
        }
        gate.open();
        for (String token : tokens) {
            assertThat(client.awaitEnd(token).state()).isEqualTo(State.FINISHED);
        }
        assertThat(turns.lastIndexOf("few"))
                .as("soon after the four that ran: %s", turns)
                .isLessThan(12);
    }
}
