// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.compaction.document.Document;
import io.sluice.compaction.document.Documents;
import io.sluice.compaction.document.ErrorDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Submitted;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import javax.net.ssl.SSLContext;

/** Speaks with a worker as a store would. */
final class Client {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final HttpClient http;
    private final String url;
    private String authorisation = "";

    Client(String url, HttpClient.Version version) {
        this.url = url;
        this.http = HttpClient.newBuilder().version(version).build();
    }

    Client(String url, HttpClient.Version version, SSLContext tls) {
        this.url = url;
        this.http = HttpClient.newBuilder().version(version).sslContext(tls).build();
    }

    Client(String url) {
        this(url, HttpClient.Version.HTTP_1_1);
    }

    Client withSecret(String secret) {
        authorisation = "Bearer " + secret;
        return this;
    }

    HttpRequest.Builder request(String path) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url + path)).timeout(LIMIT);
        return authorisation.isEmpty() ? request : request.header("Authorization", authorisation);
    }

    HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), BodyHandlers.ofByteArray());
    }

    HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
        return send(request(path).GET());
    }

    HttpResponse<byte[]> post(String path, byte[] body, String type) throws IOException, InterruptedException {
        return send(request(path).header("Content-Type", type).POST(BodyPublishers.ofByteArray(body)));
    }

    HttpResponse<byte[]> trySubmit(JobDocument job) throws IOException, InterruptedException {
        return post("/dcompact", Documents.write(job), "application/json");
    }

    Submitted submit(JobDocument job) throws IOException, InterruptedException {
        return read(trySubmit(job), Submitted.class);
    }

    Progress probe(String token) throws IOException, InterruptedException {
        return read(get("/probe?token=" + token), Progress.class);
    }

    Progress await(String token, int seen) throws IOException, InterruptedException {
        return read(get("/wait?token=" + token + "&seen=" + seen), Progress.class);
    }

    /** Waits for the end, as often as it takes. */
    Progress awaitEnd(String token) throws IOException, InterruptedException {
        for (; ; ) {
            Progress progress = await(token, Integer.MAX_VALUE / 10);
            if (progress.state().hasEnded()) {
                return progress;
            }
        }
    }

    Progress shutdown(String token) throws IOException, InterruptedException {
        return read(post("/shutdown?token=" + token, new byte[0], "text/plain"), Progress.class);
    }

    static <T extends Document> T read(HttpResponse<byte[]> response, Class<T> type) throws IOException {
        assertThat(response.statusCode())
                .as(() -> new String(response.body(), UTF_8))
                .isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(response.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
        return Documents.read(response.body(), type);
    }

    static ErrorDocument error(HttpResponse<byte[]> response, int status) throws IOException {
        assertThat(response.statusCode()).isEqualTo(status);
        return Documents.read(response.body(), ErrorDocument.class);
    }
}
