// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.process;

import io.sluice.compaction.mount.Mount;
import io.sluice.compaction.mount.Mounter;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Linux's {@code mount} and {@code umount}, started with a list of arguments and an environment of two variables; no
 * shell. What takes too long is killed, with what it has started.
 */
public final class MountCommands implements Mounter {
    private static final String SAFE_OPTIONS = "nosuid,nodev,noexec";
    private static final int MAX_SAID = 2000;
    private static final int LAST_WORDS_SECONDS = 5;
    private static final int FIELDS = 6;
    private static final int PLACE = 4;
    private static final int ESCAPED_LENGTH = 4;

    private final Path mount;
    private final Path umount;
    private final Path mountInfo;
    private final Duration limit;

    /**
     * Takes the programs by their paths.
     *
     * @param mountInfo the kernel's table of mounts, in the format of {@code /proc/self/mountinfo}
     * @param limit of one program's run
     */
    MountCommands(Path mount, Path umount, Path mountInfo, Duration limit) {
        this.mount = mount;
        this.umount = umount;
        this.mountInfo = mountInfo;
        this.limit = limit;
    }

    /** Those of this machine, at most 30 s each. */
    public static MountCommands ofThisMachine() {
        return new MountCommands(
                Path.of("/bin/mount"), Path.of("/bin/umount"), Path.of("/proc/self/mountinfo"), Duration.ofSeconds(30));
    }

    @Override
    public void mount(Mount wanted, Path directory) throws IOException {
        String options = wanted.options().isEmpty() ? SAFE_OPTIONS : wanted.options() + "," + SAFE_OPTIONS;
        try {
            run(List.of(
                    mount.toString(), "-t", wanted.type(), "-o", options, "--", wanted.source(), directory.toString()));
        } catch (IOException e) {
            try {
                if (mountedBelow(directory).contains(directory)) {
                    unmount(directory);
                }
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /** {@inheritDoc} First asks nicely, which fails while a file is open, or while the file system's server is gone. */
    @Override
    public void unmount(Path directory) throws IOException {
        try {
            run(List.of(umount.toString(), "--", directory.toString()));
        } catch (IOException busy) {
            try {
                run(List.of(umount.toString(), "-l", "--", directory.toString()));
            } catch (IOException e) {
                e.addSuppressed(busy);
                throw e;
            }
        }
    }

    @Override
    public List<Path> mountedBelow(Path directory) throws IOException {
        List<Path> found = new ArrayList<>();
        for (String line : Files.readAllLines(mountInfo, StandardCharsets.ISO_8859_1)) {
            String[] fields =
                    line.split(" ", FIELDS); // proc(5): id, parent, device, root, where it is mounted, the rest
            if (fields.length == FIELDS && unescape(fields[PLACE]).startsWith(directory.toString())) {
                Path mounted = Path.of(unescape(fields[PLACE]));
                if (mounted.startsWith(directory)) {
                    found.add(mounted);
                }
            }
        }
        found.sort(Comparator.comparingInt(Path::getNameCount).reversed());
        return found;
    }

    /** Spaces and the like stand there as a backslash and three octal digits; bytes become characters as UTF-8. */
    private static String unescape(String field) {
        byte[] bytes = new byte[field.length()];
        int length = 0;
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            if (c == '\\' && i + ESCAPED_LENGTH <= field.length()) {
                bytes[length++] = (byte) Integer.parseInt(field.substring(i + 1, i + ESCAPED_LENGTH), 8);
                i += ESCAPED_LENGTH - 1;
            } else {
                bytes[length++] = (byte) c;
            }
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private void run(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        CompletableFuture<String> said = said(process.getInputStream());
        try {
            if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new StoreException(
                        Kind.TIMED_OUT,
                        "compaction.worker.mount-failed",
                        String.join(" ", command) + " took longer than " + limit.toSeconds()
                                + " s and was ended: see whether the server answers");
            }
            if (process.exitValue() != 0) {
                throw new StoreException(
                        Kind.IO,
                        "compaction.worker.mount-failed",
                        String.join(" ", command) + " failed with status " + process.exitValue() + ": "
                                // what the program has started may keep its output open
                                + said.completeOnTimeout("", LAST_WORDS_SECONDS, TimeUnit.SECONDS)
                                        .join()
                                        .strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(
                    Kind.CLOSED, "compaction.worker.mount-failed", String.join(" ", command) + " was interrupted", e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** The beginning of what a program says; all of it is read, so that it can go on. */
    private static CompletableFuture<String> said(InputStream from) {
        CompletableFuture<String> said = new CompletableFuture<>();
        Thread reader = new Thread(
                () -> {
                    try (from) {
                        byte[] beginning = from.readNBytes(MAX_SAID);
                        said.complete(new String(beginning, StandardCharsets.UTF_8));
                        from.transferTo(OutputStream.nullOutputStream());
                    } catch (IOException e) {
                        said.complete("(what it said can't be read: " + e + ")");
                    }
                },
                "sluice-mount");
        reader.setDaemon(true);
        reader.start();
        return said;
    }
}
