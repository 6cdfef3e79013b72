// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionListener;
import io.sluice.transport.MessageHandler;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Sends a message each time when the echo of the last one is there. */
final class PingPongRun implements ConnectionListener {
    private final Cycle cycle;
    private final Connection connection;
    private final Phases phases;
    private final UnsafeBuffer message;
    private final MessageHandler handler = this::onEcho;
    private long sequence;
    private long sentNs;
    private volatile boolean done;

    PingPongRun(Load load, Cycle cycle, Connection connection, Phases phases) {
        this.cycle = cycle;
        this.connection = connection;
        this.phases = phases;
        this.message = new UnsafeBuffer(new byte[load.size()]);
    }

    void run() throws Exception {
        connection.listener(this);
        phases.start(System.nanoTime());
        send();
        cycle.until(() -> done || connection.closed().isDone());
        if (!done) {
            throw new IllegalStateException("the connection ended early", connection.failure());
        }
    }

    private void send() {
        message.putLong(0, ++sequence);
        sentNs = System.nanoTime();
        if (connection.offer(message, 0, message.capacity()) < 0) {
            throw new IllegalStateException("no room for a single message: " + connection);
        }
    }

    @Override
    public void onReadable(Connection from) {
        connection.poll(handler, 1);
    }

    private void onEcho(DirectBuffer buffer, int offset, int length) {
        long nowNs = System.nanoTime();
        if (length != message.capacity() || buffer.getLong(offset) != sequence) {
            throw new IllegalStateException("not the echo of message " + sequence);
        }
        if (phases.record(nowNs - sentNs, nowNs)) {
            send();
        } else {
            done = true;
            cycle.changed();
        }
    }
}
