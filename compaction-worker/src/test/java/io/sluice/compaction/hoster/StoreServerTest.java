// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.MemoryStorage;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The parameters of an open store over HTTP. */
@Timeout(60)
class StoreServerTest {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final String SECRET = "0123456789abcdef";
    private static final byte[] KEY = {1};

    @TempDir
    private Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private final MemoryStorage storage = new MemoryStorage("served");
    private TestWorker first;
    private TestWorker second;

    @BeforeEach
    void startWorkers() throws IOException {
        first = new TestWorker("w1", storage);
        second = new TestWorker("w2", storage);
    }

    @AfterEach
    void stopWorkers() {
        first.close();
        second.close();
    }

    private RemoteCompactionSettings.Builder settings() {
        return RemoteCompactionSettings.builder()
                .httpWorkers(List.of(RemoteWorker.of(first.url())))
                .dcompactMinLevel(0)
                .webListen("127.0.0.1:0");
    }

    private Store open(RemoteCompaction remote) throws StoreException {
        return open(remote, storage);
    }

    private static Store open(RemoteCompaction remote, MemoryStorage storage) throws StoreException {
        ColumnFamilyOptions family =
                ColumnFamilyOptions.builder().disableAutoCompactions(true).build();
        return Store.open(
                DBOptions.builder()
                        .createIfMissing(true)
                        .remoteCompactionExecutor(remote)
                        .build(),
                storage,
                List.of(new ColumnFamilyDescriptor("default", family)));
    }

    private static void compact(Store store) throws StoreException {
        byte[] value = new byte[64];
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 200; i++) {
                new Random(i).nextBytes(value);
                store.put(("key" + i).getBytes(UTF_8), value);
            }
            store.flush(FlushOptions.DEFAULT);
        }
        store.compactRange(store.defaultColumnFamily());
    }

    private HttpRequest.Builder request(RemoteCompaction remote, String path) {
        return HttpRequest.newBuilder(URI.create(remote.webUrl() + path)).timeout(Duration.ofSeconds(30));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> patch(RemoteCompaction remote, String body) throws Exception {
        return send(request(remote, "/parameters")
                .header("Content-Type", "application/json")
                .method("PATCH", BodyPublishers.ofString(body)));
    }

    private JsonNode parameters(RemoteCompaction remote) throws Exception {
        HttpResponse<String> response = send(request(remote, "/parameters"));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(response.headers().firstValue("Cache-Control")).contains("no-store");
        return MAPPER.readTree(response.body());
    }

    @Tag("B11")
    @Test
    void shouldChangeParametersOfEveryTypeForTheNextJob() throws Exception {
        RemoteCompaction remote = new RemoteCompaction(settings().build());
        try (Store store = open(remote)) {
            compact(store);
            await().until(() -> remote.statistics().workerJobs().containsKey("w1"));
            HttpResponse<String> answer = patch(
                    remote,
                    "{\"http_max_retry\": 7, \"allow_fallback_to_local\": true, \"load_balance\": \"kWeight\","
                            + " \"estimate_speed\": \"20MiB\", \"retry_sleep_time\": \"30ms\", \"http_workers\": [{\"url\": \""
                            + second.url() + "\", \"weight\": 5}, \"//" + first.url() + "\"]}");
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(MAPPER.readTree(answer.body())).isEqualTo(parameters(remote));
            JsonNode changeable = parameters(remote).get("changeable");
            assertThat(changeable.get("http_max_retry").intValue()).isEqualTo(7);
            assertThat(changeable.get("allow_fallback_to_local").booleanValue()).isTrue();
            assertThat(changeable.get("load_balance").textValue()).isEqualTo("kWeight");
            assertThat(changeable.get("estimate_speed").doubleValue()).isEqualTo(20 << 20);
            assertThat(changeable.get("retry_sleep_time").textValue()).isEqualTo("30ms");
            assertThat(changeable.get("http_workers")).singleElement().satisfies(worker -> {
                assertThat(worker.get("url").textValue()).isEqualTo(second.url() + "/dcompact");
                assertThat(worker.get("weight").intValue()).isEqualTo(5);
            });
            assertThat(remote.settings().httpMaxRetry()).isEqualTo(7);

            int before = first.submissions.get();
            compact(store);
            await().until(() -> remote.statistics().workerJobs().containsKey("w2"));
            assertThat(first.submissions.get()).isEqualTo(before);

            assertThat(patch(remote, "{\"dcompact_min_level\": 7}").statusCode())
                    .isEqualTo(200);
            int jobs = second.submissions.get();
            compact(store);
            await().until(() -> remote.statistics().belowMinLevel() == 1);
            assertThat(second.submissions.get()).isEqualTo(jobs);
        }
    }

    @Tag("B11")
    @Test
    void shouldKeepALineForEachChange() throws Exception {
        RemoteCompaction remote = new RemoteCompaction(settings().build());
        try (Store store = open(remote)) {
            assertThat(store.get(KEY)).isNull();
            assertThat(patch(remote, "{\"http_max_retry\": 7, \"overall_timeout\": 9}")
                            .statusCode())
                    .isEqualTo(200);
            HttpResponse<String> forwarded = send(request(remote, "/parameters")
                    .header("Content-Type", "application/json")
                    .header("X-Forwarded-For", "10.1.2.3")
                    .method(
                            "PATCH",
                            BodyPublishers.ofString("{\"alert_http\": \"http://u:geheim@alert:1/x?token=geheim\"}")));
            assertThat(forwarded.statusCode()).isEqualTo(200);
            assertThat(forwarded.body()).doesNotContain("geheim");
            assertThat(remote.settings().alertHttp()).contains("geheim");
            assertThat(remote.changes()).hasSize(3);
            assertThat(remote.changes().get(0)).endsWith("Z 127.0.0.1 changed http_max_retry from 3 to 7");
            assertThat(remote.changes().get(1)).endsWith(" 127.0.0.1 changed overall_timeout from \"5s\" to \"9s\"");
            assertThat(remote.changes().get(2))
                    .endsWith(" 127.0.0.1 for 10.1.2.3 changed alert_http from \"\" to \"http://alert:1/x?…\"");
            assertThat(parameters(remote).get("changes")).hasSize(3);
            for (int i = 0; i < 200; i++) {
                remote.set("http_max_retry", String.valueOf(i + 1), "a\ntest");
            }
            assertThat(remote.changes()).hasSize(100);
            assertThat(remote.changes().get(99)).endsWith(" a?test changed http_max_retry from 199 to 200");
        }
    }

    @Tag("B11")
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"http_max_retry\": 5, \"http_max_retri\": 1}|parameters: http_max_retri: unknown key; expected one of [alert_",
                "{\"http_max_retry\": 5, \"http_timeout\": 0}|parameters: http_timeout: expected seconds",
                "{\"http_max_retry\": 1001}|parameters: http_max_retry: expected a whole number from 1 to 1000, found the number",
                "{\"http_max_retry\": \"5\"}|parameters: http_max_retry: expected a whole number",
                "{\"http_max_retry\": 5.5}|parameters: http_max_retry: expected a whole number",
                "{\"allow_fallback_to_local\": 1}|parameters: allow_fallback_to_local: expected true or false",
                "{\"http_max_retry\": 5, \"http_workers\": []}|parameters: http_workers: expected at least one worker",
                "{\"http_workers\": [{\"url\": \"http://a\", \"x\": 1}]}|parameters: http_workers[0].x: unknown key",
                "{\"http_max_retry\": 5, \"hoster_root\": \"/\"}|parameters: hoster_root: can't be changed while the store",
                "{\"secret_file\": \"/etc/shadow\"}|parameters: secret_file: can't be changed while the store is open",
                "{\"web_listen\": \"127.0.0.1:1\"}|parameters: web_listen: can't be changed while the store is open",
                "[5]|parameters: expected an object",
                "{\"http_max_retry\": 5, \"http_max_retry\": 6}|the body is no JSON: Duplicate field",
                "{\"http_max_retry\": 5} x|the body is no JSON",
                "{\"http_max_retry\": 5|the body is no JSON"
            })
    void shouldChangeNothingWhereAnythingIsWrong(String body, String message) throws Exception {
        RemoteCompaction remote = new RemoteCompaction(settings().build());
        try (Store store = open(remote)) {
            assertThat(store.get(KEY)).isNull();
            JsonNode before = parameters(remote);
            HttpResponse<String> answer = patch(remote, body);
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(MAPPER.readTree(answer.body()).get("message").textValue())
                    .startsWith(message);
            assertThat(parameters(remote)).isEqualTo(before);
        }
    }

    @Test
    void shouldRefuseWhatIsNoRequest() throws Exception {
        RemoteCompaction remote = new RemoteCompaction(settings().build());
        try (Store store = open(remote)) {
            assertThat(store.get(KEY)).isNull();
            assertThat(send(request(remote, "/dcompact")).statusCode()).isEqualTo(404);
            assertThat(send(request(remote, "/parameters/x")).statusCode()).isEqualTo(404);
            assertThat(send(request(remote, "/parameters").DELETE()).statusCode())
                    .isEqualTo(405);
            assertThat(send(request(remote, "/parameters")
                                    .header("Content-Type", "text/plain")
                                    .method("PATCH", BodyPublishers.ofString("{}")))
                            .statusCode())
                    .isEqualTo(400);
            assertThat(patch(remote, " ".repeat(70_000)).statusCode()).isEqualTo(413);
            URI url = URI.create(String.valueOf(remote.webUrl()));
            try (Socket socket = new Socket(url.getHost(), url.getPort());
                    OutputStream out = socket.getOutputStream()) {
                out.write(
                        "GET /parameters HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".getBytes(UTF_8));
                assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                        .startsWith("HTTP/1.1 400 ")
                        .doesNotContain("http_workers");
            }
        }
    }

    @Test
    void shouldAnswerOnlyWhoHasTheSecret() throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), SECRET);
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        RemoteCompaction remote =
                new RemoteCompaction(settings().webSecretFile(secret.toString()).build());
        try (Store store = open(remote)) {
            assertThat(store.get(KEY)).isNull();
            assertThat(send(request(remote, "/parameters")).statusCode()).isEqualTo(401);
            assertThat(patch(remote, "{\"http_max_retry\": 7}").statusCode()).isEqualTo(401);
            assertThat(send(request(remote, "/parameters").header("Authorization", "Bearer " + SECRET + "x"))
                            .statusCode())
                    .isEqualTo(401);
            HttpResponse<String> answer =
                    send(request(remote, "/parameters").header("Authorization", "Bearer " + SECRET));
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).doesNotContain(SECRET);
            assertThat(remote.settings().httpMaxRetry()).isEqualTo(3);
        }
    }

    @Test
    void shouldServeWhileAnyOfItsStoresIsOpen() throws Exception {
        RemoteCompaction remote = new RemoteCompaction(settings().build());
        assertThat(remote.webUrl()).isNull();
        Store other = open(remote, new MemoryStorage("other"));
        try (other;
                Store store = open(remote)) {
            assertThat(store.get(KEY)).isNull();
            parameters(remote);
        }
        assertThat(remote.webUrl()).isNull();
        try (Store again = open(remote)) {
            assertThat(again.get(KEY)).isNull();
            HttpRequest request = request(remote, "/parameters").build();
            again.close();
            assertThatThrownBy(() -> http.send(request, BodyHandlers.ofString()))
                    .isInstanceOf(ConnectException.class);
        }
    }

    @Test
    void shouldNotOpenAStoreWhoseAddressIsTaken() throws Exception {
        RemoteCompaction remote = new RemoteCompaction(settings().build());
        try (Store store = open(remote)) {
            assertThat(store.get(KEY)).isNull();
            String taken = String.valueOf(remote.webUrl()).replace("http://", "");
            RemoteCompaction late =
                    new RemoteCompaction(settings().webListen(taken).build());
            assertThatThrownBy(() -> open(late, new MemoryStorage("other")))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("compaction.store.listen");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0:1",
                "127.0.0.1",
                "10.0.0.1:80",
                "example.org:80",
                "127.0.0.1:65536",
                "127.0.0.1:1/x",
                "u@127.0.0.1:1",
                "127.evil.example:1",
                ":1",
                "127.0.0.999:1"
            })
    void shouldListenOnLoopbackOnly(String address) {
        assertThatThrownBy(() -> settings().webListen(address))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected HOST:PORT of this machine's loopback");
    }
}
