// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.cli.command.CommandFailure;
import io.sluice.cli.process.Child;
import io.sluice.cli.process.JavaCommand;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Compaction workers, each a process, that are killed and come back at the same address. Used by one thread. */
final class CompactionWorkers implements AutoCloseable {
    /** What their names begin with. */
    static final String NAME = "stress-worker-";

    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String HEAP = "256m";

    private final Path directory;
    private final List<Child> children = new ArrayList<>();
    private final List<String> urls = new ArrayList<>();

    private CompactionWorkers(Path directory) {
        this.directory = directory;
    }

    /**
     * Starts workers, which serve when this returns.
     *
     * @param directory below which the store is, for their logs too
     */
    static CompactionWorkers start(int count, Path directory) throws IOException, InterruptedException {
        CompactionWorkers workers = new CompactionWorkers(directory);
        try {
            for (int i = 0; i < count; i++) {
                workers.children.add(workers.start(i, 0));
            }
            for (int i = 0; i < count; i++) {
                String where = workers.awaitReady(i);
                workers.urls.add(where.substring(where.indexOf(' ') + 1));
            }
            return workers;
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            workers.close();
            throw e;
        }
    }

    private Child start(int number, int port) throws IOException {
        String name = NAME + number;
        List<String> arguments = List.of(
                "worker",
                "--with-parent",
                "--name=" + name,
                "--http=127.0.0.1:" + port,
                "--storage-roots=" + directory.toAbsolutePath());
        return Child.start(name, JavaCommand.sluice(HEAP, "", arguments), directory.resolve(name + ".log"), line -> {});
    }

    private String awaitReady(int number) throws IOException, InterruptedException {
        try {
            return children.get(number).awaitReady(LIMIT);
        } catch (CommandFailure e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Where they are. */
    List<String> urls() {
        return urls;
    }

    /** Kills one and starts it again; it may take a while until it serves. */
    void killOne(RandomGenerator random) throws IOException {
        int number = random.nextInt(children.size());
        children.get(number).kill();
        children.set(number, start(number, URI.create(urls.get(number)).getPort()));
    }

    @Override
    public void close() {
        children.forEach(Child::kill);
    }
}
