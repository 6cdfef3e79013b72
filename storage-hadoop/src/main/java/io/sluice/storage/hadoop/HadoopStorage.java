// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.storage.hadoop;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.PathCalls;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.StorageErrors;
import io.sluice.store.storage.StorageName;
import io.sluice.store.storage.WritableFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.CompositeCrcFileChecksum;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileChecksum;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LeaseRecoverable;
import org.apache.hadoop.fs.Options.Rename;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.client.HdfsDataInputStream;
import org.apache.hadoop.util.DataChecksum;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory tree of a Hadoop file system: HDFS, and what else Hadoop mounts as far as it has exclusive creation,
 * atomic rename and hsync. Has a client of its own, which closing it closes.
 *
 * <p>On HDFS: {@link WritableFile#flush()} is hflush (in the memory of every DataNode of the pipeline), {@code sync} is
 * hsync (on their disks); directory entries are durable when the call that made them returns. {@link #seal} recovers the
 * file's lease. A store's root, where it is made, is its user's alone (0700).
 */
public final class HadoopStorage implements Storage {
    /** Setting: milliseconds that the recovery of a lease may take, 60,000 where it is not set. */
    public static final String LEASE_RECOVERY_TIMEOUT = "sluice.hadoop.lease-recovery-timeout-ms";

    private static final Logger LOGGER = LoggerFactory.getLogger(HadoopStorage.class);
    private static final Duration RETRY = Duration.ofMillis(200);
    /** How the names of directories begin that are about to be renamed into place. */
    private static final String UNNAMED = ".new-";

    private final PathCalls<Path> calls = new PathCalls<>(HadoopErrors::translate);
    private final MovingFileSystem files;
    private final FileSystem fileSystem;
    private final Path root;
    private final Duration leaseRecoveryTimeout;

    private HadoopStorage(FileSystem fileSystem, Path root, Duration leaseRecoveryTimeout) {
        this.fileSystem = fileSystem;
        this.files = new MovingFileSystem(fileSystem);
        this.root = fileSystem.makeQualified(root);
        this.leaseRecoveryTimeout = leaseRecoveryTimeout;
    }

    /**
     * Opens the tree at {@code uri}, which need not exist. Does not wait for HDFS: the first use tells if it is down.
     *
     * @param settings Hadoop's, on top of its configuration files; and {@code hadoop.conf.dir}, a directory with
     *     {@code core-site.xml} and {@code hdfs-site.xml}, before the environment's {@code HADOOP_CONF_DIR}
     */
    public static HadoopStorage open(URI uri, Map<String, String> settings) throws IOException {
        Configuration configuration = HadoopConfiguration.load(settings);
        if (uri.getPath() == null || uri.getPath().isEmpty()) {
            throw StoreException.invalid(
                    "storage.bad-uri", "\"" + uri + "\" has no path; expected hdfs://host:port/a/path");
        }
        try {
            Duration timeout = Duration.ofMillis(configuration.getLong(LEASE_RECOVERY_TIMEOUT, 60_000));
            return new HadoopStorage(FileSystem.newInstance(uri, configuration), new Path(uri), timeout);
        } catch (IOException
                | RuntimeException e) { // of the URI or the settings; some file systems throw what they like
            throw new StoreException(
                    Kind.INVALID_ARGUMENT,
                    "storage.bad-uri",
                    "cannot open \"" + uri + "\": " + e.getMessage() + "; check it, and fs.defaultFS",
                    e);
        }
    }

    @Override
    public String uri() {
        return root.toUri().toString();
    }

    @Override
    public WritableFile create(String name) throws IOException {
        return calls.call(
                "create",
                resolve(name),
                path -> new HadoopWritableFile(
                        path.toString(), files.createFile(path).overwrite(false).build()));
    }

    @Override
    public ReadableFile open(String name) throws IOException {
        return calls.call("open", resolve(name), path -> {
            FSDataInputStream in = fileSystem.open(path);
            try {
                long length = visibleLength(in, fileSystem.getFileStatus(path));
                return new HadoopReadableFile(name, path.toString(), length, in);
            } catch (IOException e) {
                in.close();
                throw e;
            }
        });
    }

    @Override
    public boolean exists(String name) throws IOException {
        return calls.call("look for", resolve(name), fileSystem::exists);
    }

    @Override
    public long length(String name) throws IOException {
        return calls.call(
                "tell the length of",
                resolve(name),
                path -> fileSystem.getFileStatus(path).getLen());
    }

    @Override
    public List<String> list(String directory) throws IOException {
        return calls.call("list", resolveDirectory(directory), path -> {
            List<String> names = new ArrayList<>();
            for (FileStatus status : fileSystem.listStatus(path)) {
                if (status.getPath().equals(path)) {
                    throw new FileNotFoundException("not a directory");
                }
                names.add(status.getPath().getName());
            }
            return names;
        });
    }

    /** {@inheritDoc} HDFS's mkdirs does not tell who was first, and makes parents; a rename does neither. */
    @Override
    public boolean createDirectory(String name) throws IOException {
        try {
            return calls.call("create the directory", resolve(name), this::createByRename);
        } catch (StoreException e) {
            if (e.code().equals("storage.exists")) {
                return false;
            }
            throw e;
        }
    }

    private boolean createByRename(Path path) throws IOException {
        if (fileSystem.exists(path)) {
            return false;
        }
        Path unnamed = new Path(root, UNNAMED + UUID.randomUUID());
        fileSystem.mkdirs(unnamed);
        try {
            files.move(unnamed, path, Rename.NONE);
            return true;
        } catch (IOException e) {
            fileSystem.delete(unnamed, false);
            throw e;
        }
    }

    @Override
    public void createRoot() throws IOException {
        calls.run("create the directory", root, path -> {
            if (!fileSystem.exists(path)) {
                fileSystem.mkdirs(path, new FsPermission("700"));
            }
        });
    }

    @Override
    public void rename(String from, String to) throws IOException {
        move(from, to, Rename.NONE);
    }

    @Override
    public void replace(String from, String to) throws IOException {
        move(from, to, Rename.OVERWRITE);
    }

    @Override
    public boolean delete(String name) throws IOException {
        return delete(name, false);
    }

    @Override
    public boolean deleteRecursively(String name) throws IOException {
        return delete(name, true);
    }

    @Override
    public void syncDirectory(String directory) throws IOException {
        // The NameNode syncs its log before it answers: nothing is left to do but to look whether it is there.
        calls.call("sync the directory", resolveDirectory(directory), fileSystem::getFileStatus);
    }

    @Override
    public void seal(String name) throws IOException {
        calls.run("recover the lease of", resolve(name), this::recoverLease);
    }

    private void recoverLease(Path path) throws IOException {
        if (!(fileSystem instanceof LeaseRecoverable leases)) {
            fileSystem.getFileStatus(path);
            return;
        }
        long deadline = System.nanoTime() + leaseRecoveryTimeout.toNanos();
        while (!leases.recoverLease(path) && !leases.isFileClosed(path)) {
            if (System.nanoTime() - deadline >= 0) {
                throw new StoreException(
                        Kind.TIMED_OUT,
                        "storage.lease-recovery",
                        path + ": its lease was not recovered within " + leaseRecoveryTimeout.toMillis()
                                + " ms; are its DataNodes up? " + LEASE_RECOVERY_TIMEOUT + " sets the time");
            }
            LockSupport.parkNanos(RETRY.toNanos()); // HDFS tells nobody when a recovery ends
        }
    }

    /** {@inheritDoc} Deletes what an earlier holder left unnamed when it died. */
    @Override
    public FileLock lock(String name) throws IOException {
        return calls.call("lock", resolve(name), path -> {
            if (!fileSystem.hasPathCapability(path, CommonPathCapabilities.LEASE_RECOVERABLE)) {
                throw new StoreException(
                        Kind.NOT_SUPPORTED, "storage.no-lock", path + ": this file system has no leases to lock by");
            }
            LeaseLock lock = LeaseLock.take(fileSystem, path, leaseRecoveryTimeout);
            deleteUnnamed();
            return lock;
        });
    }

    private void deleteUnnamed() {
        try {
            for (FileStatus status : fileSystem.listStatus(root)) {
                if (status.isDirectory() && status.getPath().getName().startsWith(UNNAMED)) {
                    fileSystem.delete(status.getPath(), false);
                }
            }
        } catch (IOException e) {
            LOGGER.warn("empty directories that a dead process left in {} can't be deleted", root, e);
        }
    }

    @Override
    public OptionalLong crc32c(String name) throws IOException {
        return calls.call("tell the checksum of", resolve(name), path -> {
            FileChecksum checksum = fileSystem.getFileChecksum(path);
            if (checksum instanceof CompositeCrcFileChecksum composite
                    && composite.getChecksumOpt().getChecksumType() == DataChecksum.Type.CRC32C) {
                return OptionalLong.of(ByteBuffer.wrap(composite.getBytes()).getInt() & 0xffffffffL);
            }
            return OptionalLong.empty();
        });
    }

    @Override
    public OptionalLong usableSpace() throws IOException {
        return calls.call(
                "tell the free space of",
                root,
                path -> OptionalLong.of(fileSystem.getStatus(path).getRemaining()));
    }

    @Override
    public void close() throws IOException {
        calls.run("close", root, path -> fileSystem.close());
    }

    @Override
    public String toString() {
        return uri();
    }

    private void move(String from, String to, Rename mode) throws IOException {
        Path source = resolve(from);
        calls.run("rename " + from + " to", resolve(to), target -> {
            try {
                files.move(source, target, mode);
            } catch (IOException e) {
                if (mode == Rename.NONE && fileSystem.exists(target)) {
                    throw StorageErrors.exists("rename " + from + " to", target.toString(), e);
                }
                throw e;
            }
        });
    }

    private boolean delete(String name, boolean recursively) throws IOException {
        return calls.call("delete", resolve(name), path -> fileSystem.delete(path, recursively));
    }

    private Path resolveDirectory(String directory) throws IOException {
        return directory.isEmpty() ? root : resolve(directory);
    }

    private Path resolve(String name) throws IOException {
        return new Path(root, StorageName.check(name));
    }

    /** What readers of a file that is being written can see of it. */
    static long visibleLength(FSDataInputStream in, FileStatus status) throws IOException {
        return in instanceof HdfsDataInputStream hdfs ? hdfs.getVisibleLength() : status.getLen();
    }
}
