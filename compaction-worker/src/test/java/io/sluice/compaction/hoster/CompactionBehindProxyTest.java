// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.Nginx;
import io.sluice.compaction.TestCertificates;
import io.sluice.compaction.document.PlugIns;
import io.sluice.compaction.plugin.PlugInSource;
import io.sluice.compaction.worker.CompactionWorker;
import io.sluice.compaction.worker.WorkerSettings;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A store that knows of a pool of workers one address only: that of the real nginx before them. */
@Timeout(120)
class CompactionBehindProxyTest {
    private static final String SECRET = "0123456789abcdef";
    private static final int JOBS = 4;

    @TempDir
    private Path directory;

    private final List<CompactionWorker> workers = new ArrayList<>();
    private int port;

    @BeforeEach
    void needNginx() throws IOException {
        Nginx.assumeIsHere();
        port = Nginx.freePort();
    }

    @AfterEach
    void closeWorkers() {
        workers.forEach(CompactionWorker::close);
    }

    private void startWorkers(boolean isTls) throws IOException {
        TestCertificates ours = TestCertificates.ours();
        for (int i = 1; i <= 2; i++) {
            workers.add(CompactionWorker.start(
                    WorkerSettings.builder(
                                    "w" + i,
                                    "host",
                                    new InetSocketAddress("127.0.0.1" + i, port),
                                    List.of(directory.toString()))
                            .secret(SECRET)
                            .tls(isTls ? ours.context(ours.here()) : null)
                            .build(),
                    uri -> Storages.open(uri, Map.of()),
                    PlugInSource.of(PlugIns.BUILT_IN),
                    new RateLimiter(0, System::nanoTime),
                    System::nanoTime,
                    new SecureRandom()));
        }
    }

    private RemoteCompactionStatistics compact(String proxy) throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), SECRET);
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        RemoteCompaction remote = new RemoteCompaction(RemoteCompactionSettings.builder()
                .httpWorkers(List.of(RemoteWorker.of(proxy)))
                .dcompactMinLevel(0)
                .httpTimeout(Duration.ofSeconds(10))
                .overallTimeout(Duration.ofSeconds(30))
                .retrySleepTime(Duration.ofMillis(20))
                .secretFile(secret.toString())
                .tlsCaFile(TestCertificates.ours().authority().toString())
                .build());
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .remoteCompactionExecutor(remote)
                .build();
        ColumnFamilyOptions family =
                ColumnFamilyOptions.builder().disableAutoCompactions(true).build();
        try (Store store =
                Store.open(options, directory.resolve("db"), List.of(new ColumnFamilyDescriptor("default", family)))) {
            fill(store);
            for (int job = 0; job < JOBS; job++) {
                fill(store);
                store.compactRange(store.defaultColumnFamily());
            }
            assertThat(store.get("key7".getBytes(UTF_8))).isEqualTo("value7".getBytes(UTF_8));
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> remote.statistics().remoteJobs() == JOBS);
        return remote.statistics();
    }

    private static void fill(Store store) throws IOException {
        for (int i = 0; i < 100; i++) {
            store.put(("key" + i).getBytes(UTF_8), ("value" + i).getBytes(UTF_8));
        }
        store.flush(FlushOptions.DEFAULT);
    }

    @Test
    @Tag("B58")
    void shouldUseAPoolAsItWereOneWorker() throws Exception {
        startWorkers(true);
        try (Nginx nginx = Nginx.asShipped(directory, port)) {
            RemoteCompactionStatistics statistics = compact("https://localhost:" + nginx.port);
            assertThat(statistics.workerJobs()).containsOnlyKeys("w1", "w2");
            assertThat(statistics.failedAttempts()).isEmpty();
        }
    }

    @Test
    @Tag("B58")
    void shouldGoToTheWorkersOwnAddressWhereTheProxyDoesNotKnowTokens() throws Exception {
        startWorkers(false);
        int proxy = Nginx.freePort();
        String http = """
                upstream pool { server 127.0.0.11:%d; server 127.0.0.12:%d; }
                server { listen 127.0.0.1:%d; location / { proxy_pass http://pool; } }
                """.formatted(port, port, proxy);
        try (Nginx nginx = Nginx.start(directory, http, proxy)) {
            // Which takes turns: the first question about a job comes to the worker that has not got it.
            RemoteCompactionStatistics statistics = compact("http://127.0.0.1:" + nginx.port);
            assertThat(statistics.remoteJobs()).isEqualTo(JOBS);
            assertThat(statistics.failedAttempts()).isEmpty();
        }
    }

    @Test
    void shouldGoOnWhereAWorkerOfThePoolIsGone() throws Exception {
        startWorkers(true);
        workers.remove(0).close();
        try (Nginx nginx = Nginx.asShipped(directory, port)) {
            RemoteCompactionStatistics statistics = compact("https://localhost:" + nginx.port);
            assertThat(statistics.workerJobs()).containsOnlyKeys("w2");
            assertThat(statistics.failedAttempts()).isEmpty();
        }
    }
}
