// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.config.PemTls;
import java.net.http.HttpClient;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** The HTTP client for workers: over TLS it believes only a certificate of the host that was asked for. */
final class WorkerTls {
    private WorkerTls() {}

    static HttpClient client(RemoteCompactionSettings settings) {
        SSLParameters verified = new SSLParameters();
        // The client does so by itself, unless a property of the JVM tells it not to: that is not to hold here.
        verified.setEndpointIdentificationAlgorithm("HTTPS");
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .connectTimeout(settings.httpTimeout())
                .sslContext(context(settings))
                .sslParameters(verified)
                .build();
    }

    private static SSLContext context(RemoteCompactionSettings settings) {
        @Nullable Path authorities = settings.tlsCaFile().isEmpty() ? null : Path.of(settings.tlsCaFile());
        return settings.tlsCertificateFile().isEmpty()
                ? PemTls.believing(authorities)
                : PemTls.of(Path.of(settings.tlsCertificateFile()), Path.of(settings.tlsKeyFile()), authorities);
    }
}
