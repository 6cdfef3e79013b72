// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.compaction.TestCertificates;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress.State;
import io.sluice.config.PemTls;
import io.sluice.store.compaction.CompactionProgress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A worker with a certificate. */
class WorkerTlsTest extends WorkerScenario {
    private static final String SECRET = "0123456789abcdef0123";

    private final TestCertificates ours = TestCertificates.ours();

    private WorkerSettings.Builder secured() {
        return settings().secret(SECRET).tls(ours.context(ours.here()));
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    @Tag("B60")
    void shouldCompactOverTls(HttpClient.Version version) throws Exception {
        TestStore store = store("db");
        CompactionWorker worker = start(secured());
        assertThat(worker.url()).startsWith("https://127.0.0.1:");
        Client client = new Client(worker.url(), version, ours.context()).withSecret(SECRET);
        HttpResponse<byte[]> health = client.get("/health");
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.version()).isEqualTo(version);
        assertThat(health.sslSession().map(SSLSession::getProtocol)).contains("TLSv1.3");
        JobDocument job = store.attempt(store.job(1, 4, 2), CompactionProgress.NONE);
        String token = client.submit(job).token();
        assertThat(client.awaitEnd(token).state()).isEqualTo(State.FINISHED);
        assertThat(new Client(worker.url(), version, ours.context())
                        .get("/probe?token=" + token)
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void shouldBeReachedBeyondLoopback() throws Exception {
        CompactionWorker worker = start(
                WorkerSettings.builder("w1", "localhost", new InetSocketAddress("0.0.0.0", 0), List.of(root.toString()))
                        .secret(SECRET)
                        .tls(ours.context(ours.here())));
        assertThat(worker.url()).startsWith("https://localhost:");
        Client client = new Client(worker.url(), HttpClient.Version.HTTP_2, ours.context());
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
        assertThat(client.get("/probe?token=x").statusCode()).isEqualTo(401);
    }

    @Test
    void shouldSpeakNeitherOldTlsNorNone() throws Exception {
        CompactionWorker worker = start(secured());
        SSLParameters old = new SSLParameters();
        old.setProtocols(new String[] {"TLSv1.2"});
        HttpClient client = HttpClient.newBuilder()
                .sslContext(ours.context())
                .sslParameters(old)
                .build();
        HttpRequest request = HttpRequest.newBuilder(URI.create(worker.url() + "/health"))
                .timeout(Duration.ofSeconds(30))
                .build();
        assertThatThrownBy(() -> client.send(request, BodyHandlers.ofString())).isInstanceOf(IOException.class);
        Client plain = new Client("http://127.0.0.1:" + worker.address().getPort());
        assertThatThrownBy(() -> plain.get("/health")).isInstanceOf(IOException.class);
        assertThat(new Client(worker.url(), HttpClient.Version.HTTP_1_1, ours.context())
                        .get("/health")
                        .statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void shouldWantAStoresCertificateWhereToldTo(HttpClient.Version version) throws Exception {
        CompactionWorker worker = start(secured().clientCertificates(true));
        Client known = new Client(worker.url(), version, ours.context(ours.here()));
        assertThat(known.get("/health").statusCode()).isEqualTo(200);
        Client nobody = new Client(worker.url(), version, ours.context());
        assertThatThrownBy(() -> nobody.get("/health")).isInstanceOf(IOException.class);
        TestCertificates theirs = TestCertificates.theirs();
        Client stranger = new Client(
                worker.url(),
                version,
                PemTls.of(theirs.here().certificate(), theirs.here().key(), ours.authority()));
        assertThatThrownBy(() -> stranger.get("/health")).isInstanceOf(IOException.class);
        assertThat(known.get("/health").statusCode()).isEqualTo(200);
    }
}
