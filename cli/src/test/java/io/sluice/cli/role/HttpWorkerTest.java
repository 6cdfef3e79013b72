// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import static io.sluice.cli.SluiceProcess.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.cli.SluiceProcess;
import io.sluice.testkit.process.TestProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

    @Test
    void shouldTakeCompactionsWithoutAMemnodeAndEndInOrder() throws Exception {
        Path secret = Files.createFile(
                directory.resolve("secret"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(secret, SECRET);
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
    void shouldRefuseWhatCouldNotBeSafe() throws Exception {
        assertFails("--http: expected this machine's loopback", "--http=0.0.0.0:0", "--storage-roots=/x");
        assertFails("--storage-roots: missing", "--http=127.0.0.1:0");
        assertFails(
                "--max-parallel-compactions: expected 1",
                "--http=127.0.0.1:0",
                "--storage-roots=/x",
                "--max-parallel-compactions=0");
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
