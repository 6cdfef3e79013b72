// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.compaction.document.PlugIns;
import io.sluice.compaction.web.Chromium;
import io.sluice.compaction.web.WebDomain;
import io.sluice.compaction.worker.CompactionWorker;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.MemoryStorage;
import java.io.IOException;
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
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The pages of a process with stores. */
@Timeout(180)
class StorePagesTest {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String HOSTILE = "<img src=x onerror=alert(1)>\"'&";

    @TempDir
    private Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private final MemoryStorage storage = new MemoryStorage("served");
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private TestWorker worker;

    @BeforeEach
    void startWorker() throws IOException {
        worker = new TestWorker("w1", storage);
    }

    @AfterEach
    void stopWorker() {
        worker.close();
        threads.shutdownNow();
    }

    private RemoteCompactionSettings.Builder settings() {
        return RemoteCompactionSettings.builder()
                .httpWorkers(List.of(RemoteWorker.of(worker.url())))
                .dcompactMinLevel(0)
                .retrySleepTime(Duration.ofMillis(20))
                .webListen("127.0.0.1:0");
    }

    private Store open(RemoteCompaction remote, List<String> families) throws StoreException {
        ColumnFamilyOptions options =
                ColumnFamilyOptions.builder().disableAutoCompactions(true).build();
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        descriptors.add(new ColumnFamilyDescriptor("default", options));
        families.forEach(family -> descriptors.add(new ColumnFamilyDescriptor(family, options)));
        return Store.open(
                DBOptions.builder()
                        .createIfMissing(true)
                        .createMissingColumnFamilies(true)
                        .remoteCompactionExecutor(remote)
                        .build(),
                storage,
                descriptors);
    }

    private static void compact(Store store, ColumnFamilyHandle family) throws StoreException {
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 100; i++) {
                store.put(family, ("key" + i).getBytes(UTF_8), new byte[64]);
            }
            store.flush(FlushOptions.DEFAULT, family);
        }
        store.compactRange(family);
    }

    private static ColumnFamilyHandle family(Store store, String name) {
        return Objects.requireNonNull(store.columnFamily(name));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.timeout(LIMIT).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> get(RemoteCompaction remote, String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(remote.webUrl() + path)));
    }

    private JsonNode json(RemoteCompaction remote) throws IOException, InterruptedException {
        HttpResponse<String> answer = get(remote, "/?html=0");
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        return MAPPER.readTree(answer.body());
    }

    @Test
    @Tag("B57")
    void shouldShowWorkersHitsAndStatistics() throws Exception {
        RemoteCompaction remote = new RemoteCompaction(settings().build());
        try (Store store = open(remote, List.of())) {
            compact(store, store.defaultColumnFamily());
            await().atMost(LIMIT).until(() -> remote.statistics().remoteJobs() == 1);
            await().atMost(LIMIT).until(() -> json(remote).path("jobs").isEmpty());
            JsonNode told = json(remote);
            assertThat(told.path("workers").get(0).path("address").asText()).isEqualTo(worker.url());
            assertThat(told.path("workers").get(0).path("hits").asInt()).isEqualTo(1);
            JsonNode book = told.path("books").get(0);
            assertThat(book.path("name").asText()).endsWith("/default");
            assertThat(book.path("finished").asInt()).isEqualTo(1);
            assertThat(book.path("live").asInt()).isZero();
            assertThat(book.path("input_bytes").asLong()).isPositive();
            assertThat(book.path("output_bytes").asLong()).isPositive();

            HttpResponse<String> page = get(remote, "/");
            assertThat(page.body()).contains(worker.url(), "Done by workers", "By column family", "/default", ">w1<");
            assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                    .startsWith("default-src 'none';")
                    .endsWith("frame-ancestors 'none'")
                    .doesNotContain("unsafe");
            assertThat(get(remote, "/workers")
                            .headers()
                            .firstValue("Content-Security-Policy")
                            .orElse(""))
                    .contains("; frame-src " + worker.url() + ";");
            assertThat(get(remote, "/metrics").body().lines())
                    .contains(
                            "sluice_remote_compaction_finished_total 1.0",
                            "# TYPE sluice_remote_compaction_live gauge",
                            "sluice_remote_compaction_workers 1.0");
            assertThat(get(remote, "/parameters").statusCode()).isEqualTo(200);
            for (String path : List.of("/", "/workers", "/metrics", "/page.css")) {
                HttpResponse<String> refused = send(HttpRequest.newBuilder(URI.create(remote.webUrl() + path))
                        .POST(BodyPublishers.noBody()));
                assertThat(refused.statusCode()).as(path).isEqualTo(405);
            }
        }
    }

    @Test
    @Tag("B57")
    void shouldShowJobsThatAreOutAndEscapeTheirNames() throws Exception {
        worker.life = 0;
        worker.sticks = true;
        RemoteCompaction remote = new RemoteCompaction(settings().build());
        try (Store store = open(remote, List.of(HOSTILE))) {
            var unused = threads.submit(() -> {
                compact(store, family(store, HOSTILE));
                return null;
            });
            await().atMost(LIMIT).until(() -> json(remote).path("jobs").path(0).has("page"));
            JsonNode job = json(remote).path("jobs").get(0);
            assertThat(job.path("column_family").asText()).isEqualTo(HOSTILE);
            assertThat(job.path("attempt").asInt()).isEqualTo(1);
            assertThat(job.path("where").asText()).isEqualTo("w1");
            assertThat(job.path("page").asText()).startsWith(worker.url() + "/job?token=");
            JsonNode told = json(remote);
            assertThat(told.path("workers").get(0).path("live").asInt()).isEqualTo(1);
            assertThat(told.path("books").get(0).path("live").asInt()).isEqualTo(1);
            assertThat(get(remote, "/").body())
                    .contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;", "L0 to L")
                    .doesNotContain("<img");
        }
    }

    @Test
    @Tag("B57")
    void shouldKeepNoMoreBooksThanItMay() throws Exception {
        RemoteCompaction remote = new RemoteCompaction(settings().maxBookDbcf(2).build());
        List<String> families = List.of("a", "b", "c", "d");
        try (Store store = open(remote, families)) {
            for (String family : families) {
                compact(store, family(store, family));
            }
            await().atMost(LIMIT).until(() -> remote.statistics().remoteJobs() == 4);
            await().atMost(LIMIT).until(() -> json(remote).path("jobs").isEmpty());
            JsonNode told = json(remote);
            assertThat(told.path("books").size()).isEqualTo(2);
            assertThat(told.path("books").get(0).path("name").asText()).endsWith("/d");
            assertThat(told.path("others").path("finished").asInt()).isEqualTo(2);
            assertThat(get(remote, "/").body()).contains("all others");
        }
    }

    @Test
    void shouldAskBrowsersForTheSecretAsAPassword() throws Exception {
        String secret = "0123456789abcdef";
        Path file = Files.createFile(
                directory.resolve("secret"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, secret);
        RemoteCompaction remote =
                new RemoteCompaction(settings().webSecretFile(file.toString()).build());
        try (Store store = open(remote, List.of())) {
            assertThat(store.get("key".getBytes(UTF_8))).isNull();
            HttpResponse<String> stranger = get(remote, "/");
            assertThat(stranger.statusCode()).isEqualTo(401);
            assertThat(stranger.headers().firstValue("WWW-Authenticate").orElse(""))
                    .startsWith("Basic ");
            String password = Base64.getEncoder().encodeToString(("me:" + secret).getBytes(UTF_8));
            for (String authorisation : List.of("Basic " + password, "Bearer " + secret)) {
                HttpResponse<String> known = send(HttpRequest.newBuilder(URI.create(remote.webUrl() + "/"))
                        .header("Authorization", authorisation));
                assertThat(known.statusCode()).isEqualTo(200);
                assertThat(known.body()).doesNotContain(secret);
            }
        }
    }

    @Test
    void shouldRefuseWhatIsNoWebDomain() {
        assertThatThrownBy(() -> settings().webDomain("a b")).hasMessageContaining("example.com");
        assertThat(settings().webDomain("https://ops.example").build().webDomain())
                .isEqualTo("https://ops.example");
    }

    @Test
    @Tag("B57")
    void shouldFrameWorkersPagesAtTheirHeightInAChromium() throws Exception {
        Path profile = Files.createDirectory(directory.resolve("profile"));
        try (Chromium browser = Chromium.start(profile);
                RealWorkers workers = new RealWorkers()) {
            CompactionWorker open = workers.start(
                    "open",
                    directory,
                    RealWorkers.OPENER,
                    PlugIns.BUILT_IN,
                    builder -> builder.webDomain(WebDomain.parse("127.0.0.1")));
            CompactionWorker closed = workers.start("closed", directory);
            RemoteCompaction remote = new RemoteCompaction(settings()
                    .httpWorkers(List.of(RemoteWorker.of(open.url()), RemoteWorker.of(closed.url())))
                    .build());
            try (Store store = open(remote, List.of())) {
                assertThat(store.get("key".getBytes(UTF_8))).isNull();
                browser.open(remote.webUrl() + "/");
                assertThat(browser.text()).contains("Remote compaction", open.url(), closed.url());
                assertThat(browser.complaints()).isEmpty();
                browser.open(remote.webUrl() + "/workers");
                await().atMost(LIMIT)
                        .until(() -> !browser.evaluate("document.querySelector('iframe').style.height")
                                .asText()
                                .isEmpty());
                assertThat(browser.evaluate("document.querySelectorAll('iframe')[0].clientHeight")
                                .asInt())
                        .isBetween(200, 4000);
                assertThat(browser.evaluate("document.querySelectorAll('iframe')[1].style.height")
                                .asText())
                        .as("of the worker that does not let itself be framed")
                        .isEmpty();
            }
        }
    }

    @Test
    @Tag("B57")
    void shouldBeFramedByItsWebDomainOnly() throws Exception {
        RemoteCompaction remote = new RemoteCompaction(
                settings().webDomain("https://ops.example:8443").build());
        try (Store store = open(remote, List.of())) {
            assertThat(store.get("key".getBytes(UTF_8))).isNull();
            for (String path : List.of("/", "/workers")) {
                assertThat(get(remote, path)
                                .headers()
                                .firstValue("Content-Security-Policy")
                                .orElse(""))
                        .endsWith("frame-ancestors https://ops.example:8443");
            }
        }
    }
}
