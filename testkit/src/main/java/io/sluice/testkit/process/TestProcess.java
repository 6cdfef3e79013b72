// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A process under test. Collects what it prints; closing kills it with all that it started.
 *
 * <p>Every wait has a deadline, and its failure shows all that the process printed. Safe for use by several threads.
 */
public final class TestProcess implements AutoCloseable {
    private final Process process;
    private final String name;
    private final Lines out;
    private final Lines err;

    private TestProcess(Process process, String name) {
        this.process = process;
        this.name = name;
        out = new Lines(process.getInputStream(), name + "-out");
        err = new Lines(process.getErrorStream(), name + "-err");
    }

    /** What to start. */
    public static final class Builder {
        private final List<String> command = new ArrayList<>();
        private final Map<String, @Nullable String> environment = new LinkedHashMap<>();
        private String name = "process";
        private @Nullable Path directory;

        private Builder() {}

        /** Adds arguments. */
        public Builder args(String... args) {
            command.addAll(Arrays.asList(args));
            return this;
        }

        /** Sets an environment variable, or removes it where the value is null. */
        public Builder environment(String variable, @Nullable String value) {
            environment.put(variable, value);
            return this;
        }

        /** The working directory. */
        public Builder directory(Path path) {
            directory = path;
            return this;
        }

        /** What messages call it. */
        public Builder name(String value) {
            name = value;
            return this;
        }

        /** Starts it. */
        public TestProcess start() throws IOException {
            ProcessBuilder builder = new ProcessBuilder(command);
            environment.forEach((variable, value) -> {
                if (value == null) {
                    builder.environment().remove(variable);
                } else {
                    builder.environment().put(variable, value);
                }
            });
            if (directory != null) {
                builder.directory(directory.toFile());
            }
            return new TestProcess(builder.start(), name);
        }
    }

    /** Any program. */
    public static Builder command(String... command) {
        return new Builder().args(command);
    }

    /** A main class in a JVM like this one, with its class path. */
    public static Builder java(String mainClass, String... jvmArgs) {
        return command(Path.of(System.getProperty("java.home"), "bin", "java").toString())
                .args("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
                .args(jvmArgs)
                .args("-cp", System.getProperty("java.class.path"), mainClass)
                .name(mainClass.substring(mainClass.lastIndexOf('.') + 1));
    }

    /** Waits until a line on stdout has a match of the pattern, and returns it. */
    public Matcher awaitOut(String pattern, Duration limit) throws InterruptedException {
        return await(out, pattern, limit);
    }

    /** Waits until a line on stderr has a match of the pattern, and returns it. */
    public Matcher awaitErr(String pattern, Duration limit) throws InterruptedException {
        return await(err, pattern, limit);
    }

    private Matcher await(Lines lines, String pattern, Duration limit) throws InterruptedException {
        Matcher matcher = lines.await(Pattern.compile(pattern), limit);
        if (matcher == null) {
            throw new AssertionError("no line with " + pattern + " within " + limit + "\n" + this);
        }
        return matcher;
    }

    /** Waits for the end and returns the exit code. */
    public int awaitExit(Duration limit) throws InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("still runs after " + limit + "\n" + this);
        }
        out.awaitEnd();
        err.awaitEnd();
        return process.exitValue();
    }

    /** Asks it to stop (SIGTERM). What it prints meanwhile is still collected. */
    public void terminate() {
        // Process.destroy would close its streams too.
        process.toHandle().destroy();
    }

    /** Ends it at once (SIGKILL); what it started lives on. */
    public void kill() {
        process.destroyForcibly();
    }

    /** Stops it where it stands (SIGSTOP), until {@link #resume}. */
    public void pause() throws IOException, InterruptedException {
        signal("-STOP");
    }

    /** Lets it go on (SIGCONT). */
    public void resume() throws IOException, InterruptedException {
        signal("-CONT");
    }

    private void signal(String signal) throws IOException, InterruptedException {
        int code =
                new ProcessBuilder("kill", signal, Long.toString(pid())).start().waitFor();
        if (code != 0) {
            throw new IOException("kill " + signal + " ended with " + code + "\n" + this);
        }
    }

    /** Writes one byte to its stdin. */
    public void feed(int value) throws IOException {
        process.getOutputStream().write(value);
        process.getOutputStream().flush();
    }

    /** Closes its stdin. */
    public void closeStdin() throws IOException {
        process.getOutputStream().close();
    }

    /** Whether it still runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Its id. */
    public long pid() {
        return process.pid();
    }

    /** What it started, and what those started. */
    public List<ProcessHandle> descendants() {
        return process.descendants().toList();
    }

    /** What it printed on stdout so far. */
    public String out() {
        return out.text();
    }

    /** What it printed on stderr so far. */
    public String err() {
        return err.text();
    }

    /** Kills it and its descendants, and waits until it is gone. */
    @Override
    public void close() {
        List<ProcessHandle> descendants = descendants();
        process.destroyForcibly();
        descendants.forEach(ProcessHandle::destroyForcibly);
        try {
            process.waitFor();
            out.awaitEnd();
            err.awaitEnd();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return name + " (pid " + pid() + (isAlive() ? ", running" : ", exit code " + process.exitValue())
                + ")\n--- stdout\n" + out() + "--- stderr\n" + err() + "---";
    }

    /** The lines of one stream, collected by a thread that ends with the stream. */
    private static final class Lines {
        private static final long END_LIMIT_MS = 5_000;

        private final List<String> lines = new ArrayList<>();
        private final Thread thread;

        Lines(InputStream in, String name) {
            thread = new Thread(() -> collect(in), name);
            thread.setDaemon(true);
            thread.start();
        }

        private void collect(InputStream in) {
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    synchronized (lines) {
                        lines.add(line);
                        lines.notifyAll();
                    }
                }
            } catch (IOException e) {
                // The stream of a killed process ends in the middle.
            } finally {
                synchronized (lines) {
                    lines.notifyAll();
                }
            }
        }

        @Nullable
        Matcher await(Pattern pattern, Duration limit) throws InterruptedException {
            long deadline = System.nanoTime() + limit.toNanos();
            int next = 0;
            synchronized (lines) {
                while (true) {
                    for (; next < lines.size(); next++) {
                        Matcher matcher = pattern.matcher(lines.get(next));
                        if (matcher.find()) {
                            return matcher;
                        }
                    }
                    long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                    if (left <= 0 || !thread.isAlive()) {
                        return null;
                    }
                    lines.wait(Math.min(left, 100));
                }
            }
        }

        /** Waits for the rest; not forever, since a grandchild may hold the stream open. */
        void awaitEnd() throws InterruptedException {
            thread.join(END_LIMIT_MS);
        }

        String text() {
            synchronized (lines) {
                return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
            }
        }
    }
}
