// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.sluice.cli.command.CommandFailure;
import io.sluice.cli.command.Home;
import io.sluice.cli.load.LoadEvents;
import io.sluice.cli.load.LoadOptions;
import io.sluice.cli.load.LoadReport;
import io.sluice.cli.load.ProgressView;
import io.sluice.cli.process.Child;
import io.sluice.cli.process.JavaCommand;
import io.sluice.cli.process.KeytoolCommand;
import io.sluice.cli.role.TlsOptions;
import io.sluice.transport.tcp.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/**
 * One demo: its processes, from the first to the last. Closing stops them in the reverse order of their start; where
 * this process is ended from outside, a shutdown hook does it, and where it is killed, they end by themselves. The
 * directory is closed after them.
 */
final class Demo implements AutoCloseable {
    private static final List<String> WORKERS = List.of("worker-1", "worker-2");
    /** Longer than a JVM takes on a machine that is emulated. */
    private static final Duration START_LIMIT = Duration.ofMinutes(5);

    private static final Duration HDFS_START_LIMIT = Duration.ofMinutes(3);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    /** All column families may be flushed at once. */
    private static final int SLOTS = 8;

    /** Two workers and a generator, and again those that look whether it is there. */
    private static final int MEMNODE_CONNECTIONS = 8;

    /** The memnode, twice, and a generator's port for each job, of which the last may not be closed yet. */
    private static final int WORKER_CONNECTIONS = 4 + SLOTS;

    /** The seed's 100 MiB/s are a share of a cluster's; here all roles write to one machine's page cache. */
    private static final String LOCAL_DISK_RATE = "1GiB";

    private final DemoDirectory place;
    private final Path directory;
    private final CommandSpec options;
    private final boolean hdfs;
    private final DemoTransport transport;
    private final boolean encrypted;
    private final Deque<Child> children = new ArrayDeque<>();
    private final Thread hook = new Thread(this::stop, "demo-stop");

    /** With {@code encrypted}, its roles speak TLS with certificates of their own. */
    Demo(DemoDirectory place, CommandSpec options, boolean hdfs, DemoTransport transport, boolean encrypted) {
        this.place = place;
        this.directory = place.path();
        this.options = options;
        this.hdfs = hdfs;
        this.transport = transport;
        this.encrypted = encrypted;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    LoadReport run() throws CommandFailure, IOException, InterruptedException {
        Path secret = makeSecret();
        String storage = hdfs
                ? startHdfs()
                : Files.createDirectories(directory.resolve("db")).toUri().toString();
        String memnode = start(
                        "memnode",
                        "192m",
                        MEMNODE_CONNECTIONS,
                        List.of(
                                "memnode",
                                "--name",
                                "memnode-1",
                                "--listen",
                                "127.0.0.1:0",
                                "--memory",
                                "512MiB",
                                "--max-hdfs-io",
                                LOCAL_DISK_RATE),
                        secret,
                        line -> {})
                .awaitReady(START_LIMIT);
        List<Child> workers = new ArrayList<>();
        for (String name : WORKERS) {
            workers.add(start(
                    name,
                    "256m",
                    WORKER_CONNECTIONS,
                    List.of(
                            "worker",
                            "--name",
                            name,
                            "--memnodes",
                            memnode,
                            "--slots",
                            Integer.toString(SLOTS),
                            "--storage-roots",
                            storage),
                    secret,
                    line -> {}));
        }
        for (Child worker : workers) {
            worker.awaitReady(START_LIMIT);
        }
        return generate(storage, memnode, secret);
    }

    private LoadReport generate(String storage, String memnode, Path secret)
            throws CommandFailure, IOException, InterruptedException {
        List<String> args = new ArrayList<>(
                List.of("generator", "--name", "generator-1", "--events", "--db", storage, "--memnodes", memnode));
        args.add("--connect-timeout=1m");
        args.add("--trace=" + directory.resolve("flushes.jsonl"));
        args.addAll(LoadOptions.flags(options));
        AtomicReference<LoadReport> report = new AtomicReference<>();
        try (ProgressView view = ProgressView.ofStderr()) {
            Child generator = start("generator", "512m", WORKERS.size() * WORKER_CONNECTIONS, args, secret, line -> {
                try {
                    LoadEvents.read(line, view::show, report::set);
                } catch (JsonProcessingException e) {
                    throw new IllegalStateException("the generator said: " + line, e);
                }
            });
            int exitCode = generator.awaitExit();
            LoadReport result = report.get();
            if (result == null) {
                throw new CommandFailure("the generator failed with exit code " + exitCode + generator.lastLines());
            }
            return result.withWorkers(WORKERS);
        }
    }

    private String startHdfs() throws CommandFailure, IOException, InterruptedException {
        String uri = start(
                        "hdfs",
                        "512m",
                        0,
                        List.of("hdfs", "--dir", directory.resolve("hdfs").toString()),
                        null,
                        line -> {})
                .awaitReady(HDFS_START_LIMIT);
        return uri + "/demo";
    }

    /** @param connections most that a role has at a time */
    private Child start(
            String name,
            String heap,
            int connections,
            List<String> command,
            @Nullable Path secret,
            Consumer<String> lines)
            throws CommandFailure, IOException, InterruptedException {
        List<String> args = new ArrayList<>(command);
        args.add("--with-parent");
        if (secret != null) {
            args.addAll(List.of("--secret-file", secret.toString()));
            args.addAll(transport.flags(connections));
            if (encrypted) {
                TestAuthority authority =
                        TestAuthority.open(directory.resolve("certs"), "sluice demo", KeytoolCommand::run);
                args.addAll(TlsOptions.flags(authority, command.get(0), command.get(command.indexOf("--name") + 1)));
            }
        }
        String moreClassPath = name.equals("hdfs") ? Home.path().resolve("cli/target/sluice/hdfs") + "/*" : "";
        Path log = Files.createDirectories(directory.resolve("logs")).resolve(name + ".log");
        synchronized (children) {
            Child child = Child.start(name, JavaCommand.sluice(heap, moreClassPath, args), log, lines);
            children.push(child);
            return child;
        }
    }

    /** The secret of this demo's processes: a file that only this user can read. */
    private Path makeSecret() throws IOException {
        byte[] secret = new byte[32];
        new SecureRandom().nextBytes(secret);
        Path file = directory.resolve("secret");
        if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        return Files.writeString(file, HexFormat.of().formatHex(secret));
    }

    /** Whoever comes second waits: the JVM must not end before the processes that it started. */
    private synchronized void stop() {
        stopChildren();
        place.close();
    }

    private void stopChildren() {
        while (true) {
            Child child;
            synchronized (children) {
                child = children.poll();
            }
            if (child == null) {
                return;
            }
            child.stop(STOP_LIMIT);
        }
    }

    @Override
    public void close() {
        stop();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is already ending: the hook does the same.
            return;
        }
    }
}
