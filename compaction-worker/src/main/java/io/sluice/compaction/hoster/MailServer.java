// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import java.net.URI;
import java.util.regex.Pattern;

/**
 * Where mail is handed in. A value.
 *
 * @param protocol {@code smtp}, or {@code smtps}: with TLS from the first byte
 * @param host by name or address
 * @param port 1 to 65535
 */
record MailServer(String protocol, String host, int port) {
    private static final Pattern PATTERN = Pattern.compile("(?i)smtps?");
    private static final Pattern HERE = Pattern.compile("(?i)localhost|127\\.[0-9.]+|\\[::1]");

    /**
     * Reads {@code smtp://HOST[:PORT]} or {@code smtps://HOST[:PORT]}.
     *
     * @throws IllegalArgumentException where it is none
     */
    static MailServer parse(String url) {
        URI uri;
        try {
            uri = URI.create(url);
        } catch (IllegalArgumentException e) {
            throw unreadable();
        }
        String scheme = String.valueOf(uri.getScheme());
        String path = String.valueOf(uri.getRawPath());
        if (!PATTERN.matcher(scheme).matches()
                || uri.getHost() == null
                || uri.getRawUserInfo() != null
                || uri.getRawQuery() != null
                || !(path.isEmpty() || path.equals("/"))
                || uri.getPort() > 65535
                || uri.getPort() == 0) {
            throw unreadable();
        }
        boolean isTls = scheme.equalsIgnoreCase("smtps");
        int port = uri.getPort() > 0 ? uri.getPort() : isTls ? 465 : isHere(uri.getHost()) ? 25 : 587;
        return new MailServer(isTls ? "smtps" : "smtp", uri.getHost(), port);
    }

    /** Without what was found: it may have a password in it. */
    private static IllegalArgumentException unreadable() {
        return new IllegalArgumentException(
                "expected smtp://HOST:PORT or smtps://HOST:PORT, without user, path and query");
    }

    boolean isTls() {
        return protocol.equals("smtps");
    }

    /** Whether it is on this machine. */
    boolean isHere() {
        return isHere(host);
    }

    private static boolean isHere(String host) {
        return HERE.matcher(host).matches();
    }

    @Override
    public String toString() {
        return protocol + "://" + host + ":" + port;
    }
}
