// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.mount;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.LocalStorage;
import io.sluice.store.storage.Storage.FileLock;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mounts of a worker: one for all jobs that name the same, taken away when the last of them ends. Safe for concurrent
 * use; a mount or unmount that takes long holds up only who wants the same.
 *
 * <p>They are in a directory of this process, {@code MOUNT_ROOT/.sluice-mounts/worker-<random>/<number>}, which others can't
 * enter, and which a lock shows to be in use. What a process that is gone has left is taken away when the next one opens
 * the same root: unmounted, and then removed as empty directories, never with what is in them.
 *
 * <p>Invariants: an entry's users are at least the {@link Mounted} of it that are open; {@code isMounted} holds only
 * between a mount and an unmount that succeeded; an entry leaves the table only unmounted and without users. Locks are taken in the
 * order entry, this.
 */
public final class Mounts implements AutoCloseable {
    /** The directory below the mount root; no instance's. */
    public static final String DIRECTORY = ".sluice-mounts";

    private static final Logger LOG = LoggerFactory.getLogger(Mounts.class);

    private static final String PREFIX = "worker-";
    private static final String LOCK = "LOCK";
    private static final int MAX_TRIES = 20;

    private final Mounter mounter;
    private final Path holder;
    private final FileLock lock;

    @GuardedBy("this")
    private final Map<Mount, Entry> entries = new HashMap<>();

    /** Jobs that have a place, or wait for it; of each entry in the table. */
    @GuardedBy("this")
    private final Map<Entry, Integer> users = new HashMap<>();

    @GuardedBy("this")
    private int made;

    @GuardedBy("this")
    private boolean closed;

    private Mounts(Mounter mounter, Path holder, FileLock lock) {
        this.mounter = mounter;
        this.holder = holder;
        this.lock = lock;
    }

    /** A place for a mount. */
    private static final class Entry {
        private final Mount mount;
        private final Path directory;

        @GuardedBy("this")
        private boolean isMounted;

        Entry(Mount mount, Path directory) {
            this.mount = mount;
            this.directory = directory;
        }

        synchronized void mount(Mounter mounter) throws IOException {
            if (!isMounted) {
                if (!Files.isDirectory(directory)) {
                    Files.createDirectory(directory); // not its parent, which goes when the worker ends
                }
                mounter.mount(mount, directory);
                isMounted = true;
                LOG.info("mounted {} at {}", mount, directory);
            }
        }

        synchronized void unmount(Mounter mounter) throws IOException {
            if (isMounted) {
                mounter.unmount(directory);
                isMounted = false;
                LOG.info("unmounted {} from {}", mount, directory);
            }
            Files.deleteIfExists(directory);
        }
    }

    /** A job's share in a mount, until closed; closing it again does nothing. Used by one thread. */
    public final class Mounted implements AutoCloseable {
        private final Entry entry;
        private boolean released;

        private Mounted(Entry entry) {
            this.entry = entry;
        }

        /** Where it is. */
        public Path directory() {
            return entry.directory;
        }

        @Override
        public void close() {
            if (!released) {
                released = true;
                release(entry);
            }
        }
    }

    /**
     * Takes away what others have left below a root, and makes a directory there.
     *
     * @param root the worker's mount root, which is made where it is missing
     */
    public static Mounts open(Path root, Mounter mounter) throws IOException {
        Path all = Files.createDirectories(root.resolve(DIRECTORY)).toRealPath(); // as the kernel tells mounts
        collectLeftovers(all, mounter);
        for (int i = 0; i < MAX_TRIES; i++) {
            Path holder = Files.createTempDirectory(
                    all, PREFIX, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            FileLock lock = lock(holder);
            if (lock != null) {
                return new Mounts(mounter, holder, lock);
            }
        }
        throw new StoreException(
                Kind.BUSY,
                "compaction.worker.mount-root",
                "no directory of its own could be made in " + all + ": others take them away");
    }

    /** Null where somebody else has it, or has taken the directory away meanwhile. */
    private static @Nullable FileLock lock(Path holder) throws IOException {
        FileLock lock;
        try (LocalStorage storage = new LocalStorage(holder)) {
            lock = storage.lock(LOCK);
        } catch (StoreException e) {
            if (e.kind() == Kind.LOCKED || e.kind() == Kind.NOT_FOUND) {
                return null;
            }
            throw e;
        }
        if (Files.exists(holder.resolve(LOCK))) {
            return lock;
        }
        lock.close();
        return null;
    }

    private static void collectLeftovers(Path all, Mounter mounter) throws IOException {
        List<Path> holders = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(all, PREFIX + "*")) {
            found.forEach(holders::add);
        }
        for (Path holder : holders) {
            try {
                FileLock lock = lock(holder);
                if (lock != null) {
                    LOG.info("taking away what a worker has left in {}", holder);
                    try (lock) {
                        remove(holder, mounter);
                    }
                }
            } catch (IOException e) {
                LOG.warn("what a worker has left in {} can't be taken away", holder, e);
            }
        }
    }

    /** Unmounts all, and deletes the directories, which are empty then. */
    private static void remove(Path holder, Mounter mounter) throws IOException {
        for (Path mounted : mounter.mountedBelow(holder)) {
            mounter.unmount(mounted);
        }
        try (DirectoryStream<Path> inside = Files.newDirectoryStream(holder)) {
            for (Path path : inside) {
                if (!path.endsWith(LOCK)) {
                    Files.delete(path);
                }
            }
        }
        Files.deleteIfExists(holder.resolve(LOCK));
        Files.delete(holder);
    }

    /**
     * Mounts what is not mounted yet.
     *
     * @throws StoreException {@code CLOSED}; and those of {@link Mounter#mount}
     */
    public Mounted acquire(Mount mount) throws IOException {
        Entry entry;
        synchronized (this) {
            if (closed) {
                throw new StoreException(Kind.CLOSED, "compaction.worker.stopping", "the worker has ended");
            }
            entry = entries.get(mount);
            if (entry == null) {
                entry = new Entry(mount, holder.resolve(Integer.toString(++made)));
                entries.put(mount, entry);
            }
            users.merge(entry, 1, Integer::sum);
        }
        boolean done = false;
        try {
            entry.mount(mounter);
            done = true;
            return new Mounted(entry);
        } finally {
            if (!done) {
                release(entry);
            }
        }
    }

    private void release(Entry entry) {
        synchronized (entry) {
            synchronized (this) {
                if (users.merge(entry, -1, Integer::sum) > 0) {
                    return;
                }
            }
            try {
                entry.unmount(mounter);
            } catch (IOException e) {
                LOG.warn("{}: the next job or start tries again to unmount it", entry.directory, e);
                return;
            }
            synchronized (this) {
                if (users.getOrDefault(entry, 0) == 0) {
                    users.remove(entry);
                    entries.remove(entry.mount, entry);
                }
            }
        }
    }

    /** Unmounts all, from under who still uses it too. */
    @Override
    public void close() {
        List<Entry> left;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            left = List.copyOf(entries.values());
        }
        for (Entry entry : left) {
            try {
                entry.unmount(mounter);
            } catch (IOException e) {
                LOG.warn("{} can't be unmounted", entry.directory, e);
            }
        }
        try (lock) {
            remove(holder, mounter);
        } catch (IOException e) {
            LOG.warn("{} can't be removed: the next start tries again", holder, e);
        }
    }
}
