// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import io.sluice.store.base.StoreException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory of this machine. Symbolic links within it are followed where they stay in the tree, and refused where they
 * lead out of it ({@code storage.escape}).
 *
 * <p>Durability is the file system's: {@link WritableFile#sync()} is fsync, {@link #syncDirectory} is fsync of the
 * directory. Closing it closes no files.
 */
public final class LocalStorage implements Storage {
    private final Path root;
    private final ScratchBuffers scratch = new ScratchBuffers();
    private final PathCalls<Path> calls = new PathCalls<>(StorageErrors::translate);

    /** The tree at {@code root}, which need not exist yet. */
    public LocalStorage(Path root) {
        this.root = root.toAbsolutePath().normalize();
    }

    @Override
    public String uri() {
        String uri = root.toUri().toString();
        return uri.endsWith("/") && uri.length() > "file:///".length() ? uri.substring(0, uri.length() - 1) : uri;
    }

    @Override
    public WritableFile create(String name) throws IOException {
        return calls.call("create", resolve(name), path -> {
            Files.createFile(path);
            return new LocalWritableFile(path.toString(), new FileOutputStream(path.toFile(), true));
        });
    }

    @Override
    public ReadableFile open(String name) throws IOException {
        return calls.call("open", resolve(name), path -> {
            if (LocalLock.isHeld(path)) {
                throw new IOException("this process holds it as a lock, which reading it would give up");
            }
            if (Files.isDirectory(path)) {
                throw new IOException("it is a directory");
            }
            return new LocalReadableFile(name, path, scratch);
        });
    }

    @Override
    public boolean exists(String name) throws IOException {
        return Files.exists(resolve(name), LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public long length(String name) throws IOException {
        return calls.call("tell the length of", resolve(name), Files::size);
    }

    @Override
    public List<String> list(String directory) throws IOException {
        return calls.call("list", resolveDirectory(directory), path -> {
            try (Stream<Path> entries = Files.list(path)) {
                return entries.map(entry -> String.valueOf(entry.getFileName())).toList();
            }
        });
    }

    @Override
    public boolean createDirectory(String name) throws IOException {
        return calls.call("create the directory", resolve(name), path -> {
            try {
                Files.createDirectory(path);
                return true;
            } catch (FileAlreadyExistsException e) {
                return false;
            }
        });
    }

    @Override
    public void createRoot() throws IOException {
        List<Path> parents = new ArrayList<>();
        for (Path path = root; path != null && !Files.exists(path); path = path.getParent()) {
            parents.add(path.getParent());
        }
        calls.run("create the directory", root, path -> {
            Files.createDirectories(path);
            for (Path parent : parents) {
                sync(parent);
            }
        });
    }

    /** {@inheritDoc} Looks for the target first: two processes at it at once are kept apart by the lock file alone. */
    @Override
    public void rename(String from, String to) throws IOException {
        Path target = resolve(to);
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw StorageErrors.exists("rename " + from + " to", target.toString(), new FileAlreadyExistsException(to));
        }
        replace(from, to);
    }

    @Override
    public void replace(String from, String to) throws IOException {
        Path source = resolve(from);
        calls.run(
                "rename " + from + " to",
                resolve(to),
                target -> Files.move(source, target, StandardCopyOption.ATOMIC_MOVE));
    }

    @Override
    public boolean delete(String name) throws IOException {
        return calls.call("delete", resolve(name), Files::deleteIfExists);
    }

    @Override
    public boolean deleteRecursively(String name) throws IOException {
        return calls.call("delete", resolve(name), path -> {
            try {
                Files.walkFileTree(path, new Deletion());
                return true;
            } catch (NoSuchFileException e) {
                return false;
            }
        });
    }

    @Override
    public void syncDirectory(String directory) throws IOException {
        calls.run("sync the directory", resolveDirectory(directory), LocalStorage::sync);
    }

    @Override
    public void seal(String name) throws IOException {
        length(name); // the lock file keeps other writers out: all there is to tell is whether the file is there
    }

    @Override
    public FileLock lock(String name) throws IOException {
        return calls.call("lock", resolve(name), LocalLock::take);
    }

    @Override
    public OptionalLong crc32c(String name) {
        return OptionalLong.empty();
    }

    @Override
    public OptionalLong usableSpace() throws IOException {
        return calls.call(
                "tell the free space of",
                root,
                path -> OptionalLong.of(Files.getFileStore(path).getUsableSpace()));
    }

    @Override
    public void close() {
        scratch.close();
    }

    @Override
    public String toString() {
        return uri();
    }

    /** Syncs a directory; an interrupt, which closes a channel under its user, is kept for later. */
    private static void sync(Path directory) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            for (; ; ) {
                try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                    channel.force(true);
                    return;
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Path resolveDirectory(String directory) throws IOException {
        return directory.isEmpty() ? root : resolve(directory);
    }

    private Path resolve(String name) throws IOException {
        StorageName.check(name);
        try {
            Path path = root.resolve(name);
            refuseEscape(name, path);
            return path;
        } catch (InvalidPathException e) {
            throw StoreException.invalid(
                    "storage.bad-name", "the name \"" + name + "\" is none here: " + e.getReason());
        }
    }

    private void refuseEscape(String name, Path path) throws IOException {
        for (Path part = path; part != null && !part.equals(root); part = part.getParent()) {
            if (Files.isSymbolicLink(part)) {
                Path real = realPath(part);
                if (real == null || !real.startsWith(root.toRealPath())) {
                    throw StoreException.invalid(
                            "storage.escape",
                            "the name \"" + name + "\" leads out of " + root + " by the symbolic link " + part);
                }
            }
        }
    }

    private static @Nullable Path realPath(Path link) throws IOException {
        try {
            return link.toRealPath();
        } catch (NoSuchFileException e) {
            return null; // dangling: a file created through it could be anywhere
        }
    }

    private static final class Deletion extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
            if (e != null) {
                throw e;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}
