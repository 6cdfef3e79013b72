// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The kernel's NFS server in the guest, of version 4 alone: a file system of memory is its root, so {@code 127.0.0.1:/} is
 * {@link #EXPORT}.
 */
final class NfsServer implements AutoCloseable {
    static final Path EXPORT = Path.of("/run/sluice-nfs");

    private static final int LIMIT_SECONDS = 60;

    private final Process mountd;

    private NfsServer(Process mountd) {
        this.mountd = mountd;
    }

    static NfsServer start() throws IOException, InterruptedException {
        Files.createDirectories(EXPORT);
        run("mount", "-t", "tmpfs", "sluice-nfs", EXPORT.toString());
        run("mount", "-t", "nfsd", "nfsd", "/proc/fs/nfsd");
        for (String file : List.of("/etc/exports", "/var/lib/nfs/etab", "/var/lib/nfs/rmtab")) {
            if (!Files.exists(Path.of(file))) {
                Files.createFile(Path.of(file));
            }
        }
        run("exportfs", "-o", "rw,no_root_squash,no_subtree_check,insecure,fsid=0", "127.0.0.1:" + EXPORT);
        Process mountd = new ProcessBuilder("rpc.mountd", "-F", "-N", "3", "-u")
                .redirectErrorStream(true)
                .redirectOutput(Files.createTempFile("mountd", ".log").toFile())
                .start();
        run("rpc.nfsd", "-N", "3", "-p", "2049", "2");
        // Clients that the server had before may come back for 90 s, and new ones wait; there were none.
        Files.writeString(Path.of("/proc/fs/nfsd/v4_end_grace"), "Y");
        return new NfsServer(mountd);
    }

    /** Runs a program to its end. */
    static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(String.join(" ", command) + " does not end");
        }
        if (process.exitValue() != 0) {
            throw new IOException(String.join(" ", command) + ": "
                    + new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** The lines of the kernel's table of mounts that name a path below {@code root}. */
    static List<String> mountsBelow(Path root) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/mountinfo"), StandardCharsets.ISO_8859_1).stream()
                .filter(line -> line.contains(" " + root + "/"))
                .toList();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        run("rpc.nfsd", "0");
        mountd.destroy();
        mountd.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
        run("exportfs", "-au");
        run("umount", "/proc/fs/nfsd");
        run("umount", EXPORT.toString());
    }
}
