// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.demo;

import io.sluice.cli.command.CommandFailure;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where a demo keeps its files; a temporary one goes with it, even where the demo is stopped by a signal. */
final class DemoDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(DemoDirectory.class);

    private final Path path;
    private final boolean kept;
    private boolean closed;

    private DemoDirectory(Path path, boolean kept) {
        this.path = path;
        this.kept = kept;
    }

    /**
     * Makes the directory.
     *
     * @param wanted to be used and kept, or null for a temporary one
     * @param keep whether a temporary one stays
     */
    static DemoDirectory create(@Nullable Path wanted, boolean keep) throws CommandFailure {
        try {
            if (wanted == null) {
                return new DemoDirectory(Files.createTempDirectory("sluice-demo-"), keep);
            }
            Path directory = Files.createDirectories(wanted.toAbsolutePath().normalize());
            try (Stream<Path> files = Files.list(directory)) {
                if (files.findAny().isPresent()) {
                    throw new CommandFailure("--dir " + wanted + ": is not empty; name a new directory");
                }
            }
            if (!Files.isWritable(directory)) {
                throw new CommandFailure("--dir " + wanted + ": no right to write there");
            }
            return new DemoDirectory(directory, true);
        } catch (IOException e) {
            throw new CommandFailure(
                    (wanted == null ? "no temporary directory: " : "--dir " + wanted + ": can't be made: ") + e, e);
        }
    }

    Path path() {
        return path;
    }

    /** Deletes it, unless it stays. */
    synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (kept) {
            LOG.info("everything is in {}", path);
            return;
        }
        try {
            deleteRecursively(path);
        } catch (IOException e) {
            LOG.warn("{} could not be deleted: {}", path, e.toString());
        }
    }

    private static void deleteRecursively(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
