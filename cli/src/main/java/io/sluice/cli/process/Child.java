// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.process;

import io.sluice.cli.command.CommandFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process that this one started. Its stderr goes to a file, its stdout line by line to a consumer. Its stdin is a pipe
 * that says nothing and ends with this process, however that ends: a child that watches it can't outlive us.
 *
 * <p>A child tells that it is ready by the line {@code ready WHERE}. Safe for concurrent use; whoever started it stops
 * it.
 */
public final class Child {
    private static final Logger LOG = LoggerFactory.getLogger(Child.class);
    private static final String READY = "ready ";
    private static final int LINES_SHOWN = 12;

    private final String name;
    private final Process process;
    private final Path log;
    private final CompletableFuture<String> ready = new CompletableFuture<>();
    private final Thread reader;

    private Child(String name, Process process, Path log, Consumer<String> lines) {
        this.name = name;
        this.process = process;
        this.log = log;
        reader = new Thread(() -> read(lines), name + "-stdout");
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * Starts a process.
     *
     * @param log where its stderr goes
     * @param lines takes what it prints on stdout, on one thread
     */
    public static Child start(String name, List<String> command, Path log, Consumer<String> lines) throws IOException {
        Process process =
                new ProcessBuilder(command).redirectError(log.toFile()).start();
        LOG.info("{} is process {}", name, process.pid());
        return new Child(name, process, log, lines);
    }

    private void read(Consumer<String> lines) {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith(READY)) {
                    ready.complete(line.substring(READY.length()));
                }
                lines.accept(line);
            }
        } catch (IOException e) {
            LOG.debug("stdout of {} broke off", name, e);
        } finally {
            ready.completeExceptionally(new IOException("ended before it was ready"));
        }
    }

    /** Waits until the child is ready and returns where it is, as it says. */
    public String awaitReady(Duration limit) throws CommandFailure, InterruptedException {
        try {
            return ready.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new CommandFailure(name + " was not ready within " + limit.toSeconds() + " s" + lastLines(), e);
        } catch (ExecutionException e) {
            throw new CommandFailure(name + " could not start" + lastLines(), e);
        }
    }

    /** Waits for the end and for the last line, and returns the exit code. */
    public int awaitExit() throws InterruptedException {
        int code = process.waitFor();
        reader.join();
        return code;
    }

    /** Waits for the end; false where the limit passed before. */
    public boolean awaitExit(Duration limit) throws InterruptedException {
        return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Asks the child to stop, and ends it where it does not within the limit. */
    public void stop(Duration limit) {
        // Process.destroy would close its streams too, and so tell it that this process is gone.
        process.toHandle().destroy();
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("{} did not stop within {} s: killing it", name, limit.toSeconds());
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the child at once (SIGKILL), and waits until it is gone. */
    public void kill() {
        try {
            process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether it still runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Its name. */
    public String name() {
        return name;
    }

    /** Its process id. */
    public long pid() {
        return process.pid();
    }

    /** The end of what it logged, for messages. */
    public String lastLines() {
        try {
            List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
            return ":\n  " + String.join("\n  ", lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size()));
        } catch (IOException e) {
            return " (its log can't be read: " + e + ")";
        }
    }
}
