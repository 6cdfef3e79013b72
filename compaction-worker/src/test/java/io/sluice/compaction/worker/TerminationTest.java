// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Progress.State;
import io.sluice.store.compaction.CompactionProgress;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A worker on a machine that its cloud may take away. */
@Tag("B51")
@Timeout(120)
class TerminationTest extends WorkerScenario {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    /** What is answered instead of a status: the connection breaks. */
    private static final int BROKEN = -1;

    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger answer = new AtomicInteger(404);
    private HttpServer cloud = startCloud();

    private HttpServer startCloud() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/spot/termination-time", exchange -> {
                int status = answer.get();
                asked.incrementAndGet();
                if (status == BROKEN) {
                    throw new IOException("a broken connection");
                }
                exchange.sendResponseHeaders(status, 0);
                try (OutputStream body = exchange.getResponseBody()) {
                    body.write(new byte[1 << 16]);
                } catch (IOException e) {
                    return; // nobody read on
                }
            });
            return server;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void openCloud() {
        cloud.start();
    }

    @AfterEach
    void closeCloud() {
        cloud.stop(0);
    }

    private WorkerSettings.Builder watching() {
        URI url = URI.create("http://127.0.0.1:" + cloud.getAddress().getPort() + "/spot/termination-time");
        return settings().terminationCheck(url).terminationCheckInterval(Duration.ofMillis(20));
    }

    private void awaitQuestions(int more) {
        int before = asked.get();
        await().atMost(LIMIT).until(() -> asked.get() >= before + more);
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 204, 302, 401, 403, 410, 500, 503})
    void shouldHandBackWhatItHasAndLeaveWhereTheAnswerIsAnyBut404(int status) throws Exception {
        TestStore store = store("db");
        Gate gate = new Gate();
        CompactionWorker worker = start(watching().maxParallel(1), gate);
        Client client = new Client(worker.url());
        String running = client.submit(store.attempt(store.job(1, 4, 1), CompactionProgress.NONE))
                .token();
        String waiting = client.submit(store.attempt(store.job(2, 1, 1), CompactionProgress.NONE))
                .token();
        awaitQuestions(2);
        assertThat(worker.stopRequest().toCompletableFuture()).isNotDone();
        assertThat(client.get("/health").statusCode()).isEqualTo(200);

        answer.set(status);
        worker.stopRequest().toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        gate.open();
        for (String token : new String[] {running, waiting}) {
            Progress end = client.awaitEnd(token);
            assertThat(end.state()).isEqualTo(State.HANDED_BACK);
            assertThat(Objects.requireNonNull(end.error()).code()).isEqualTo("compaction.worker.stopping");
        }
        assertThat(client.get("/health").statusCode()).isEqualTo(412);
        JobDocument another = store.attempt(store.job(3, 1, 1), CompactionProgress.NONE);
        assertThat(Client.error(client.trySubmit(another), 503).code()).isEqualTo("compaction.worker.stopping");
    }

    @Test
    void shouldGoOnWhereItIsNotToldAnything() throws Exception {
        TestStore store = store("db");
        answer.set(BROKEN);
        CompactionWorker worker = start(watching());
        awaitQuestions(3);
        cloud.stop(0); // from here on nobody is there
        Client client = new Client(worker.url());
        String token = client.submit(store.attempt(store.job(1, 1, 1), CompactionProgress.NONE))
                .token();
        assertThat(client.awaitEnd(token).state()).isEqualTo(State.FINISHED);
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
        assertThat(worker.stopRequest().toCompletableFuture()).isNotDone();
    }

    @Test
    void shouldHearOfItAfterTheCloudWasSilent() throws Exception {
        answer.set(BROKEN);
        CompactionWorker worker = start(watching());
        awaitQuestions(2);
        answer.set(200);
        worker.stopRequest().toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
}
