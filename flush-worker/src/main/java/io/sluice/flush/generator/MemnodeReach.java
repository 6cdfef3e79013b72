// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import io.sluice.flush.protocol.Abort;
import io.sluice.flush.protocol.NameLookup;
import io.sluice.flush.protocol.PeerRights;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Dials memnodes, each by itself, again and again, until the first answers, one answers what time does not heal, or the
 * limit has passed. Used once; its future's end stops all of it.
 */
final class MemnodeReach {
    private static final long PAUSE_MS = 200;

    private final Transport transport;
    private final NameLookup names;
    private final ScheduledExecutorService scheduler;
    private final List<String> addresses;
    private final Duration callTimeout;
    private final Duration limit;
    private final CompletableFuture<String> reached = new CompletableFuture<>();
    private volatile @Nullable UnreachableException last;

    MemnodeReach(
            Transport transport,
            NameLookup names,
            ScheduledExecutorService scheduler,
            List<String> addresses,
            Duration callTimeout,
            Duration limit) {
        this.transport = transport;
        this.names = names;
        this.scheduler = scheduler;
        this.addresses = addresses;
        this.callTimeout = callTimeout;
        this.limit = limit;
    }

    CompletableFuture<String> start() {
        addresses.forEach(this::dial);
        later(this::giveUp, limit.toMillis());
        return reached;
    }

    private void dial(String address) {
        if (reached.isDone()) {
            return;
        }
        var unused = names.start(address, callTimeout)
                .thenCompose(target -> transport.connect(target, PeerRights.memnode(callTimeout)))
                .whenComplete((connection, failure) -> {
                    if (failure == null) {
                        connection.close();
                        reached.complete(address);
                    } else {
                        onFailure(address, transportFailure(failure));
                    }
                });
    }

    private void onFailure(String address, TransportException failure) {
        UnreachableException unreachable = new UnreachableException(address, failure);
        last = unreachable;
        if (UnreachableException.isLasting(failure)) {
            reached.completeExceptionally(unreachable);
        } else {
            later(() -> dial(address), PAUSE_MS);
        }
    }

    private void giveUp() {
        UnreachableException failure = last;
        String none = String.valueOf(addresses.isEmpty() ? "(none is named)" : addresses.get(0));
        reached.completeExceptionally(
                failure != null
                        ? failure
                        : new UnreachableException(
                                none,
                                new TransportException(
                                        TransportException.Kind.TIMED_OUT,
                                        "flush.memnode.reach",
                                        "no answer within " + limit.toMillis() + " ms")));
    }

    private void later(Runnable task, long millis) {
        try {
            var unused = scheduler.schedule(task, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            giveUp(); // it was closed meanwhile
        }
    }

    private static TransportException transportFailure(Throwable failure) {
        Throwable cause = Abort.asIo(failure);
        if (cause instanceof TransportException transport) {
            return transport;
        }
        return new TransportException(
                TransportException.Kind.CONNECT_FAILED,
                "flush.memnode.lookup",
                String.valueOf(cause.getMessage()),
                cause);
    }
}
