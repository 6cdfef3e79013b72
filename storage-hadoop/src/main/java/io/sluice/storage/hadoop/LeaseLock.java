// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.storage.hadoop;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.protocol.AlreadyBeingCreatedException;

/**
 * A lock by HDFS's lease: its holder keeps an empty file open for writing, which the NameNode allows one client at a
 * time, and which that client renews in the background. The client's name says who that is, see
 * {@link HadoopConfiguration}; since the file has no blocks, all of this needs no DataNode.
 *
 * <p>Where a holder died its lease is free for the next one 60 s after it was last renewed (HDFS's soft limit): the
 * attempt that finds it so recovers it and has the lock; attempts before are refused with {@code LOCKED}. A holder that
 * is only cut off may live on: what keeps its hands off the store then is the epoch, not this lock.
 */
final class LeaseLock implements Storage.FileLock {
    private static final Duration RETRY = Duration.ofMillis(200);
    private static final Pattern HOLDER = Pattern.compile("DFSClient_pid-(\\d+)-on-(\\S+?)_-?\\d+_\\d+");

    private final String path;
    private final FSDataOutputStream held;

    private LeaseLock(String path, FSDataOutputStream held) {
        this.path = path;
        this.held = held;
    }

    /** Takes the lock, waiting only for a lease recovery under way, up to {@code timeout}. */
    static LeaseLock take(FileSystem fileSystem, Path path, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            try {
                return new LeaseLock(path.toString(), open(fileSystem, path));
            } catch (IOException e) {
                refuse(path, e, deadline);
            }
            LockSupport.parkNanos(RETRY.toNanos()); // HDFS tells nobody when a recovery ends
        }
    }

    @Override
    public void close() throws IOException {
        try {
            held.close();
        } catch (IOException e) {
            throw HadoopErrors.translate("unlock", path, e);
        }
    }

    private static FSDataOutputStream open(FileSystem fileSystem, Path path) throws IOException {
        try {
            return fileSystem.createFile(path).overwrite(false).build();
        } catch (IOException e) {
            if (HadoopErrors.is(e, FileAlreadyExistsException.class.getSimpleName())) {
                return fileSystem.append(path);
            }
            throw e;
        }
    }

    /** Throws, unless the error says that the lease is being recovered and there is time left. */
    private static void refuse(Path path, IOException e, long deadline) throws IOException {
        boolean recovering = HadoopErrors.is(e, HadoopErrors.RECOVERY_IN_PROGRESS);
        if (recovering && System.nanoTime() - deadline < 0) {
            return;
        }
        if (recovering || HadoopErrors.is(e, AlreadyBeingCreatedException.class.getSimpleName())) {
            throw new StoreException(
                    Kind.LOCKED,
                    "storage.locked",
                    path + " is held by another process" + holder(e)
                            + ": a store is open in one process at a time; close it there first. If that process is"
                            + " dead, its lock is free 60 s after its death",
                    e);
        }
        throw e;
    }

    /** The NameNode names the client that asked, and behind it the one that has the lease. */
    private static String holder(IOException e) {
        Matcher matcher = HOLDER.matcher(String.valueOf(e.getMessage()));
        String holder = "";
        while (matcher.find()) {
            holder = " (pid " + matcher.group(1) + " on " + matcher.group(2) + ")";
        }
        return holder;
    }
}
