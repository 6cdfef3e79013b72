// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.store.base.StoreException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Turns {@code host:port} into an address. It may ask a name server and take many seconds, which neither a caller's
 * thread nor the threads that keep deadlines and heartbeats have: those call {@link #start}.
 */
@FunctionalInterface
public interface NameLookup {
    /** This machine's resolver. */
    NameLookup SYSTEM = Addresses::parse;

    /**
     * Looks up, as long as that takes.
     *
     * @throws StoreException {@code INVALID_ARGUMENT} where it is no {@code host:port}
     */
    InetSocketAddress lookUp(String address) throws StoreException;

    /**
     * Looks up on a thread of its own, which ends with the look-up: nothing can interrupt a resolver, so a bounded pool
     * would be used up by a few names whose server is silent.
     */
    default CompletableFuture<InetSocketAddress> start(String address) {
        CompletableFuture<InetSocketAddress> found = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        found.complete(lookUp(address));
                    } catch (StoreException | RuntimeException | Error e) {
                        found.completeExceptionally(e);
                    }
                },
                "sluice-lookup-" + address);
        thread.setDaemon(true);
        try {
            thread.start();
        } catch (OutOfMemoryError e) { // no thread can be had now: the caller tries again later
            found.completeExceptionally(e);
        }
        return found;
    }

    /**
     * As above, within a limit.
     *
     * @param limit after which the future fails with a {@code TIMED_OUT} error; the look-up itself may go on
     */
    default CompletableFuture<InetSocketAddress> start(String address, Duration limit) {
        return Addresses.within(limit, address, start(address));
    }
}
