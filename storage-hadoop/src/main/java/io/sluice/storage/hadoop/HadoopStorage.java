// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.storage.hadoop;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
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

    private static final Duration RETRY = Duration.ofMillis(200);

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
        } catch (IOException | IllegalArgumentException e) { // of the URI or the settings: nothing was contacted yet
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
        Path path = resolve(name);
        try {
            return new HadoopWritableFile(
                    path.toString(), files.createFile(path).overwrite(false).build());
        } catch (IOException e) {
            throw HadoopErrors.translate("create", path.toString(), e);
        }
    }

    @Override
    public ReadableFile open(String name) throws IOException {
        Path path = resolve(name);
        try {
            FSDataInputStream in = fileSystem.open(path);
            try {
                long length = visibleLength(in, fileSystem.getFileStatus(path));
                return new HadoopReadableFile(name, path.toString(), length, in);
            } catch (IOException e) {
                in.close();
                throw e;
            }
        } catch (IOException e) {
            throw HadoopErrors.translate("open", path.toString(), e);
        }
    }

    @Override
    public boolean exists(String name) throws IOException {
        Path path = resolve(name);
        try {
            return fileSystem.exists(path);
        } catch (IOException e) {
            throw HadoopErrors.translate("look for", path.toString(), e);
        }
    }

    @Override
    public long length(String name) throws IOException {
        Path path = resolve(name);
        try {
            return fileSystem.getFileStatus(path).getLen();
        } catch (IOException e) {
            throw HadoopErrors.translate("tell the length of", path.toString(), e);
        }
    }

    @Override
    public List<String> list(String directory) throws IOException {
        Path path = resolveDirectory(directory);
        try {
            List<String> names = new ArrayList<>();
            for (FileStatus status : fileSystem.listStatus(path)) {
                if (status.getPath().equals(path)) {
                    throw new FileNotFoundException("not a directory");
                }
                names.add(status.getPath().getName());
            }
            return names;
        } catch (IOException e) {
            throw HadoopErrors.translate("list", path.toString(), e);
        }
    }

    /** {@inheritDoc} HDFS's mkdirs does not tell who was first, and makes parents; a rename does neither. */
    @Override
    public boolean createDirectory(String name) throws IOException {
        Path path = resolve(name);
        Path unnamed = new Path(root, ".new-" + UUID.randomUUID());
        try {
            if (fileSystem.exists(path)) {
                return false;
            }
            fileSystem.mkdirs(unnamed);
            try {
                files.move(unnamed, path, Rename.NONE);
                return true;
            } catch (IOException e) {
                fileSystem.delete(unnamed, false);
                throw e;
            }
        } catch (IOException e) {
            StoreException error = HadoopErrors.translate("create the directory", path.toString(), e);
            if (error.code().equals("storage.exists")) {
                return false;
            }
            throw error;
        }
    }

    @Override
    public void createRoot() throws IOException {
        try {
            if (!fileSystem.exists(root)) {
                fileSystem.mkdirs(root, new FsPermission("700"));
            }
        } catch (IOException e) {
            throw HadoopErrors.translate("create the directory", root.toString(), e);
        }
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
        Path path = resolveDirectory(directory);
        try {
            fileSystem.getFileStatus(path); // the NameNode synced its log before it answered: nothing is left to do
        } catch (IOException e) {
            throw HadoopErrors.translate("sync the directory", path.toString(), e);
        }
    }

    @Override
    public void seal(String name) throws IOException {
        Path path = resolve(name);
        long deadline = System.nanoTime() + leaseRecoveryTimeout.toNanos();
        try {
            if (!(fileSystem instanceof LeaseRecoverable leases)) {
                fileSystem.getFileStatus(path);
                return;
            }
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
        } catch (IOException e) {
            throw HadoopErrors.translate("recover the lease of", path.toString(), e);
        }
    }

    @Override
    public FileLock lock(String name) throws IOException {
        Path path = resolve(name);
        try {
            if (!fileSystem.hasPathCapability(path, CommonPathCapabilities.LEASE_RECOVERABLE)) {
                throw new StoreException(
                        Kind.NOT_SUPPORTED, "storage.no-lock", path + ": this file system has no leases to lock by");
            }
            return LeaseLock.take(fileSystem, path, leaseRecoveryTimeout);
        } catch (IOException e) {
            throw HadoopErrors.translate("lock", path.toString(), e);
        }
    }

    @Override
    public OptionalLong crc32c(String name) throws IOException {
        Path path = resolve(name);
        try {
            FileChecksum checksum = fileSystem.getFileChecksum(path);
            if (checksum instanceof CompositeCrcFileChecksum composite
                    && composite.getChecksumOpt().getChecksumType() == DataChecksum.Type.CRC32C) {
                return OptionalLong.of(ByteBuffer.wrap(composite.getBytes()).getInt() & 0xffffffffL);
            }
            return OptionalLong.empty();
        } catch (IOException e) {
            throw HadoopErrors.translate("tell the checksum of", path.toString(), e);
        }
    }

    @Override
    public OptionalLong usableSpace() throws IOException {
        try {
            return OptionalLong.of(fileSystem.getStatus(root).getRemaining());
        } catch (IOException e) {
            throw HadoopErrors.translate("tell the free space of", root.toString(), e);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            fileSystem.close();
        } catch (IOException e) {
            throw HadoopErrors.translate("close", root.toString(), e);
        }
    }

    @Override
    public String toString() {
        return uri();
    }

    private void move(String from, String to, Rename mode) throws IOException {
        Path source = resolve(from);
        Path target = resolve(to);
        try {
            files.move(source, target, mode);
        } catch (IOException e) {
            if (mode == Rename.NONE && fileSystem.exists(target)) {
                throw StorageErrors.exists("rename " + from + " to", target.toString(), e);
            }
            throw HadoopErrors.translate("rename " + from + " to", target.toString(), e);
        }
    }

    private boolean delete(String name, boolean recursively) throws IOException {
        Path path = resolve(name);
        try {
            return fileSystem.delete(path, recursively);
        } catch (IOException e) {
            throw HadoopErrors.translate("delete", path.toString(), e);
        }
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
