// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import com.ibm.disni.verbs.RdmaCmEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that wait for the device and wake the agent: one for connection events, which it hands over, and where the
 * agent blocks one for completion events. Safe for concurrent use.
 */
final class EventThreads {
    private static final Logger LOG = LoggerFactory.getLogger(EventThreads.class);
    /** How late a deadline of the device's may be noticed. */
    private static final int TICK_MS = 200;

    private static final int FOREVER = -1;

    private final Device device;
    private final Runnable wakeup;
    private final ConcurrentLinkedQueue<RdmaCmEvent> events = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean ticking;
    private volatile boolean closing;
    private volatile @Nullable IOException failure;

    EventThreads(Device device, Runnable wakeup, boolean waitForCompletions, String name) {
        this.device = device;
        this.wakeup = wakeup;
        start(this::waitForEvents, "sluice-rdma-events-" + name);
        if (waitForCompletions) {
            start(this::waitForCompletions, "sluice-rdma-completions-" + name);
        }
    }

    private void start(Runnable body, String name) {
        Thread thread = new Thread(body, name);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private void waitForEvents() {
        try {
            while (!closing) {
                RdmaCmEvent event = device.events().getCmEvent(TICK_MS);
                if (event != null) {
                    events.add(event);
                }
                if (event != null || ticking) {
                    wakeup.run();
                }
            }
        } catch (IOException e) {
            ended(e);
        }
    }

    private void waitForCompletions() {
        try {
            while (!closing) {
                if (device.completions().getCqEvent(null, FOREVER)) {
                    wakeup.run();
                }
            }
        } catch (IOException e) {
            ended(e);
        }
    }

    private void ended(IOException cause) {
        if (!closing) {
            LOG.error("nothing more is heard of the RDMA device", cause);
            failure = cause;
            wakeup.run();
        }
    }

    /** The next connection event, or null. */
    @Nullable
    RdmaCmEvent poll() {
        return events.poll();
    }

    boolean isEmpty() {
        return events.isEmpty() && failure == null;
    }

    /** Why nothing more is heard, or null. */
    @Nullable
    IOException failure() {
        return failure;
    }

    /** Whether the agent is to be woken every {@value #TICK_MS} ms, since it has deadlines. */
    void tick(boolean wanted) {
        if (ticking != wanted) {
            ticking = wanted;
        }
    }

    void wake() {
        wakeup.run();
    }

    /** Waits for no connection event any more: what has come can be polled. */
    void endEvents() {
        closing = true;
        join(threads.get(0));
    }

    /** The completion channel is destroyed, which ends the other wait. */
    void join() {
        threads.forEach(EventThreads::join);
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
