// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import io.sluice.compaction.TestCertificates;
import io.sluice.compaction.document.PlugIns;
import io.sluice.compaction.plugin.PlugInSource;
import io.sluice.compaction.worker.CompactionWorker;
import io.sluice.compaction.worker.WorkerSettings;
import io.sluice.config.ConfigException;
import io.sluice.config.StoreConfiguration;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storages;
import io.sluice.testkit.process.TestProcess;
import io.sluice.transport.tcp.TestAuthority.Issued;
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
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A store, workers with certificates, and who believes whom. */
@Tag("B60")
@Timeout(120)
class CompactionOverTlsTest {
    private static final String SECRET = "correct-horse-battery-staple";
    private static final String ANOTHER_SECRET = "incorrect-mule-battery-staple";

    @TempDir
    private Path directory;

    private final List<CompactionWorker> workers = new ArrayList<>();
    private final Logged logged = new Logged();
    private String secretFile = "";

    /** All that is logged, by ourselves at every level. */
    private static final class Logged extends AppenderBase<ILoggingEvent> {
        final List<String> lines = new CopyOnWriteArrayList<>();

        @Override
        protected void append(ILoggingEvent event) {
            lines.add(event.getLoggerName() + " " + event.getFormattedMessage() + " "
                    + (event.getThrowableProxy() == null
                            ? ""
                            : ThrowableProxyUtil.asString(event.getThrowableProxy())));
        }
    }

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }

    @BeforeEach
    void takeNotes() throws IOException {
        logged.setContext(logger("ROOT").getLoggerContext());
        logged.start();
        logger("ROOT").addAppender(logged);
        logger("io.sluice").setLevel(Level.TRACE);
        secretFile = secret("secret", SECRET);
    }

    @AfterEach
    void closeWorkers() {
        workers.forEach(CompactionWorker::close);
        logger("ROOT").detachAppender(logged);
        logger("io.sluice").setLevel(null);
    }

    private String secret(String name, String text) throws IOException {
        Path file = Files.writeString(directory.resolve(name), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file.toString();
    }

    private CompactionWorker worker(String id, TestCertificates authority, Issued own) throws IOException {
        return worker(id, authority, own, SECRET, false);
    }

    private CompactionWorker worker(
            String id, TestCertificates authority, Issued own, String secret, boolean clientCertificates)
            throws IOException {
        CompactionWorker worker = CompactionWorker.start(
                WorkerSettings.builder(
                                id,
                                "host",
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                                List.of(directory.toString()))
                        .secret(secret)
                        .tls(authority.context(own))
                        .clientCertificates(clientCertificates)
                        .build(),
                uri -> Storages.open(uri, Map.of()),
                PlugInSource.of(PlugIns.BUILT_IN),
                new RateLimiter(0, System::nanoTime),
                System::nanoTime,
                new SecureRandom());
        workers.add(worker);
        return worker;
    }

    private RemoteCompactionSettings.Builder settings() {
        return RemoteCompactionSettings.builder()
                .httpWorkers(workers.stream()
                        .map(worker -> RemoteWorker.of(worker.url()))
                        .toList())
                .dcompactMinLevel(0)
                .httpTimeout(Duration.ofSeconds(10))
                .overallTimeout(Duration.ofSeconds(30))
                .retrySleepTime(Duration.ofMillis(20))
                .secretFile(secretFile)
                .tlsCaFile(TestCertificates.ours().authority().toString());
    }

    /** Compacts once, by a worker or here. */
    private void compact(RemoteCompaction remote) throws IOException {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .remoteCompactionExecutor(remote)
                .build();
        ColumnFamilyOptions family =
                ColumnFamilyOptions.builder().disableAutoCompactions(true).build();
        try (Store store =
                Store.open(options, directory.resolve("db"), List.of(new ColumnFamilyDescriptor("default", family)))) {
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < 100; i++) {
                    store.put(("key" + i).getBytes(UTF_8), ("value" + i).getBytes(UTF_8));
                }
                store.flush(FlushOptions.DEFAULT);
            }
            store.compactRange(store.defaultColumnFamily());
            assertThat(store.get("key7".getBytes(UTF_8))).isEqualTo("value7".getBytes(UTF_8));
        }
    }

    private RemoteCompactionStatistics compactAndCount(RemoteCompactionSettings settings) throws IOException {
        RemoteCompaction remote = new RemoteCompaction(settings);
        compact(remote);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> remote.statistics().remoteJobs()
                                + remote.statistics().localJobs().size()
                        == 1);
        return remote.statistics();
    }

    @Test
    void shouldCompactWhereBothSidesProveThemselves() throws Exception {
        TestCertificates ours = TestCertificates.ours();
        worker("w1", ours, ours.here(), SECRET, true);
        RemoteCompactionStatistics statistics = compactAndCount(settings()
                .tlsCertificateFile(ours.elsewhere().certificate().toString())
                .tlsKeyFile(ours.elsewhere().key().toString())
                .build());
        assertThat(statistics.workerJobs()).containsOnly(Map.entry("w1", 1L));
        assertThat(statistics.failedAttempts()).isEmpty();
    }

    @Test
    void shouldFindItsFilesInAConfiguration() throws Exception {
        TestCertificates ours = TestCertificates.ours();
        CompactionWorker worker = worker("w1", ours, ours.here(), SECRET, true);
        Path file = Files.writeString(directory.resolve("store.yaml"), """
                CompactionExecutorFactory:
                  dcompact:
                    class: RemoteCompaction
                    params:
                      http_workers: ["%s"]
                      secret_file: %s
                      tls_ca_file: %s
                      tls_certificate_file: %s
                      tls_key_file: %s
                """.formatted(
                        worker.url(),
                        secretFile,
                        ours.authority(),
                        ours.here().certificate(),
                        ours.here().key()));
        assertThat(StoreConfiguration.load(file).applyTo(DBOptions.builder())).isNotNull();
        assertThatThrownBy(() -> new RemoteCompaction(
                        settings().tlsCaFile(directory + "/none.pem").build()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("none.pem");
        assertThatThrownBy(() -> settings().tlsKeyFile("x").build()).hasMessageContaining("tls_certificate_file");
    }

    @Test
    void shouldTrustNoWorkerOfAnotherHostOrAuthority() throws Exception {
        TestCertificates ours = TestCertificates.ours();
        worker("another-host", ours, ours.elsewhere());
        worker(
                "another-authority",
                TestCertificates.theirs(),
                TestCertificates.theirs().here());
        RemoteCompactionStatistics statistics =
                compactAndCount(settings().allowFallbackToLocal(true).build());
        assertThat(statistics.workerJobs()).isEmpty();
        assertThat(statistics.failedAttempts()).containsOnly(Map.entry(FallbackReason.WORKER_LOST, 2L));
        assertThat(statistics.localJobs()).hasSize(1);
        for (CompactionWorker worker : workers) {
            assertThat(worker.status().finished() + worker.status().failed()).isZero();
        }
    }

    @Test
    void shouldNotCompactForAStoreWithoutACertificateWhereOneIsAsked() throws Exception {
        TestCertificates ours = TestCertificates.ours();
        worker("w1", ours, ours.here(), SECRET, true);
        RemoteCompactionStatistics statistics =
                compactAndCount(settings().allowFallbackToLocal(true).build());
        assertThat(statistics.failedAttempts()).containsOnly(Map.entry(FallbackReason.WORKER_LOST, 1L));
        assertThat(statistics.workerJobs()).isEmpty();
    }

    /** Asks a worker as stores do, in a JVM that was told to believe every host. */
    static final class Credulous {
        private Credulous() {}

        public static void main(String[] args) throws Exception {
            RemoteCompactionSettings settings = RemoteCompactionSettings.builder()
                    .httpWorkers(List.of(RemoteWorker.of(args[0])))
                    .tlsCaFile(args[1])
                    .build();
            HttpRequest request = HttpRequest.newBuilder(URI.create(args[0] + "/health"))
                    .timeout(Duration.ofSeconds(30))
                    .build();
            try {
                HttpResponse<String> answer = WorkerTls.client(settings).send(request, BodyHandlers.ofString());
                System.out.println("answered " + answer.statusCode());
            } catch (IOException e) {
                System.out.println("refused " + e);
            }
        }
    }

    @Test
    void shouldVerifyHostsWhateverTheJvmIsTold() throws Exception {
        TestCertificates ours = TestCertificates.ours();
        String ca = ours.authority().toString();
        String another = worker("w1", ours, ours.elsewhere()).url();
        String right = worker("w2", ours, ours.here()).url();
        for (String url : List.of(another, right)) {
            try (TestProcess store = TestProcess.java(
                            Credulous.class.getName(), "-Djdk.internal.httpclient.disableHostnameVerification=true")
                    .args(url, ca)
                    .start()) {
                store.awaitOut(
                        url.equals(right) ? "answered 200" : "refused .*No subject alternative names",
                        Duration.ofSeconds(60));
            }
        }
    }

    @Test
    void shouldNeverShowASecret() throws Exception {
        TestCertificates ours = TestCertificates.ours();
        CompactionWorker other = worker("w1", ours, ours.here(), ANOTHER_SECRET, false);
        worker("w2", ours, ours.here());
        RemoteCompaction remote = new RemoteCompaction(settings().build());
        compact(remote);
        await().atMost(Duration.ofSeconds(30)).until(() -> remote.statistics().remoteJobs() == 1);
        assertThat(remote.statistics().failedAttempts()).containsOnly(Map.entry(FallbackReason.WORKER_ERROR, 1L));

        List<String> shown = new ArrayList<>(logged.lines);
        HttpClient client = HttpClient.newBuilder().sslContext(ours.context()).build();
        for (String path : List.of("/", "/health", "/dcompact", "/probe?token=" + SECRET.substring(0, 9), "/nowhere")) {
            for (String given : List.of("Bearer " + SECRET, "Basic " + SECRET, SECRET)) {
                HttpRequest request = HttpRequest.newBuilder(URI.create(other.url() + path))
                        .header("Authorization", given)
                        .header("Content-Type", "application/json")
                        .method(path.equals("/dcompact") ? "POST" : "GET", BodyPublishers.ofString("{}"))
                        .build();
                HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
                shown.add(answer.headers().map() + " " + answer.body());
            }
        }
        shown.add(remote.statistics().toString());
        assertThat(logged.lines).anyMatch(line -> line.contains("w2"));
        assertThat(shown).noneMatch(text -> text.contains(SECRET) || text.contains(ANOTHER_SECRET));
        String key = Files.readAllLines(ours.here().key()).get(1);
        assertThat(shown).noneMatch(text -> text.contains(key));
    }
}
