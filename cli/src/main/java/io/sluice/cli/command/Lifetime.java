// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.command;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long a role lives: until SIGTERM or SIGINT, or, where it was started by a parent that watches over it, until that
 * parent is gone, however it went. A role that closes in order then ends with exit code 0; one that does not within the
 * limit is ended with 1.
 */
public final class Lifetime {
    private static final Logger LOG = LoggerFactory.getLogger(Lifetime.class);
    private static final long STOP_LIMIT_SECONDS = 20;

    private Lifetime() {}

    /**
     * Waits for the end, then closes the role. On a signal this does not return: the JVM ends with the exit code, since
     * it would otherwise end with the signal's.
     *
     * @param role closed once
     * @param withParent end when stdin ends too
     */
    public static int run(AutoCloseable role, boolean withParent) throws InterruptedException {
        CountDownLatch stop = new CountDownLatch(1);
        AtomicBoolean closed = new AtomicBoolean();
        Thread hook = new Thread(
                () -> {
                    if (closed.compareAndSet(false, true)) {
                        Runtime.getRuntime().halt(closeWithin(role));
                    }
                },
                "sluice-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        if (withParent) {
            endWithParent(System.in, stop::countDown);
        }
        stop.await();
        if (!closed.compareAndSet(false, true)) {
            hook.join();
        }
        return closeWithin(role);
    }

    /** Runs an action when {@code in}, a pipe that only the parent's life keeps open, ends. */
    public static void endWithParent(InputStream in, Runnable action) {
        Thread watch = new Thread(
                () -> {
                    try {
                        while (in.read() >= 0) {
                            // What a parent says does not matter, only that it lives.
                        }
                    } catch (IOException e) {
                        LOG.debug("the parent's pipe broke", e);
                    }
                    action.run();
                },
                "sluice-parent-watch");
        watch.setDaemon(true);
        watch.start();
    }

    private static int closeWithin(AutoCloseable role) {
        LOG.info("stopping");
        CountDownLatch done = new CountDownLatch(1);
        AtomicBoolean clean = new AtomicBoolean();
        Thread closer = new Thread(
                () -> {
                    try {
                        role.close();
                        clean.set(true);
                    } catch (Exception e) {
                        LOG.error("did not stop in order", e);
                    } finally {
                        done.countDown();
                    }
                },
                "sluice-close");
        closer.setDaemon(true);
        closer.start();
        try {
            if (!done.await(STOP_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                LOG.error("did not stop within {} s", STOP_LIMIT_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return clean.get() ? 0 : 1;
    }
}
