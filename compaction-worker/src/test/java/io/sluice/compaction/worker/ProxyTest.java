// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.compaction.Nginx;
import io.sluice.compaction.TestCertificates;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Progress.State;
import io.sluice.compaction.document.Submitted;
import io.sluice.store.compaction.CompactionProgress;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two workers behind the real nginx, configured as in {@code packaging/nginx/sluice.conf}. */
@Tag("B58")
@Timeout(120)
class ProxyTest extends WorkerScenario {
    private static final String SECRET = "0123456789abcdef0123";

    private final Map<String, Gate> gates = new HashMap<>();
    private final List<CompactionWorker> workers = new ArrayList<>();
    private int port;

    @BeforeEach
    void needNginx() throws IOException {
        Nginx.assumeIsHere();
        port = Nginx.freePort();
    }

    private void startWorkers() throws IOException {
        TestCertificates ours = TestCertificates.ours();
        for (int i = 1; i <= 2; i++) {
            Gate gate = new Gate();
            gates.put("w" + i, gate);
            workers.add(start(
                    WorkerSettings.builder(
                                    "w" + i,
                                    "host",
                                    new InetSocketAddress("127.0.0.1" + i, port),
                                    List.of(root.toString()))
                            .secret(SECRET)
                            .tls(ours.context(ours.here()))
                            .waitLimit(Duration.ofSeconds(40)),
                    gate));
        }
    }

    private Gate gate(String worker) {
        return Objects.requireNonNull(gates.get(worker));
    }

    private static Client client(Nginx nginx, HttpClient.Version version) {
        return new Client(
                        "https://localhost:" + nginx.port,
                        version,
                        TestCertificates.ours().context())
                .withSecret(SECRET);
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void shouldAskTheWorkerThatHasTheJob(HttpClient.Version version) throws Exception {
        TestStore store = store("db");
        startWorkers();
        try (Nginx nginx = Nginx.asShipped(temporary, port)) {
            Client client = client(nginx, version);
            assertThat(client.get("/health").version()).isEqualTo(version);
            Map<String, String> tokens = new HashMap<>();
            for (int job = 1; job <= 4 && tokens.size() < 2; job++) {
                JobDocument document = store.attempt(store.job(job, 4, 1), CompactionProgress.NONE);
                HttpResponse<byte[]> answer = client.trySubmit(document);
                assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
                Submitted submitted = Client.read(answer, Submitted.class);
                tokens.put(submitted.worker(), submitted.token());
            }
            assertThat(tokens).containsOnlyKeys("w1", "w2");
            String first = Objects.requireNonNull(tokens.get("w1"));
            String second = Objects.requireNonNull(tokens.get("w2"));
            for (int i = 0; i < 3; i++) { // no proxy is lucky that often
                assertThat(client.probe(first).token()).isEqualTo(first);
                assertThat(client.probe(second).token()).isEqualTo(second);
            }

            CompletableFuture<Progress> waiting = CompletableFuture.supplyAsync(() -> await(client, first));
            long begin = System.nanoTime();
            gate("w1").let(1);
            assertThat(waiting.get(30, TimeUnit.SECONDS).segments()).isNotEmpty();
            assertThat(Duration.ofNanos(System.nanoTime() - begin)) // it was told, not asked again
                    .isLessThan(Duration.ofSeconds(30));

            client.shutdown(second);
            gate("w2").open();
            Progress stopped = client.awaitEnd(second);
            assertThat(stopped.state()).isEqualTo(State.FAILED);
            assertThat(Objects.requireNonNull(stopped.error()).code()).isEqualTo("compaction.worker.stopped");
            gate("w1").open();
            assertThat(client.awaitEnd(first).state()).isEqualTo(State.FINISHED);
        }
    }

    private static Progress await(Client client, String token) {
        try {
            return client.await(token, 0);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void shouldLetATokenLeadOnlyToThePool() throws Exception {
        startWorkers();
        try (Nginx nginx = Nginx.asShipped(temporary, port)) {
            Client client = client(nginx, HttpClient.Version.HTTP_1_1);
            String random = "0".repeat(32);
            for (String token : List.of(
                    random,
                    random + "-127_0_0_1_" + nginx.port,
                    random + "-127_0_0_11_22",
                    random + "-192_0_2_1_" + port,
                    random + "-127_0_0_11_" + port + "0",
                    "x-127_0_0_99_" + port)) {
                assertThat(Client.error(client.get("/probe?token=" + token), 404)
                                .code())
                        .as(token)
                        .isEqualTo("compaction.worker.token");
            }
            for (String path : List.of("/", "/stat", "/list", "/stop", "/metrics", "/dcompact/x", "/wait/")) {
                assertThat(client.get(path).statusCode()).as(path).isEqualTo(404);
            }
            assertThat(new Client(
                                    "https://localhost:" + nginx.port,
                                    HttpClient.Version.HTTP_2,
                                    TestCertificates.ours().context())
                            .get("/probe?token=" + random)
                            .statusCode())
                    .isEqualTo(401);
        }
    }

    @Test
    void shouldFindAWorkerByTheAddressThatItAdvertises() throws Exception {
        TestStore store = store("db");
        TestCertificates ours = TestCertificates.ours();
        CompactionWorker worker = start(
                WorkerSettings.builder(
                                "w1", "host", new InetSocketAddress("127.0.0.12", port), List.of(root.toString()))
                        .advertise("https://127.0.0.12:" + port)
                        .secret(SECRET)
                        .tls(ours.context(ours.here())),
                uri -> Storages.open(uri, Map.of()));
        try (Nginx nginx = Nginx.asShipped(temporary, port)) {
            Client client = client(nginx, HttpClient.Version.HTTP_2);
            Submitted submitted = client.submit(store.attempt(store.job(1, 1, 1), CompactionProgress.NONE));
            assertThat(submitted.address()).isEqualTo(worker.url());
            assertThat(submitted.token()).endsWith("-127_0_0_12_" + port);
            assertThat(client.awaitEnd(submitted.token()).state()).isEqualTo(State.FINISHED);
        }
    }
}
