// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.command;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

    /** Longer than a worker gives the jobs that it has. */
    private static final long STOP_LIMIT_SECONDS = 45;

    /** The exit code of the command of this JVM, once it is known. */
    private static final CompletableFuture<Integer> EXIT = new CompletableFuture<>();

    private Lifetime() {}

    /** Ends the JVM with a command's exit code, also where a signal is ending it already. */
    public static void exit(int code) {
        EXIT.complete(code);
        System.exit(code);
    }

    /** While open, a signal asks a command to end early instead of ending the JVM at once. */
    public interface EarlyEnd extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Has a signal ask a command that ends by itself to do so early. The JVM then ends with the code given to {@link
     * #exit}, or with 1 where that takes longer than the limit.
     *
     * @param stop asks; called once, on a thread of its own
     */
    public static EarlyEnd onSignal(Runnable stop, Duration limit) {
        Thread hook = new Thread(
                () -> {
                    LOG.info("stopping");
                    stop.run();
                    try {
                        Runtime.getRuntime().halt(EXIT.get(limit.toMillis(), TimeUnit.MILLISECONDS));
                    } catch (TimeoutException | ExecutionException | InterruptedException e) {
                        LOG.error("did not stop within {} s", limit.toSeconds());
                        Runtime.getRuntime().halt(1);
                    }
                },
                "sluice-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        return () -> {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                LOG.debug("the hook runs already", e);
            }
        };
    }

    /**
     * Waits for the end, then closes the role. On a signal this does not return: the JVM ends with the exit code, since
     * it would otherwise end with the signal's.
     *
     * @param role closed once
     * @param withParent end when stdin ends too
     */
    public static int run(AutoCloseable role, boolean withParent) throws InterruptedException {
        return run(role, withParent, new CompletableFuture<>());
    }

    /**
     * {@link #run(AutoCloseable, boolean)}, or until somebody asks the role itself to end.
     *
     * @param asked completes then
     */
    public static int run(AutoCloseable role, boolean withParent, CompletionStage<?> asked)
            throws InterruptedException {
        CountDownLatch stop = new CountDownLatch(1);
        var unused = asked.thenRun(stop::countDown);
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
