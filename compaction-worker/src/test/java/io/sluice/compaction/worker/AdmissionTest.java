// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.document.ErrorDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress.State;
import io.sluice.compaction.document.Submitted;
import io.sluice.store.compaction.CompactionProgress;
import io.sluice.store.storage.Storages;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class AdmissionTest extends WorkerScenario {
    @Test
    @Tag("B21")
    void shouldSayThatItIsBusyAndWhenToComeBack() throws Exception {
        TestStore store = store("db");
        CompactionWorker worker = start(settings().maxParallel(2).maxWaiting(1), new Gate());
        Client client = new Client(worker.url());
        client.submit(store.attempt(store.job(1, 8, 2), CompactionProgress.NONE));
        client.submit(store.attempt(store.job(2, 8, 2), CompactionProgress.NONE));
        JobDocument third = store.attempt(store.job(3, 8, 2), CompactionProgress.NONE);
        HttpResponse<byte[]> refused = client.trySubmit(third);
        ErrorDocument error = Client.error(refused, 503);
        assertThat(refused.headers().firstValue("Retry-After")).contains("1");
        assertThat(error.code()).isEqualTo("compaction.worker.busy");
        assertThat(error.retryable()).isTrue();
        assertThat(worker.status()).isEqualTo(new WorkerStatus(1, 2, 1, 0, 0, 0, 1, false));
        assertThat(store.storage.list("owner-1/job-compaction-3/attempt-1"))
                .as("what a refused job leaves")
                .isEmpty();
    }

    @Test
    @Tag("B23")
    void shouldTakeAJobThatIsTooLargeWhereNothingElseRuns() throws Exception {
        TestStore store = store("db");
        Gate gate = new Gate();
        CompactionWorker worker = start(settings().maxParallel(2).maxWaiting(8), gate);
        Client client = new Client(worker.url());
        String large = client.submit(store.attempt(store.job(1, 16, 8), CompactionProgress.NONE))
                .token();
        String small = client.submit(store.attempt(store.job(2, 16, 1), CompactionProgress.NONE))
                .token();
        assertThat(worker.status().runningSubcompactions()).isEqualTo(8);
        assertThat(client.probe(small).state()).isEqualTo(State.WAITING);
        gate.open();
        assertThat(client.awaitEnd(large).state()).isEqualTo(State.FINISHED);
        assertThat(client.awaitEnd(small).state()).isEqualTo(State.FINISHED);
    }

    @Test
    @Tag("B22")
    void shouldNeverRunMoreSubcompactionsThanAllowedHoweverTheyCome() throws Exception {
        TestStore store = store("db");
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CompactionWorker worker = start(settings().maxParallel(4).maxWaiting(64), uri -> {
            most.accumulateAndGet(running.addAndGet(2), Math::max); // each job here is cut in two
            return Gate.onClose(Storages.open(uri, Map.of()), () -> running.addAndGet(-2));
        });
        List<JobDocument> jobs = new ArrayList<>();
        for (int i = 1; i <= 24; i++) {
            jobs.add(store.attempt(store.job(i, 2, 2), CompactionProgress.NONE));
        }
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Submitted>> replies = new ArrayList<>();
            for (JobDocument job : jobs) {
                replies.add(threads.submit(() -> {
                    Submitted reply = new Client(worker.url()).submit(job);
                    assertThat(worker.status().runningSubcompactions()).isLessThanOrEqualTo(4);
                    return reply;
                }));
            }
            Client client = new Client(worker.url());
            for (Future<Submitted> reply : replies) {
                assertThat(client.awaitEnd(reply.get().token()).state()).isEqualTo(State.FINISHED);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(most.get()).isEqualTo(4);
        await().untilAsserted(
                        () -> assertThat(worker.status()).isEqualTo(new WorkerStatus(0, 0, 0, 24, 0, 0, 0, false)));
    }
}
