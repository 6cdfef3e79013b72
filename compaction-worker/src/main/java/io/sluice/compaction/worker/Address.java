// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;

/** The URL of a worker, and how a job's token tells it to a proxy. */
final class Address {
    /** Of a token, at most 128 characters, behind its random part and a dash. */
    private static final int MAX_ROUTE_LENGTH = 95;

    private Address() {}

    /**
     * Checks an advertised address.
     *
     * @throws IllegalArgumentException where it is no plain http or https URL
     */
    static void check(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("expected a URL such as https://worker1:8080, found '" + url + "'", e);
        }
        boolean isWeb = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
        if (!isWeb
                || uri.getHost() == null
                || uri.getPort() > 65535
                || uri.getRawUserInfo() != null
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null) {
            throw new IllegalArgumentException(
                    "expected a URL such as https://worker1:8080, without user, query and fragment");
        }
    }

    /**
     * The URL of a worker that is not told its own.
     *
     * @param name of the machine, for a worker that listens on all its addresses
     */
    static String of(InetSocketAddress listen, int port, String name, boolean isTls) {
        boolean isAny = listen.getAddress().isAnyLocalAddress();
        String host = isAny ? name : listen.getAddress().getHostAddress();
        return (isTls ? "https://" : "http://") + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }

    /**
     * Host and port as they stand at the end of tokens, with {@code _} for all but letters and digits: {@code
     * 10_0_0_7_8080}. What is longer than a token can be begins later.
     */
    static String route(String url) {
        URI uri = URI.create(url);
        int port = uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
        String host = String.valueOf(uri.getHost()).replaceAll("[\\[\\]]", "");
        String route = (host + "_" + port).replaceAll("[^A-Za-z0-9]", "_");
        return route.substring(Math.max(0, route.length() - MAX_ROUTE_LENGTH));
    }
}
