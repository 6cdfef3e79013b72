// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.common;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A new directory that goes, with all in it, when closed, or when this process is stopped by a signal. The processes
 * that this one started are killed first then: they write there.
 */
public final class TemporaryDirectory implements AutoCloseable {
    /** Threads of this process still write while it is being stopped; without their directory they soon end. */
    private static final int STOP_TRIES = 50;

    private static final Logger LOG = LoggerFactory.getLogger(TemporaryDirectory.class);

    private final Path path;
    private final Thread hook = new Thread(this::deleteAtStop, "temporary-directory-stop");
    private volatile boolean kept;

    private TemporaryDirectory(Path path) {
        this.path = path;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Creates one in {@code parent}, or where the system has its temporary files. */
    public static TemporaryDirectory create(@Nullable Path parent, String prefix) throws IOException {
        return new TemporaryDirectory(
                parent == null ? Files.createTempDirectory(prefix) : Files.createTempDirectory(parent, prefix));
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /** Lets it stay, with all in it. */
    public void keep() {
        kept = true;
    }

    @Override
    public void close() throws IOException {
        delete();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is being stopped: the hook finds nothing left.
            return;
        }
    }

    private void deleteAtStop() {
        ProcessHandle.current().descendants().forEach(child -> {
            child.destroyForcibly();
            child.onExit().join();
        });
        for (int i = 0; i < STOP_TRIES && !kept && Files.exists(path); i++) {
            try {
                delete();
            } catch (IOException e) {
                LOG.debug("{} is still written to", path, e);
            }
        }
    }

    private void delete() throws IOException {
        if (kept || !Files.exists(path)) {
            return;
        }
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
