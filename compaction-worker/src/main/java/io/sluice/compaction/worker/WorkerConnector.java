// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import javax.net.ssl.SSLContext;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http2.server.AbstractHTTP2ServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** How a worker is spoken with: HTTP 1.1 and 2; over TLS 1.3, where ALPN chooses between them, if it has a certificate. */
final class WorkerConnector {
    private static final int MAX_HEADER_LENGTH = 8 << 10;
    private static final int MAX_STREAMS = 256;
    private static final String TLS = "TLSv1.3";

    private WorkerConnector() {}

    static ServerConnector create(Server server, WorkerSettings settings) {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(MAX_HEADER_LENGTH);
        HttpConnectionFactory http1 = new HttpConnectionFactory(http);
        SSLContext tls = settings.tls();
        ServerConnector connector;
        if (tls == null) {
            connector = new ServerConnector(server, 1, 1, http1, bounded(new HTTP2CServerConnectionFactory(http)));
        } else {
            http.addCustomizer(new SecureRequestCustomizer(false)); // whatever the host that a proxy asked for
            HTTP2ServerConnectionFactory http2 = bounded(new HTTP2ServerConnectionFactory(http));
            ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
            alpn.setDefaultProtocol(http1.getProtocol()); // of those who don't speak ALPN, such as nginx
            connector = new ServerConnector(
                    server,
                    1,
                    1,
                    new SslConnectionFactory(certificates(tls, settings.clientCertificates()), alpn.getProtocol()),
                    alpn,
                    http2,
                    http1);
        }
        connector.setHost(settings.listen().getAddress().getHostAddress());
        connector.setPort(settings.listen().getPort());
        connector.setIdleTimeout(
                settings.waitLimit().multipliedBy(2).plusSeconds(10).toMillis());
        return connector;
    }

    private static <T extends AbstractHTTP2ServerConnectionFactory> T bounded(T http2) {
        http2.setMaxConcurrentStreams(MAX_STREAMS);
        return http2;
    }

    private static SslContextFactory.Server certificates(SSLContext tls, boolean fromClients) {
        SslContextFactory.Server factory = new SslContextFactory.Server();
        factory.setSslContext(tls);
        factory.setIncludeProtocols(TLS);
        factory.setNeedClientAuth(fromClients);
        return factory;
    }
}
