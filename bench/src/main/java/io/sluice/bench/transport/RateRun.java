// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionListener;
import io.sluice.transport.MessageHandler;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Sends messages at fixed times, whatever has become of those before, and counts from the time at which each was meant to
 * be sent: what had to wait to be sent has waited. The sender spins, so as not to be late itself.
 */
final class RateRun implements ConnectionListener {
    private static final int MESSAGES_A_POLL = 64;
    private static final double NS_PER_SECOND = 1e9;

    private final Cycle cycle;
    private final Connection connection;
    private final Phases phases;
    private final double intervalNs;
    private final UnsafeBuffer message;
    private final MessageHandler handler = this::onEcho;
    private volatile boolean done;

    RateRun(Load load, Cycle cycle, Connection connection, Phases phases) {
        this.cycle = cycle;
        this.connection = connection;
        this.phases = phases;
        this.intervalNs = NS_PER_SECOND / load.rate;
        this.message = new UnsafeBuffer(new byte[load.size()]);
    }

    void run() {
        connection.listener(this);
        long startNs = System.nanoTime();
        phases.start(startNs);
        long sent = 0;
        long intendedNs = startNs;
        while (!done && !connection.state().isTerminal()) {
            if (System.nanoTime() - intendedNs >= 0) {
                message.putLong(0, intendedNs);
                if (connection.offer(message, 0, message.capacity()) >= 0) {
                    intendedNs = startNs + (long) (++sent * intervalNs);
                }
            }
            cycle.once();
        }
        if (!done) {
            throw new IllegalStateException("the connection ended early", connection.failure());
        }
    }

    @Override
    public void onReadable(Connection from) {
        while (connection.poll(handler, MESSAGES_A_POLL) > 0) {}
    }

    private void onEcho(DirectBuffer buffer, int offset, int length) {
        long intendedNs = buffer.getLong(offset);
        // By the intended time, so that of each phase all messages count, however late.
        if (!done && !phases.record(System.nanoTime() - intendedNs, intendedNs)) {
            done = true;
        }
    }
}
