// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.ConnectionListener;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the program is told of its connection: messages, room to send, its timer. The agent's, but for {@link #wakeAt}.
 * What the program throws is logged and harms nobody else.
 */
final class Callbacks {
    private static final Logger LOG = LoggerFactory.getLogger(Callbacks.class);
    private static final long NEVER = Long.MAX_VALUE;

    private final AtomicLong wakeAtNs = new AtomicLong(NEVER);
    private @Nullable EngineConnection connection;
    private @Nullable ConnectionListener listener;
    private boolean newMessages;
    private boolean ended;

    void connection(EngineConnection active) {
        connection = active;
    }

    void listener(ConnectionListener told, boolean hasMessages) {
        if (!ended) {
            listener = told;
            newMessages |= hasMessages;
            tellReadable();
        }
    }

    /** Tells what arrived before the end, and nothing from then on. */
    void end() {
        tellReadable();
        ended = true;
        listener = null;
        runWaiters();
    }

    void messageArrived() {
        newMessages = true;
    }

    void tellReadable() {
        ConnectionListener told = listener;
        EngineConnection open = connection;
        if (newMessages && told != null && open != null) {
            newMessages = false;
            try {
                told.onReadable(open); // not by run(): no object for each message
            } catch (RuntimeException | Error e) {
                LOG.warn("callback threw", e);
            }
        }
    }

    void runWaiters() {
        EngineConnection open = connection;
        if (open != null && open.hasWaiters()) {
            open.takeWaiters().forEach(Callbacks::run);
        }
    }

    static void run(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | Error e) { // an assertion or a missing class of one program is no end of the agent
            LOG.warn("callback threw", e);
        }
    }

    /** Any thread: asks for the timer; false where it is due as early already. */
    boolean wakeAt(long atNs) {
        long before = wakeAtNs.getAndUpdate(now -> Agent.earlier(now, atNs));
        return Agent.earlier(before, atNs) != before;
    }

    /** When the timer is due. */
    long timerNs() {
        return wakeAtNs.get();
    }

    /** Calls the timer where it is due; when it is next. */
    long runTimer(long nowNs) {
        long due = wakeAtNs.get();
        ConnectionListener told = listener;
        EngineConnection open = connection;
        if (told == null || open == null) {
            return NEVER; // looked at again when there is a listener
        }
        if (due == NEVER || nowNs - due < 0) {
            return due;
        }
        wakeAtNs.compareAndSet(due, NEVER);
        run(() -> {
            long again = told.onTimer(open, nowNs);
            wakeAtNs.getAndUpdate(before -> Agent.earlier(before, again));
        });
        return wakeAtNs.get();
    }
}
