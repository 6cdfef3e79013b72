// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP face of a process with stores, at {@code web_listen}, on loopback: a request passes {@link StoreAccess}, then
 * goes to the first handler that takes its path. Owns its threads and its socket until closed.
 */
final class StoreServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreServer.class);

    private static final int MAX_THREADS = 8;
    private static final int MIN_THREADS = 2;
    private static final int MAX_HEADER_LENGTH = 8 << 10;
    private static final long IDLE_MS = 30_000;
    private static final Pattern LOOPBACK = Pattern.compile("127([.][0-9]{1,3}){3}|\\[::1]|localhost");

    private final Server server;
    private final ServerConnector connector;

    private StoreServer(InetSocketAddress listen, @Nullable String secret, List<? extends Handler> handlers) {
        QueuedThreadPool pool = new QueuedThreadPool(MAX_THREADS, MIN_THREADS);
        pool.setName("sluice-store-http");
        pool.setDaemon(true);
        server = new Server(pool);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(MAX_HEADER_LENGTH);
        connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        connector.setHost(listen.getAddress().getHostAddress());
        connector.setPort(listen.getPort());
        connector.setIdleTimeout(IDLE_MS);
        server.addConnector(connector);
        List<Handler> all = new ArrayList<>();
        all.add(new StoreAccess(secret));
        all.addAll(handlers);
        all.add(new NothingHere());
        server.setHandler(new Handler.Sequence(all));
        server.setErrorHandler((request, response, callback) -> {
            response.write(true, null, callback); // the status says enough
            return true;
        });
        server.setStopTimeout(0); // a store that closes waits for no client
    }

    private static final class NothingHere extends Handler.Abstract.NonBlocking {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            new StoreExchange(request, response, callback).refuse(404, "there is nothing at this path");
            return true;
        }
    }

    /**
     * Reads an address.
     *
     * @param text {@code HOST:PORT}, the host an address of the loopback or {@code localhost}; no name is looked up
     * @throws IllegalArgumentException where it is another
     */
    static InetSocketAddress address(String text) {
        try {
            URI uri = new URI("http://" + text);
            String host = uri.getHost();
            int port = uri.getPort();
            if (host != null
                    && LOOPBACK.matcher(host).matches()
                    && port >= 0
                    && port <= 65535
                    && text.equals(host + ":" + port)) {
                return new InetSocketAddress(
                        host.equals("localhost") ? InetAddress.getLoopbackAddress() : InetAddress.getByName(host),
                        port);
            }
        } catch (URISyntaxException | UnknownHostException e) {
            LOG.debug("no address: {}", text, e);
        }
        throw new IllegalArgumentException("expected HOST:PORT of this machine's loopback, such as 127.0.0.1:2011 (for"
                + " others a proxy with TLS goes in front), found '" + text + "'");
    }

    /**
     * Starts it; it serves when this returns.
     *
     * @param secret that requests must carry, or null
     * @param handlers each returns false for paths that are not its own
     * @throws StoreException {@code IO} {@code compaction.store.listen} where it can't listen
     */
    static StoreServer start(InetSocketAddress listen, @Nullable String secret, List<? extends Handler> handlers)
            throws StoreException {
        StoreServer started = new StoreServer(listen, secret, handlers);
        try {
            started.server.start();
        } catch (Exception e) {
            started.close();
            throw new StoreException(
                    Kind.IO,
                    "compaction.store.listen",
                    "nothing can be served at web_listen " + listen + ": " + e.getMessage(),
                    e);
        }
        LOG.info("parameters of remote compaction are served at {}", started.url());
        return started;
    }

    /** Where it serves. */
    String url() {
        String host = connector.getHost();
        return "http://" + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + connector.getLocalPort();
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            LOG.warn("the server at {} did not stop in order", connector.getHost(), e);
        }
    }
}
