// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.transport.Connection;
import org.agrona.concurrent.UnsafeBuffer;

/** Sends messages as fast as they are taken; the receiver's window keeps it from running ahead. */
final class StreamRun {
    private static final int MESSAGES_A_LOOK = 64;

    private final Cycle cycle;
    private final Connection connection;
    private final Phases phases;
    private final UnsafeBuffer message;

    StreamRun(Load load, Cycle cycle, Connection connection, Phases phases) {
        this.cycle = cycle;
        this.connection = connection;
        this.phases = phases;
        this.message = new UnsafeBuffer(new byte[load.size()]);
    }

    void run() {
        phases.start(System.nanoTime());
        int sent = 0;
        while (true) {
            long position = connection.offer(message, 0, message.capacity());
            if (position == Connection.CLOSED) {
                throw new IllegalStateException("the connection ended early", connection.failure());
            }
            if (position == Connection.BACK_PRESSURED) {
                cycle.once();
                continue;
            }
            if (++sent == MESSAGES_A_LOOK) {
                cycle.once();
                sent = 0;
                if (!phases.count(MESSAGES_A_LOOK, System.nanoTime())) {
                    return;
                }
            }
        }
    }
}
