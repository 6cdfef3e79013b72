// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.transport.Connection;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What waits for the connection's credits. Calls are bounded here; answers by the number of requests that are served at
 * a time, since each counts until its answer has left. Order is kept.
 */
final class Outbox {
    static final int MAX_CALLS = 1024;
    static final int MAX_CALL_BYTES = 16 << 20;

    private final Connection connection;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final ArrayDeque<Entry> waiting = new ArrayDeque<>();

    @GuardedBy("lock")
    private int waitingCalls;

    @GuardedBy("lock")
    private int waitingCallBytes;

    @GuardedBy("lock")
    private boolean draining;

    /** {@code served} is null for a call. */
    private record Entry(UnsafeBuffer message, @Nullable AtomicInteger served) {}

    Outbox(Connection connection) {
        this.connection = connection;
    }

    /** False where too much waits. What is sent to a closed connection is dropped: its end is told otherwise. */
    boolean sendCall(UnsafeBuffer message) {
        synchronized (lock) {
            if (waitingCalls >= MAX_CALLS || waitingCallBytes + message.capacity() > MAX_CALL_BYTES) {
                return false;
            }
            waitingCalls++;
            waitingCallBytes += message.capacity();
            send(new Entry(message, null));
            return true;
        }
    }

    void sendAnswer(UnsafeBuffer message, AtomicInteger served) {
        synchronized (lock) {
            send(new Entry(message, served));
        }
    }

    @GuardedBy("lock")
    private void send(Entry entry) {
        waiting.add(entry);
        if (waiting.size() == 1) {
            drainLocked();
        }
    }

    private void drain() {
        synchronized (lock) {
            drainLocked();
        }
    }

    @GuardedBy("lock")
    private void drainLocked() {
        if (draining) {
            return; // what is offered to a transport that ends runs here what waits there, and that may be this
        }
        draining = true;
        try {
            offerAll();
        } finally {
            draining = false;
        }
    }

    @GuardedBy("lock")
    private void offerAll() {
        Entry entry;
        while ((entry = waiting.peek()) != null) {
            long code = connection.offer(entry.message, 0, entry.message.capacity());
            if (code == Connection.BACK_PRESSURED) {
                connection.whenWritable(this::drain);
                return;
            }
            waiting.remove();
            if (entry.served != null) {
                entry.served.decrementAndGet();
            } else {
                waitingCalls--;
                waitingCallBytes -= entry.message.capacity();
            }
        }
    }
}
