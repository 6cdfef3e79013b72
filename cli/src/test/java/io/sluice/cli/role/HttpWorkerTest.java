// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import static io.sluice.cli.SluiceProcess.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.sluice.cli.Main;
import io.sluice.cli.SluiceProcess;
import io.sluice.cli.ToolRun;
import io.sluice.cli.config.ConfigDefaults;
import io.sluice.compaction.hoster.RemoteCompaction;
import io.sluice.compaction.hoster.RemoteCompactionSettings;
import io.sluice.compaction.hoster.RemoteWorker;
import io.sluice.config.PemTls;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.testkit.process.TestProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** {@code ./sluice worker --http}. */
class HttpWorkerTest {
    private static final String SECRET = "0123456789abcdef";

    @TempDir
    private Path directory;

    private static HttpResponse<String> post(String url, String secret) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .timeout(LIMIT)
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + secret)
                .POST(BodyPublishers.ofString("{}"))
                .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    }

    private Path secret() throws IOException {
        Path secret = Files.createFile(
                directory.resolve("secret"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(secret, SECRET);
    }

    @Test
    void shouldTakeCompactionsWithoutAMemnodeAndEndInOrder() throws Exception {
        Path secret = secret();
        try (TestProcess worker = SluiceProcess.of(
                        "worker",
                        "--name=c1",
                        "--http=127.0.0.1:0",
                        "--http-secret-file=" + secret,
                        "--storage-roots=" + directory)
                .start()) {
            String url = worker.awaitOut("ready c1 (http://127\\.0\\.0\\.1:[0-9]+)", LIMIT)
                    .group(1);
            assertThat(post(url + "/dcompact", SECRET).statusCode()).isEqualTo(400);
            assertThat(post(url + "/dcompact", "another").statusCode()).isEqualTo(401);
            worker.terminate();
            assertThat(worker.awaitExit(LIMIT)).as(worker.toString()).isZero();
            assertThat(worker.err()).doesNotContain(SECRET);
        }
    }

    @Test
    @Tag("B53")
    void shouldEndWhenItIsStoppedOverHttpWhereThatIsEnabled() throws Exception {
        Path secret = Files.createFile(
                directory.resolve("secret"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(secret, SECRET);
        try (TestProcess worker = SluiceProcess.of(
                        "worker",
                        "--name=c1",
                        "--http=127.0.0.1:0",
                        "--http-stop",
                        "--http-secret-file=" + secret,
                        "--storage-roots=" + directory)
                .start()) {
            String url = worker.awaitOut("ready c1 (http://127\\.0\\.0\\.1:[0-9]+)", LIMIT)
                    .group(1);
            assertThat(post(url + "/stop", "another").statusCode()).isEqualTo(401);
            assertThat(worker.isAlive()).isTrue();
            assertThat(post(url + "/stop", SECRET).statusCode()).isEqualTo(200);
            assertThat(worker.awaitExit(LIMIT)).as(worker.toString()).isZero();
        }
    }

    @Test
    @Tag("B60")
    void shouldSpeakTlsWithTheCertificatesOfTheCommand() throws Exception {
        Path secret = secret();
        Path certs = directory.resolve("certs");
        assertThat(ToolRun.sluice("certs", "--dir=" + certs, "--hosts=localhost,127.0.0.1", "worker/c1")
                        .exitCode())
                .isZero();
        try (TestProcess worker = SluiceProcess.of(
                        "worker",
                        "--name=c1",
                        "--http=0.0.0.0:0",
                        "--http-advertise=localhost:7777",
                        "--http-secret-file=" + secret,
                        "--tls-certificate-file=" + certs.resolve("worker-c1.pem"),
                        "--tls-key-file=" + certs.resolve("worker-c1.key"),
                        "--storage-roots=" + directory)
                .environment("SLUICE_LOG", "trace")
                .start()) {
            worker.awaitOut("ready c1 https://localhost:7777", LIMIT);
            assertThat(worker.err()).doesNotContain(SECRET);
        }
        SSLContext believing = PemTls.believing(certs.resolve("ca.pem"));
        try (TestProcess worker = SluiceProcess.of(
                        "worker",
                        "--name=c1",
                        "--http=localhost:0",
                        "--http-secret-file=" + secret,
                        "--tls-certificate-file=" + certs.resolve("worker-c1.pem"),
                        "--tls-key-file=" + certs.resolve("worker-c1.key"),
                        "--storage-roots=" + directory)
                .start()) {
            String url = worker.awaitOut("ready c1 (https://127\\.0\\.0\\.1:[0-9]+)", LIMIT)
                    .group(1);
            HttpClient client = HttpClient.newBuilder().sslContext(believing).build();
            HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/health"))
                    .timeout(LIMIT)
                    .build();
            assertThat(client.send(request, BodyHandlers.ofString()).statusCode())
                    .isEqualTo(200);
            assertThatThrownBy(() -> HttpClient.newHttpClient().send(request, BodyHandlers.ofString()))
                    .isInstanceOf(SSLException.class);
        }
    }

    @Test
    @Tag("B51")
    void shouldLeaveWhereTheCloudTakesItsMachine() throws Exception {
        AtomicInteger status = new AtomicInteger(404);
        HttpServer cloud = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        cloud.createContext("/", exchange -> {
            exchange.sendResponseHeaders(status.get(), -1);
            exchange.close();
        });
        cloud.start();
        try (TestProcess worker = SluiceProcess.of(
                        "worker",
                        "--name=c1",
                        "--http=127.0.0.1:0",
                        "--storage-roots=" + directory,
                        "--termination-check-url=http://127.0.0.1:"
                                + cloud.getAddress().getPort() + "/")
                .start()) {
            worker.awaitOut("ready c1", LIMIT);
            status.set(200);
            assertThat(worker.awaitExit(LIMIT)).as(worker.toString()).isZero();
            assertThat(worker.err()).contains("this machine is to go");
        } finally {
            cloud.stop(0);
        }
    }

    @Test
    void shouldRunEachCompactionInAProcessWhereThatIsWanted() throws Exception {
        try (TestProcess worker = SluiceProcess.of(
                        "worker",
                        "--name=c1",
                        "--http=127.0.0.1:0",
                        "--storage-roots=" + directory,
                        "--process-memory=128MiB",
                        "--plug-ins=" + Files.createDirectory(directory.resolve("plug-ins")))
                .environment("MULTI_PROCESS", "1")
                .environment("WORKER_DB_ROOT", directory.resolve("work").toString())
                .environment("DEL_WORKER_TEMP_DB", "0")
                .start()) {
            String url = worker.awaitOut("ready c1 (http://.*)", LIMIT).group(1);
            RemoteCompaction remote = new RemoteCompaction(RemoteCompactionSettings.builder()
                    .httpWorkers(List.of(RemoteWorker.of(url)))
                    .dcompactMinLevel(0)
                    .instanceName("db")
                    .overallTimeout(LIMIT)
                    .build());
            DBOptions options = DBOptions.builder()
                    .createIfMissing(true)
                    .remoteCompactionExecutor(remote)
                    .build();
            byte[] key = {1};
            try (Store store = Store.open(
                    options,
                    directory.resolve("db"),
                    List.of(new ColumnFamilyDescriptor("default", ColumnFamilyOptions.DEFAULT)))) {
                for (byte round = 0; round < 2; round++) {
                    store.put(key, new byte[] {round});
                    store.flush(FlushOptions.DEFAULT);
                }
                store.compactRange(store.defaultColumnFamily());
                assertThat(store.get(key)).containsExactly(1);
                await().atMost(LIMIT)
                        .untilAsserted(() ->
                                assertThat(remote.statistics().workerJobs()).containsOnlyKeys("c1"));
            }
            try (Stream<Path> files = Files.walk(directory.resolve("work/db"))) {
                assertThat(files.map(Path::getFileName).map(Path::toString)).contains("LOG.child");
            }
        }
    }

    @Test
    void shouldRefuseWhatCouldNotBeSafe() throws Exception {
        assertFails("--tls-certificate-file: missing: 0.0.0.0:0", "--http=0.0.0.0:0", "--storage-roots=/x");
        assertFails("needs a secret", "--http=0.0.0.0:0", "--storage-roots=/x", "--plaintext");
        assertFails("--tls-ca-file: missing", "--http=127.0.0.1:0", "--storage-roots=/x", "--http-client-certificates");
        assertFails(
                "--http-advertise: expected a URL", "--http=127.0.0.1:0", "--storage-roots=/x", "--http-advertise=a b");
        assertFails(
                "--termination-check-url: expected a URL",
                "--http=127.0.0.1:0",
                "--storage-roots=/x",
                "--termination-check-url=x");
        assertFails("--storage-roots: missing", "--http=127.0.0.1:0");
        assertFails("--http-stop: needs --http-secret-file", "--http=127.0.0.1:0", "--storage-roots=/x", "--http-stop");
        assertFails(
                "--web-domain: expected an origin",
                "--http=127.0.0.1:0",
                "--storage-roots=/x",
                "--web-domain=https://");
        assertFails(
                "--max-parallel-compactions: expected 1",
                "--http=127.0.0.1:0",
                "--storage-roots=/x",
                "--max-parallel-compactions=0");
    }

    @Test
    void shouldTakeTheOldSystemsEnvironment() throws Exception {
        try (TestProcess worker = SluiceProcess.of(
                        "worker", "--name=c1", "--http=127.0.0.1:0", "--storage-roots=" + directory)
                .environment("ADVERTISE_ADDR", "10.0.0.7:8080")
                .environment("MAX_PARALLEL_COMPACTIONS", "3")
                .environment("MAX_WAITING_COMPACTIONS", "")
                .environment("NFS_MOUNT_ROOT", directory.toString())
                .start()) {
            worker.awaitOut("ready c1 http://10\\.0\\.0\\.7:8080", LIMIT);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "MAX_PARALLEL_COMPACTIONS,0,expected 1 to 65536; found 0",
        "MAX_PARALLEL_COMPACTIONS,eight,expected a whole number up to 2147483647; found 'eight'",
        "MAX_WAITING_COMPACTIONS,-1,expected 0 to 65536; found -1",
        "WEB_DOMAIN,a b,expected an origin such as",
        "ADVERTISE_ADDR,ftp://x,expected a URL such as http://10.0.0.7:8080; or HOST:PORT; found 'ftp://x'",
        "ADVERTISE_ADDR,a b,expected a URL such as",
        "ADVERTISE_ADDR,http://user:pass@x,expected a URL such as"
    })
    void shouldNameTheVariableOfAWrongValue(String variable, String value, String message) {
        CommandLine root = Main.commandLine();
        StringWriter err = new StringWriter();
        root.setErr(new PrintWriter(err, true));
        List<String> arguments = List.of("worker", "--http=127.0.0.1:0", "--storage-roots=" + directory);
        ConfigDefaults.install(root, arguments, Map.of(variable, value));
        assertThat(root.execute(arguments.toArray(String[]::new))).isEqualTo(2);
        assertThat(err.toString()).contains("environment variable " + variable + ": " + message.replace(';', ','));
    }

    @Test
    void shouldLetTenantsInByTheirSecrets() throws Exception {
        Path secret = secret("ann", "the secret of ann");
        Path tenants = Files.writeString(directory.resolve("tenants"), "ann " + secret + " " + directory + " # her\n");
        try (TestProcess worker = SluiceProcess.of(
                        "worker",
                        "--name=c1",
                        "--http=127.0.0.1:0",
                        "--tenants-file=" + tenants,
                        "--storage-roots=" + directory)
                .start()) {
            String url = worker.awaitOut("ready c1 (http://127\\.0\\.0\\.1:[0-9]+)", LIMIT)
                    .group(1);
            assertThat(post(url + "/dcompact", "the secret of ann").statusCode())
                    .isEqualTo(400);
            assertThat(post(url + "/dcompact", SECRET).statusCode()).isEqualTo(401);
            worker.terminate();
            assertThat(worker.awaitExit(LIMIT)).as(worker.toString()).isZero();
            assertThat(worker.err()).doesNotContain("the secret of ann");
        }
    }

    @Test
    void shouldRefuseFilesOfTenantsAndMountsThatSayNothingSafe() throws Exception {
        Path secret = secret("ann", "the secret of ann");
        Path open = Files.writeString(directory.resolve("open"), "a secret for everybody");
        Path tenants = directory.resolve("tenants");
        String[] options = {"--http=127.0.0.1:0", "--storage-roots=/x", "--tenants-file=" + tenants};
        Files.writeString(tenants, "# nobody\n");
        assertFails("tenants file " + tenants + ": names nobody", options);
        Files.writeString(tenants, "ann " + secret + "\n");
        assertFails("line 1: expected INSTANCE SECRET_FILE ROOT...", options);
        Files.writeString(tenants, "\nann " + open + " /x\n");
        assertFails("line 2: secret file " + open + ": others may use it", options);
        Files.writeString(tenants, "ann " + secret + " /x\nbob " + secret + " /y\n");
        assertFails("same name or secret", options);
        assertFails(
                "--dynamic-mount: needs --mount-root", "--http=127.0.0.1:0", "--storage-roots=/x", "--dynamic-mount");
        Path mounts = Files.writeString(directory.resolve("mounts"), "ann nfs -x -\n");
        assertFails(
                "mounts file " + mounts + ", line 1: '-x' is no source",
                "--http=127.0.0.1:0",
                "--storage-roots=/x",
                "--mount-root=" + directory,
                "--mounts-file=" + mounts,
                "--dynamic-mount");
    }

    private Path secret(String name, String text) throws Exception {
        Path file = Files.createFile(
                directory.resolve(name),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, text);
    }

    private static void assertFails(String message, String... options) throws Exception {
        String[] arguments = new String[options.length + 1];
        arguments[0] = "worker";
        System.arraycopy(options, 0, arguments, 1, options.length);
        try (TestProcess worker = SluiceProcess.of(arguments).start()) {
            assertThat(worker.awaitExit(LIMIT)).isEqualTo(2);
            assertThat(worker.err()).contains(message);
        }
    }
}
