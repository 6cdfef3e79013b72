// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Opens connections and ports; owns one engine agent that runs them all: a thread of its own, or, where {@link
 * TransportContext#invokerMode()} is set, whoever calls {@link #doWork()}.
 */
public interface Transport extends AutoCloseable {
    /** What this transport can do. */
    Capabilities capabilities();

    /**
     * Opens a port.
     *
     * @param address where; port 0 takes a free one
     * @throws TransportException {@code RESOURCES} where the address can't be bound, {@code CLOSED} after close
     */
    Listener listen(InetSocketAddress address, AcceptHandler handler) throws TransportException;

    /**
     * Dials, negotiates and proves, within the options' time.
     *
     * @return completes with an active connection, or exceptionally with a {@link TransportException}, on the agent:
     *     {@code AUTHENTICATION} with {@code transport.peer.role} where whoever listens there has another role than the
     *     options want. Cancelling it closes the attempt.
     */
    CompletableFuture<Connection> connect(InetSocketAddress address, ConnectOptions options);

    /** As {@link #connect(InetSocketAddress, ConnectOptions)}, with whoever proves itself. */
    default CompletableFuture<Connection> connect(InetSocketAddress address) {
        return connect(address, ConnectOptions.DEFAULT);
    }

    /** As {@link #connect(InetSocketAddress)} with another deadline, of at most {@link TransportContext#MAX_DURATION}. */
    default CompletableFuture<Connection> connect(InetSocketAddress address, Duration timeout) {
        return connect(address, ConnectOptions.DEFAULT.withTimeout(timeout));
    }

    /**
     * Runs the agent once; only in invoker mode, by one thread at a time. Never waits.
     *
     * @return how much was done; 0 where there was nothing to do
     * @throws IllegalStateException where the agent has a thread
     */
    int doWork();

    /**
     * As {@link #doWork()}, but where there is nothing to do waits for the network, a submission or a deadline.
     *
     * @param maxWaitNs longest wait, in nanoseconds; carriers may round it up to a millisecond
     * @return as {@link #doWork()}
     * @throws IllegalStateException as {@link #doWork()}
     */
    int doWork(long maxWaitNs);

    /**
     * Closes ports and connections in order, those that do not follow within {@link TransportContext#drainTimeout()} by
     * force, and ends the agent. Does not close the region pool. Idempotent.
     *
     * @throws IllegalStateException where called on the agent's own thread
     */
    @Override
    void close();
}
