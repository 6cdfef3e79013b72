// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.transport.Connection;
import io.sluice.transport.IdleMode;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.IdleStrategy;

/** A transport, and who runs it: this program, in {@link #until}, or the transport's own thread. */
final class Cycle implements AutoCloseable {
    static final byte[] SECRET = "of a benchmark only".getBytes(StandardCharsets.UTF_8);
    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** Longest sleep; what a cycle waits for comes sooner and ends it. */
    private static final long SLEEP_NS = 100_000_000;

    private final Transport transport;
    private final boolean caller;
    private final boolean blocking;
    private final IdleStrategy idle;

    Cycle(Transports kind, Load load, TransportContext context) throws Exception {
        caller = load.driver == Driver.CALLER;
        blocking = load.idle == Idle.BLOCKING;
        IdleMode mode = load.idle.mode();
        idle = mode.newStrategy();
        transport = kind.open(
                load,
                context.secret(SECRET)
                        .invokerMode(caller)
                        .idleMode(mode)
                        .connectTimeout(LIMIT)
                        .peerTimeout(LIMIT)
                        .plaintext(true));
    }

    Transport transport() {
        return transport;
    }

    /** Runs the transport once where that is for this program to do, without waiting. */
    void once() {
        if (caller) {
            transport.doWork();
        }
    }

    /** Runs the transport until something holds, which only the transport's callbacks make hold. */
    void until(BooleanSupplier done) throws InterruptedException {
        while (!done.getAsBoolean()) {
            if (!caller) {
                synchronized (this) {
                    while (!done.getAsBoolean()) {
                        wait();
                    }
                }
            } else if (blocking) {
                transport.doWork(SLEEP_NS);
            } else {
                idle.idle(transport.doWork());
            }
        }
    }

    /** From callbacks: what {@link #until} waits for may hold now. */
    void changed() {
        if (!caller) {
            synchronized (this) {
                notifyAll();
            }
        }
    }

    /** Runs the transport until the future is done. */
    <T> T await(CompletableFuture<T> future) throws Exception {
        var unused = future.whenComplete((result, failure) -> changed());
        until(future::isDone);
        return future.get();
    }

    /** Closes a connection in order. */
    void close(Connection connection) throws Exception {
        connection.close();
        await(connection.closed());
    }

    @Override
    public void close() {
        transport.close();
    }
}
