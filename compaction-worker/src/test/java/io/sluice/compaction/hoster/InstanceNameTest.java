// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import io.sluice.compaction.document.PlugIns;
import io.sluice.compaction.worker.CompactionWorker;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.LocalStorage;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code hoster_root} is to a store is {@code MOUNT_ROOT/instance_name} to a worker. Here the one is a symbolic link to
 * the other, as two names of one export are.
 */
@Timeout(60)
class InstanceNameTest {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final List<String> HOSTILE =
            List.of("..", ".", "", "../a", "a/../../etc", "/etc", "a/b", "a\\b", "a\0b", "a\nb");

    @TempDir
    private Path directory;

    private final RealWorkers workers = new RealWorkers();
    private Path mounts = Path.of("");

    @BeforeEach
    void createMounts() throws IOException {
        mounts = Files.createDirectory(directory.resolve("mounts"));
    }

    @AfterEach
    void closeWorkers() {
        workers.close();
    }

    private CompactionWorker worker() throws IOException {
        return workers.start(
                "w1", mounts, RealWorkers.OPENER, PlugIns.BUILT_IN, settings -> settings.mountRoot(mounts.toString()));
    }

    /** An instance's files, and the name that they have where the store runs. */
    private Path hosterRoot(String instance) throws IOException {
        Path files = Files.createDirectory(mounts.resolve(instance));
        return Files.createSymbolicLink(directory.resolve("root-of-" + instance), files);
    }

    private RemoteCompactionSettings.Builder settings(Path hosterRoot, String instance) {
        return workers.settings().hosterRoot(hosterRoot.toString()).instanceName(instance);
    }

    private static HttpResponse<String> submit(String url, byte[] job) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(url + "/dcompact"))
                                .timeout(Duration.ofSeconds(30))
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofByteArray(job))
                                .build(),
                        BodyHandlers.ofString());
    }

    /** The document of a job that no worker has taken. */
    private byte[] job(Path hosterRoot, String instance) throws Exception {
        AtomicReference<byte[]> told = new AtomicReference<>(new byte[0]);
        HttpServer refusing = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        refusing.createContext("/dcompact", exchange -> {
            try (exchange) {
                told.set(exchange.getRequestBody().readAllBytes());
                exchange.sendResponseHeaders(500, -1);
            }
        });
        refusing.start();
        RemoteCompaction remote = new RemoteCompaction(settings(hosterRoot, instance)
                .httpWorkers(List.of(RemoteWorker.of(
                        "http://127.0.0.1:" + refusing.getAddress().getPort())))
                .build());
        try (Storage storage = new LocalStorage(hosterRoot.resolve("db"));
                Store store = Rounds.open(storage, remote)) {
            Rounds.write(store, 0);
            Rounds.write(store, 1);
            assertThatThrownBy(() -> Rounds.compact(store)).isInstanceOf(StoreException.class);
            Rounds.check(store, 1);
        } finally {
            refusing.stop(0);
        }
        return Objects.requireNonNull(told.get());
    }

    private static byte[] withInstance(byte[] job, String instance) throws IOException {
        JsonNode document = MAPPER.readTree(job);
        ((ObjectNode) document.get("hoster")).put("instance_name", instance);
        return MAPPER.writeValueAsBytes(document);
    }

    @Tag("B14")
    @Test
    void shouldFindEachInstancesFilesBelowItsOwnDirectory() throws Exception {
        worker();
        for (String instance : List.of("db1", "db10")) {
            Path root = hosterRoot(instance);
            RemoteCompaction remote =
                    new RemoteCompaction(settings(root, instance).build());
            try (Storage storage = new LocalStorage(root.resolve("db"));
                    Store store = Rounds.open(storage, remote)) {
                Rounds.write(store, 0);
                Rounds.write(store, 1);
                Rounds.compact(store);
                Rounds.check(store, 1);
                await().until(() -> remote.statistics().remoteJobs() == 1);
            }
        }
    }

    @Tag("B14")
    @Test
    void shouldReachNoOtherInstance() throws Exception {
        CompactionWorker worker = worker();
        byte[] job = job(hosterRoot("db1"), "db1");
        Path other = Files.createDirectories(mounts.resolve("db10").resolve("db"));
        assertThat(submit(worker.url(), withInstance(job, "db2")).statusCode()).isBetween(400, 500);
        HttpResponse<String> answer = submit(worker.url(), withInstance(job, "db10"));
        // it may be taken, but looks for its files below the other's directory, where they are not
        if (answer.statusCode() == 200) {
            String token = MAPPER.readTree(answer.body()).get("token").textValue();
            HttpClient client = HttpClient.newHttpClient();
            URI shutdown = URI.create(worker.url() + "/shutdown?token=" + token);
            await().until(() -> client.send(
                            HttpRequest.newBuilder(shutdown)
                                    .POST(BodyPublishers.noBody())
                                    .build(),
                            BodyHandlers.ofString())
                    .body()
                    .contains("FAILED"));
        }
        try (Stream<Path> files = Files.walk(other)) {
            assertThat(files).containsExactly(other);
        }
    }

    @Tag("B14")
    @Test
    void shouldRefuseNamesThatLeadElsewhere() throws Exception {
        CompactionWorker worker = worker();
        byte[] job = job(hosterRoot("db1"), "db1");
        Path outside = Files.createDirectories(directory.resolve("outside").resolve("db"));
        Files.createSymbolicLink(mounts.resolve("link"), directory.resolve("outside"));
        for (String name : HOSTILE) {
            if (!name.isEmpty()) {
                assertThatThrownBy(() -> RemoteCompactionSettings.builder().instanceName(name))
                        .as(name)
                        .isInstanceOf(IllegalArgumentException.class);
            }
            HttpResponse<String> answer = submit(worker.url(), withInstance(job, name));
            assertThat(answer.statusCode()).as(name).isEqualTo(400);
            assertThat(MAPPER.readTree(answer.body()).get("code").textValue()).isEqualTo("compaction.document.value");
        }
        HttpResponse<String> answer = submit(worker.url(), withInstance(job, "link"));
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(MAPPER.readTree(answer.body()).get("code").textValue()).isEqualTo("compaction.worker.root");
        try (Stream<Path> files = Files.walk(outside)) {
            assertThat(files).containsExactly(outside);
        }
        assertThat(new String(job, UTF_8)).contains("\"instance_name\":\"db1\"");
    }
}
