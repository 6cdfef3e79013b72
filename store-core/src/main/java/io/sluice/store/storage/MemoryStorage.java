// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.base.Bytes;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.MemoryTree.Directory;
import io.sluice.store.storage.MemoryTree.File;
import io.sluice.store.storage.MemoryTree.Node;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A directory tree in memory that promises no more than the port does: readers see what was flushed, and a
 * {@linkplain #crash() crash} leaves only synced bytes under synced names. For tests, of this project and of its users.
 *
 * <p>A rename is durable when the target's directory is synced; where only the source's is, a crash loses the file.
 */
public final class MemoryStorage implements Storage {
    private final String name;

    @GuardedBy("this")
    private Directory root;

    @GuardedBy("this")
    private final Set<String> locks = new HashSet<>();

    /** Files opened before a crash do nothing after it. */
    @GuardedBy("this")
    private int life;

    /** An empty tree; the name stands in messages and in the URI. */
    public MemoryStorage(String name) {
        this(name, new Directory());
    }

    private MemoryStorage(String name, Directory root) {
        this.name = name;
        this.root = root;
    }

    /** Loses all that is not durable, as when the machine fails. Open files fail from here on; locks are gone. */
    public synchronized void crash() {
        root = root.crashed(unsynced -> 0);
        locks.clear();
        life++;
    }

    /** What {@link #crash()} would leave, as a storage of its own; this one goes on. */
    public synchronized MemoryStorage crashClone() {
        return new MemoryStorage(name, root.crashed(unsynced -> 0));
    }

    /** As {@link #crashClone()}, but of each file a random part of its unsynced bytes is left too. */
    public synchronized MemoryStorage crashClone(RandomGenerator random) {
        return new MemoryStorage(name, root.crashed(unsynced -> random.nextInt(unsynced + 1)));
    }

    /** What the end of the process leaves, as a storage of its own: all names, and of files what was flushed. */
    public synchronized MemoryStorage killClone() {
        return new MemoryStorage(name, root.killed());
    }

    @Override
    public String uri() {
        return "memory:" + name;
    }

    @Override
    public synchronized WritableFile create(String file) throws IOException {
        Directory parent = parent("create", file);
        File node = new File();
        if (parent.entries.putIfAbsent(leaf(file), node) != null) {
            throw exists("create", file);
        }
        return new Writer(file, node, life);
    }

    @Override
    public synchronized ReadableFile open(String file) throws IOException {
        File node = file("open", file);
        return new Reader(file, node, node.visible, life);
    }

    @Override
    public synchronized boolean exists(String file) throws IOException {
        return root.find(StorageName.check(file)) != null;
    }

    @Override
    public synchronized long length(String file) throws IOException {
        return file("tell the length of", file).visible;
    }

    @Override
    public synchronized List<String> list(String directory) throws IOException {
        return new ArrayList<>(directory("list", directory).entries.keySet());
    }

    @Override
    public synchronized boolean createDirectory(String directory) throws IOException {
        return parent("create the directory", directory).entries.putIfAbsent(leaf(directory), new Directory()) == null;
    }

    @Override
    public void createRoot() {
        // it is always there
    }

    @Override
    public synchronized void rename(String from, String to) throws IOException {
        if (parent("rename " + from + " to", to).entries.containsKey(leaf(to))) {
            throw exists("rename " + from + " to", to);
        }
        replace(from, to);
    }

    @Override
    public synchronized void replace(String from, String to) throws IOException {
        Directory source = parent("rename", from);
        Directory target = parent("rename " + from + " to", to);
        Node node = source.entries.get(leaf(from));
        if (node == null) {
            throw notFound("rename", from);
        }
        source.entries.remove(leaf(from));
        target.entries.put(leaf(to), node);
    }

    @Override
    public synchronized boolean delete(String file) throws IOException {
        Node node = root.find(StorageName.check(file));
        if (node instanceof Directory directory && !directory.entries.isEmpty()) {
            throw exists("delete the full directory", file);
        }
        return node != null && parent("delete", file).entries.remove(leaf(file)) != null;
    }

    @Override
    public synchronized boolean deleteRecursively(String file) throws IOException {
        return exists(file) && parent("delete", file).entries.remove(leaf(file)) != null;
    }

    @Override
    public synchronized void syncDirectory(String directory) throws IOException {
        directory("sync the directory", directory).sync(root);
    }

    @Override
    public synchronized void seal(String file) throws IOException {
        file("seal", file).sealed = true;
    }

    @Override
    public synchronized FileLock lock(String file) throws IOException {
        parent("lock", file).entries.putIfAbsent(leaf(file), new File());
        if (!locks.add(file)) {
            throw new StoreException(
                    Kind.LOCKED, "storage.locked", show(file) + " is held by this process: close its store first");
        }
        int born = life;
        return () -> unlock(file, born);
    }

    @Override
    public OptionalLong crc32c(String file) {
        return OptionalLong.empty();
    }

    @Override
    public OptionalLong usableSpace() {
        return OptionalLong.empty();
    }

    @Override
    public void close() {
        // nothing is held
    }

    private synchronized void unlock(String file, int born) {
        if (born == life) {
            locks.remove(file);
        }
    }

    @GuardedBy("this")
    private Directory directory(String action, String directory) throws IOException {
        Node node = StorageName.checkDirectory(directory).isEmpty() ? root : root.find(directory);
        if (node instanceof Directory d) {
            return d;
        }
        throw notFound(action, directory);
    }

    @GuardedBy("this")
    private Directory parent(String action, String file) throws IOException {
        StorageName.check(file);
        int slash = file.lastIndexOf('/');
        Node node = slash < 0 ? root : root.find(file.substring(0, slash));
        if (node instanceof Directory d) {
            return d;
        }
        throw notFound(action, file);
    }

    @GuardedBy("this")
    private File file(String action, String file) throws IOException {
        Node node = root.find(StorageName.check(file));
        if (node == null) {
            throw notFound(action, file);
        }
        if (node instanceof File f) {
            return f;
        }
        throw new StoreException(Kind.IO, "storage.io", "cannot " + action + " " + show(file) + ": it is a directory");
    }

    private static String leaf(String file) {
        return file.substring(file.lastIndexOf('/') + 1);
    }

    private String show(String file) {
        return uri() + "/" + file;
    }

    private StoreException notFound(String action, String file) {
        return StorageErrors.notFound(action, show(file), new NoSuchFileException(file));
    }

    private StoreException exists(String action, String file) {
        return StorageErrors.exists(action, show(file), new FileAlreadyExistsException(file));
    }

    @GuardedBy("this")
    private void checkAlive(String file, int born) throws StoreException {
        if (born != life) {
            throw new StoreException(Kind.IO, "storage.crashed", show(file) + " was opened before the crash");
        }
    }

    private final class Reader implements ReadableFile {
        private final String file;
        private final File node;
        private final int length;
        private final int born;

        Reader(String file, File node, int length, int born) {
            this.file = file;
            this.node = node;
            this.length = length;
            this.born = born;
        }

        @Override
        public String name() {
            return file;
        }

        @Override
        public long length() {
            return length;
        }

        @Override
        public void read(long position, MutableDirectBuffer target, int offset, int count) throws IOException {
            synchronized (MemoryStorage.this) {
                checkAlive(file, born);
                if (position < 0 || count > length - position) {
                    throw StorageErrors.shortRead(show(file), position, count, length);
                }
                target.putBytes(offset, node.data, (int) position, count);
            }
        }

        @Override
        public void close() {
            // nothing is held
        }
    }

    private final class Writer implements WritableFile {
        private final String file;
        private final int born;
        private @Nullable File node;
        private long position;

        Writer(String file, File node, int born) {
            this.file = file;
            this.node = node;
            this.born = born;
        }

        @Override
        public void append(DirectBuffer source, int offset, int length) throws IOException {
            synchronized (MemoryStorage.this) {
                open().append(Bytes.copy(new UnsafeBuffer(source, offset, length)));
                position += length;
            }
        }

        @Override
        public long position() {
            return position;
        }

        @Override
        public void flush() throws IOException {
            synchronized (MemoryStorage.this) {
                File open = open();
                open.visible = open.written;
            }
        }

        @Override
        public void sync() throws IOException {
            synchronized (MemoryStorage.this) {
                flush();
                File open = open();
                open.synced = open.visible;
            }
        }

        @Override
        public void close() throws IOException {
            synchronized (MemoryStorage.this) {
                if (node == null) {
                    return;
                }
                try {
                    if (!node.sealed) {
                        flush();
                    }
                } finally {
                    node = null;
                }
            }
        }

        @GuardedBy("MemoryStorage.this")
        private File open() throws StoreException {
            checkAlive(file, born);
            if (node == null) {
                throw StorageErrors.closed(show(file));
            }
            if (node.sealed) {
                throw new StoreException(
                        Kind.FENCED, "storage.sealed", show(file) + " was taken from its writer: its length is final");
            }
            return node;
        }
    }
}
