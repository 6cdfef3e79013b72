// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.cli.command.CommandFailure;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A side of a contender, as a process: it is told what to do line by line on its stdin and answers on its stdout. It ends
 * when its stdin does, that is, with this process too. The lines: {@link SideCommand}.
 */
final class SideProcess implements AutoCloseable {
    private static final String END = "";
    private static final int LOG_SHOWN = 2000;

    private final String name;
    private final Process process;
    private final Path log;
    private final BufferedWriter to;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Thread reader;

    SideProcess(String name, List<String> command, Path directory) throws IOException {
        this.name = name;
        this.log = directory.resolve(name + ".log");
        this.process = new ProcessBuilder(command).redirectError(log.toFile()).start();
        this.to = process.outputWriter();
        this.reader = new Thread(this::read, name + "-stdout");
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader from = process.inputReader()) {
            from.lines().forEach(lines::add);
        } catch (IOException | java.io.UncheckedIOException e) {
            lines.add("broken: " + e);
        } finally {
            lines.add(END);
        }
    }

    /** Tells it a line. */
    void tell(String line) throws CommandFailure {
        try {
            to.write(line);
            to.newLine();
            to.flush();
        } catch (IOException e) {
            throw failure("is gone", e);
        }
    }

    /** Waits for a line that begins so; the rest of it. */
    String await(String beginning, Duration limit) throws CommandFailure, InterruptedException {
        String line = lines.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
        if (line == null) {
            throw failure("has not said \"" + beginning + "\" within " + limit.toSeconds() + " s", null);
        }
        if (!line.startsWith(beginning)) {
            throw failure(line.equals(END) ? "ended" : "said " + line + ", expected " + beginning, null);
        }
        return line.substring(beginning.length());
    }

    private CommandFailure failure(String what, @org.jspecify.annotations.Nullable Throwable cause) {
        String words;
        try {
            String all = Files.readString(log);
            words = all.substring(Math.max(0, all.length() - LOG_SHOWN));
        } catch (IOException e) {
            words = "(its log can't be read: " + e + ")";
        }
        String message = "the process " + name + " " + what + ":\n" + words;
        return cause == null ? new CommandFailure(message) : new CommandFailure(message, cause);
    }

    @Override
    public void close() throws IOException {
        try {
            to.close();
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            reader.join();
        } catch (IOException e) {
            process.destroyForcibly(); // it is gone already, or does not read
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
