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
import java.util.concurrent.TimeoutException;

/** Addresses as {@code host:port}, in messages and settings. */
public final class Addresses {
    private Addresses() {}

    /**
     * Parses and resolves. Resolving may ask a name server, so not on a transport's agent.
     *
     * @throws StoreException {@code INVALID_ARGUMENT} where it is no {@code host:port}
     */
    public static InetSocketAddress parse(String address) throws StoreException {
        URI uri = uri(address);
        String host = uri.getHost();
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        return new InetSocketAddress(bracketed ? host.substring(1, host.length() - 1) : host, uri.getPort());
    }

    /**
     * Checks the form, and asks nobody.
     *
     * @throws StoreException {@code INVALID_ARGUMENT} where it is no {@code host:port}
     */
    public static void check(String address) throws StoreException {
        uri(address);
    }

    private static URI uri(String address) throws StoreException {
        try {
            URI uri = new URI("tcp://" + address);
            if (uri.getHost() != null
                    && uri.getPort() >= 1
                    && uri.getPort() <= 65_535
                    && uri.getRawPath().isEmpty()) {
                return uri;
            }
        } catch (URISyntaxException e) {
            throw invalid(address);
        }
        throw invalid(address);
    }

    /**
     * As {@link #parse}, on a thread of its own.
     *
     * @param limit after which the future fails; the look-up itself may go on
     */
    public static CompletableFuture<InetSocketAddress> resolve(String address, Duration limit) {
        return NameLookup.SYSTEM.start(address, limit);
    }

    /** What a look-up finds, or a {@code TIMED_OUT} error where it takes too long. */
    static CompletableFuture<InetSocketAddress> within(
            Duration limit, String address, CompletableFuture<InetSocketAddress> found) {
        return found.copy().orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).exceptionally(failure -> {
            throw failure instanceof TimeoutException
                    ? new CompletionException(new StoreException(
                            StoreException.Kind.TIMED_OUT,
                            "flush.address.lookup",
                            "the name in " + address + " was not found within " + limit.toMillis() + " ms"))
                    : new CompletionException(failure);
        });
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
