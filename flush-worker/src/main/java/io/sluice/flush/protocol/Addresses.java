// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.store.base.StoreException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Addresses as {@code host:port}, in messages and settings. */
public final class Addresses {
    private Addresses() {}

    /**
     * Parses and resolves. Resolving may ask a name server, so not on a transport's agent.
     *
     * @throws StoreException {@code INVALID_ARGUMENT} where it is no {@code host:port}
     */
    public static InetSocketAddress parse(String address) throws StoreException {
        try {
            URI uri = new URI("tcp://" + address);
            if (uri.getHost() != null
                    && uri.getPort() >= 1
                    && uri.getPort() <= 65_535
                    && uri.getRawPath().isEmpty()) {
                String host = uri.getHost();
                boolean bracketed = host.startsWith("[") && host.endsWith("]");
                return new InetSocketAddress(bracketed ? host.substring(1, host.length() - 1) : host, uri.getPort());
            }
        } catch (URISyntaxException e) {
            throw invalid(address);
        }
        throw invalid(address);
    }

    /**
     * As {@link #parse}, on a thread of the common pool: a name server may take many seconds, which the threads that keep
     * deadlines and heartbeats don't have.
     *
     * @param limit after which the future fails; the look-up itself may go on
     */
    public static CompletableFuture<InetSocketAddress> resolve(String address, Duration limit) {
        return CompletableFuture.supplyAsync(() -> {
                    try {
                        return parse(address);
                    } catch (StoreException e) {
                        throw new CompletionException(e);
                    }
                })
                .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The form that {@link #parse} reads, with the numeric address where there is one. */
    public static String format(InetSocketAddress address) {
        String host = address.getAddress() == null
                ? address.getHostString()
                : address.getAddress().getHostAddress();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    private static StoreException invalid(String address) {
        return StoreException.invalid(
                "flush.address", "address '" + address + "', expected host:port with a port from 1 to 65535");
    }
}
