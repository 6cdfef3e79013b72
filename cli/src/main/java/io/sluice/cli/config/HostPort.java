// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.config;

import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A host and a port: {@code memnode1:9091}, {@code 127.0.0.1:9091}, {@code [::1]:9091}.
 *
 * @param host a name or an address, without brackets
 * @param port 0 to 65535; 0 lets the system choose where it is listened on
 */
public record HostPort(String host, int port) {
    private static final Pattern TEXT = Pattern.compile("(?:\\[([0-9A-Fa-f:.%]+)]|([^:\\s\\[\\]]+)):(\\d{1,5})");

    /** What is allowed, for messages. */
    public static final String ALLOWED = "HOST:PORT, such as 127.0.0.1:9091 or [::1]:9091";

    /** Reads a host and a port. */
    public static HostPort parse(String text) {
        Matcher matcher = TEXT.matcher(text.trim());
        if (matcher.matches()) {
            int port = Integer.parseInt(matcher.group(3));
            if (port <= 65535) {
                return new HostPort(matcher.group(1) != null ? matcher.group(1) : matcher.group(2), port);
            }
        }
        throw new IllegalArgumentException("expected " + ALLOWED + ", found '" + text + "'");
    }

    /** The host and port of an address. */
    public static HostPort of(InetSocketAddress address) {
        return new HostPort(
                address.getAddress() == null
                        ? address.getHostString()
                        : address.getAddress().getHostAddress(),
                address.getPort());
    }

    /** Whether the host is this machine's loopback, by its address or by the name {@code localhost}. */
    public boolean isLoopback() {
        // A name is not looked up: whether a secret is needed must not hang on a name server.
        return host.equals("localhost") || (host.startsWith("127.") && host.matches("[0-9.]+")) || host.equals("::1");
    }

    /** The address, looked up where the host is a name. */
    public InetSocketAddress resolve() {
        return new InetSocketAddress(host, port);
    }

    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
