// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.document.Documents;
import io.sluice.compaction.document.HosterDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress.State;
import io.sluice.store.compaction.CompactionProgress;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerAccessTest extends WorkerScenario {
    private static final String SECRET = "0123456789abcdef0123";

    @Test
    void shouldAnswerOnlyWhoHasTheSecret() throws Exception {
        TestStore store = store("db");
        CompactionWorker worker =
                start(settings().advertise("http://worker.example:80/w1").secret(SECRET));
        JobDocument job = store.attempt(store.job(1, 1, 1), CompactionProgress.NONE);
        for (Client stranger : List.of(
                new Client("http://127.0.0.1:" + worker.address().getPort()),
                new Client("http://127.0.0.1:" + worker.address().getPort()).withSecret(SECRET + "x"))) {
            assertThat(Client.error(stranger.trySubmit(job), 401).code()).isEqualTo("compaction.worker.unauthorised");
            assertThat(stranger.get("/wait?token=x").statusCode()).isEqualTo(401);
            assertThat(stranger.get("/health").statusCode()).isEqualTo(200);
        }
        Client client = new Client("http://127.0.0.1:" + worker.address().getPort()).withSecret(SECRET);
        assertThat(client.submit(job).address()).isEqualTo("http://worker.example:80/w1");
        assertThat(settings().secret(SECRET).build().toString()).doesNotContain(SECRET);
    }

    @Test
    @Tag("B60")
    void shouldListenBeyondLoopbackOnlyWithASecretAndTls() {
        InetSocketAddress anywhere = new InetSocketAddress("0.0.0.0", 0);
        assertThatThrownBy(() -> WorkerSettings.builder("w", "h", anywhere, List.of("/x"))
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("secret");
        WorkerSettings.Builder secret =
                WorkerSettings.builder("w", "h", anywhere, List.of("/x")).secret(SECRET);
        assertThatThrownBy(secret::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("TLS")
                .hasMessageNotContaining(SECRET);
        assertThat(secret.plaintext(true).build().tls()).isNull();
        assertThatThrownBy(() -> settings().clientCertificates(true).build()).hasMessageContaining("TLS");
        assertThatThrownBy(() -> WorkerSettings.builder(
                                "w", "h", settings().build().listen(), List.of())
                        .build())
                .hasMessageContaining("root");
        assertThatThrownBy(() -> settings().secret("short").build()).hasMessageContaining("16");
    }

    @Test
    void shouldRefuseWhatIsNoRequestOfItsProtocol() throws Exception {
        TestStore store = store("db");
        Client client = new Client(start(settings()).url());
        byte[] job = Documents.write(store.attempt(store.job(1, 1, 1), CompactionProgress.NONE));
        assertThat(Client.error(client.get("/nothing"), 404).code()).isEqualTo("compaction.worker.request");
        assertThat(client.get("/dcompact").statusCode()).isEqualTo(405);
        assertThat(client.get("/dcompact").headers().firstValue("Allow")).contains("POST");
        assertThat(client.get("/shutdown?token=x").statusCode()).isEqualTo(405);
        assertThat(Client.error(client.post("/dcompact", job, "text/plain"), 400)
                        .code())
                .isEqualTo("compaction.worker.request");
        assertThat(Client.error(client.post("/dcompact", "{}".getBytes(UTF_8), "application/json"), 400)
                        .code())
                .isEqualTo("compaction.document.value");
        assertThat(Client.error(client.post("/dcompact", "{\"version\":2}".getBytes(UTF_8), "application/json"), 400)
                        .code())
                .isEqualTo("compaction.document.version");
        assertThat(Client.error(client.get("/wait?token=" + "0".repeat(32)), 404)
                        .code())
                .isEqualTo("compaction.worker.token");
        for (String query : List.of("", "?token=", "?token=a&token=b", "?token=" + "x".repeat(200))) {
            assertThat(client.get("/probe" + query).statusCode()).as(query).isIn(400, 404);
        }
        String token = client.submit(Documents.read(job, JobDocument.class)).token();
        assertThat(client.get("/wait?token=" + token + "&seen=-1").statusCode()).isEqualTo(400);
        assertThat(client.get("/wait?token=" + token + "&seen=99999999999").statusCode())
                .isEqualTo(400);
    }

    @Test
    void shouldRefuseABodyBeyondItsBoundsHoweverItComes() throws Exception {
        CompactionWorker worker = start(settings());
        Client client = new Client(worker.url());
        assertThat(raw(
                        worker,
                        "POST /dcompact HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                                + (Documents.MAX_LENGTH + 1L) + "\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 413")
                .contains("compaction.document.too-large");
        byte[] part = new byte[1 << 20];
        int parts = Documents.MAX_LENGTH / part.length + 4;
        HttpRequest.Builder endless = client.request("/dcompact")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArrays(Collections.nCopies(parts, part)));
        try {
            assertThat(client.send(endless).statusCode()).isEqualTo(413);
        } catch (IOException e) {
            assertThat(e).as("cut off while it was sending").isNotInstanceOf(HttpTimeoutException.class);
        }
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
    }

    @Test
    void shouldNotAnswerUnderAnotherNameWithoutASecret() throws Exception {
        CompactionWorker worker = start(settings());
        assertThat(raw(worker, "GET /probe?token=a HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400");
        assertThat(raw(worker, "GET /probe?token=a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 404");
        assertThat(raw(worker, "GET /probe?token=%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400");
        assertThat(raw(worker, "nonsense\r\n\r\n")).startsWith("HTTP/1.1 400").doesNotContain("Jetty", "org.");
    }

    @Test
    void shouldNotBeHeldUpByWhoSendsSlowly() throws Exception {
        TestStore store = store("db");
        CompactionWorker worker = start(settings().waitLimit(Duration.ofSeconds(3)));
        Client client = new Client(worker.url());
        JobDocument job = store.attempt(store.job(1, 1, 1), CompactionProgress.NONE);
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                Socket socket = new Socket();
                slow.add(socket);
                socket.connect(worker.address());
                socket.getOutputStream()
                        .write(("POST /dcompact HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                        + "Content-Length: 1000\r\n\r\n{")
                                .getBytes(UTF_8));
            }
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> client.post("/dcompact", new byte[] {'{'}, "application/json")
                                    .statusCode()
                            == 503);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> client.trySubmit(job).statusCode() == 200);
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    private static String raw(CompactionWorker worker, String request) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(worker.address());
            socket.setSoTimeout(10_000);
            OutputStream out = socket.getOutputStream();
            out.write(request.getBytes(UTF_8));
            out.flush();
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    @Test
    void shouldRefuseAStorageBeyondItsRoots() throws Exception {
        TestStore outside = new TestStore(temporary.resolve("rootless"), "outside");
        Client client = new Client(start(settings()).url());
        assertThat(Client.error(client.trySubmit(outside.attempt(outside.job(1, 1, 1), CompactionProgress.NONE)), 403)
                        .code())
                .isEqualTo("compaction.worker.root");
        Path link = Files.createSymbolicLink(root.resolve("link"), outside.directory);
        JobDocument inside = store("db").attempt(store("db2").job(1, 1, 1), CompactionProgress.NONE);
        for (String uri : List.of(
                link.toString(),
                root + "/../rootless",
                root + "/db/../../rootless",
                "file:" + outside.directory,
                "hdfs://namenode:8020" + root,
                "file://elsewhere" + root,
                ".",
                "db",
                ":",
                "file:db",
                "file:" + root + "/db%00",
                "file:" + root + "/db?x=y",
                "file:" + root + "/db#x",
                "file:" + root + "/%2e%2e/rootless")) {
            assertThat(client.trySubmit(withUri(inside, uri)).statusCode())
                    .as(uri)
                    .isEqualTo(403);
        }
        assertThat(Client.error(client.trySubmit(withUri(inside, root + "/nowhere")), 500)
                        .code())
                .isEqualTo("compaction.worker.storage");
    }

    private static JobDocument withUri(JobDocument job, String uri) {
        return Jobs.with(job, uri, job.hoster());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nvmepool/shared/db1", "/nvmepool/shared/db1/", "/nvmepool/./shared/db1"})
    @Tag("B15")
    void shouldFindWhatIsBelowTheHostersRootInItsOwnDirectory(String hosterRoot) throws Exception {
        TestStore store = new TestStore(Files.createDirectories(root.resolve("db1/shard-3")), "db1");
        Client client = new Client(start(settings().mountRoot(root.toString())).url());
        HosterDocument hoster = new HosterDocument("db1", "db1", hosterRoot, null);
        JobDocument job = store.attempt(store.job(1, 1, 1), CompactionProgress.NONE, 60_000, hoster);
        String token = client.submit(withUri(job, "file:///nvmepool/shared/db1/shard-3"))
                .token();
        assertThat(client.awaitEnd(token).state()).isEqualTo(State.FINISHED);
    }

    @Test
    @Tag("B15")
    void shouldTakeTheHostersRootByWholeComponents() throws Exception {
        TestStore store = new TestStore(Files.createDirectories(root.resolve("db1/0")), "db1");
        Client client = new Client(start(settings().mountRoot(root.toString())).url());
        HosterDocument hoster = new HosterDocument("db1", "db1", "/nvmepool/shared/db1", null);
        JobDocument job = store.attempt(store.job(1, 1, 1), CompactionProgress.NONE, 60_000, hoster);
        for (String uri :
                List.of("/nvmepool/shared/db10", "/nvmepool/shared/db1/../db10", "/nvmepool/shared", root + "/db1/0")) {
            assertThat(client.trySubmit(withUri(job, uri)).statusCode()).as(uri).isEqualTo(403);
        }
    }
}
