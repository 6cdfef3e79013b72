// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.cli.command.CommandFailure;
import io.sluice.cli.command.Home;
import io.sluice.cli.command.OpenResources;
import io.sluice.cli.process.Child;
import io.sluice.cli.process.JavaCommand;
import io.sluice.config.SecretFile;
import io.sluice.flush.generator.RegionMemoryPool;
import io.sluice.flush.generator.RemoteFlush;
import io.sluice.flush.generator.RemoteFlushSettings;
import io.sluice.store.memory.MemoryPool;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.tcp.TcpTransport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A memnode and two workers on this machine, each a JVM of its own, over TCP, and this JVM as their generator. Closing
 * ends those JVMs; where this one is killed, they end by themselves.
 */
final class Cluster implements AutoCloseable {
    private static final String NAME = "flush-bench";
    private static final List<String> WORKERS = List.of("worker-1", "worker-2");
    private static final int CHUNK_LENGTH = 1 << 20;
    private static final Duration START_LIMIT = Duration.ofMinutes(3);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    private final Path directory;
    private final Path secret;
    private final OpenResources owned = new OpenResources();
    private final String hdfs;
    private final MemoryPool memory;
    private final RemoteFlush remoteFlush;

    private Cluster(Path directory, long memoryLength, boolean withHdfs) throws Exception {
        this.directory = directory;
        this.secret = makeSecret(directory.resolve("secret"));
        boolean started = false;
        try {
            this.hdfs = withHdfs ? startHdfs() : "";
            String memnode = startRoles(memoryLength);
            RegionPool pool = owned.add(new RegionPool(CHUNK_LENGTH, memoryLength));
            this.memory = new RegionMemoryPool(pool);
            Transport transport = owned.add(TcpTransport.open(new TransportContext()
                    .secret(SecretFile.read(secret))
                    .clusterId(NAME)
                    .role("generator")
                    .name(NAME)
                    .regionPool(pool)
                    .conclude()));
            RemoteFlushSettings settings = RemoteFlushSettings.of(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), List.of(memnode));
            this.remoteFlush = owned.add(RemoteFlush.start(settings, transport, System::nanoTime));
            started = true;
        } finally {
            if (!started) {
                close();
            }
        }
    }

    /**
     * Starts everything, and waits until it is ready.
     *
     * @param directory for logs and HDFS; it outlives this
     * @param memoryLength bytes for the memtables of a store here, and for shipped ones on the memnode
     */
    static Cluster start(Path directory, long memoryLength, boolean withHdfs) throws Exception {
        return new Cluster(directory, memoryLength, withHdfs);
    }

    /** Where memtables lie in memory that can be shipped. */
    MemoryPool memory() {
        return memory;
    }

    /** Ships them. */
    RemoteFlush remoteFlush() {
        return remoteFlush;
    }

    /** A directory's URI on the HDFS that was started. */
    String hdfsUri(String name) {
        return hdfs + "/" + name;
    }

    private String startHdfs() throws CommandFailure, IOException, InterruptedException {
        Path libraries = Home.path().resolve("cli/target/sluice/hdfs");
        String classPath = Files.isDirectory(libraries) ? libraries + "/*" : "";
        return start("hdfs", "512m", classPath, List.of("hdfs", "--dir", directory + "/hdfs"))
                .awaitReady(START_LIMIT);
    }

    private String startRoles(long memoryLength) throws CommandFailure, IOException, InterruptedException {
        List<String> common = List.of("--cluster", NAME, "--secret-file", secret.toString());
        List<String> memnodeArgs = new ArrayList<>(List.of("memnode", "--listen", "127.0.0.1:0"));
        memnodeArgs.addAll(List.of("--memory", Long.toString(memoryLength)));
        memnodeArgs.addAll(common);
        String memnode = start("memnode", "192m", "", memnodeArgs).awaitReady(START_LIMIT);
        List<Child> workers = new ArrayList<>();
        for (String name : WORKERS) {
            List<String> args = new ArrayList<>(List.of("worker", "--name", name, "--memnodes", memnode));
            args.addAll(common);
            workers.add(start(name, "256m", "", args));
        }
        for (Child worker : workers) {
            worker.awaitReady(START_LIMIT);
        }
        return memnode;
    }

    private Child start(String name, String heap, String classPath, List<String> args) throws IOException {
        List<String> all = new ArrayList<>(args);
        all.add("--with-parent");
        Path log = directory.resolve(name + ".log");
        Child child = Child.start(name, JavaCommand.sluice(heap, classPath, all), log, line -> {});
        owned.add(() -> child.stop(STOP_LIMIT));
        return child;
    }

    private static Path makeSecret(Path file) throws IOException {
        byte[] secret = new byte[32];
        new SecureRandom().nextBytes(secret);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, HexFormat.of().formatHex(secret));
    }

    @Override
    public void close() throws Exception {
        owned.close();
    }
}
