// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A store's lock file, locked as RocksDB locks it (an fcntl lock on all of the file), so that each sees the other. Its
 * holder writes its process id and host into it, for messages only; RocksDB does not look at the contents.
 *
 * <p>An fcntl lock belongs to the process and falls when <em>any</em> of its descriptors of that file is closed. So the
 * files locked here are kept in a table, asked before the file is opened; and it must be static, since it stands for
 * the process.
 */
final class LocalLock implements Storage.FileLock {
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();
    private static final int MAX_HOLDER_LENGTH = 256;

    private final Path key;
    private final FileChannel channel;
    private boolean released;

    private LocalLock(Path key, FileChannel channel) {
        this.key = key;
        this.channel = channel;
    }

    static LocalLock take(Path path) throws IOException {
        Path key = key(path);
        if (!HELD.add(key)) {
            throw locked(path, "this process (pid " + ProcessHandle.current().pid() + ")");
        }
        FileChannel channel = null;
        boolean taken = false;
        try {
            channel = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw locked(path, "another process" + readHolder(channel));
            }
            writeHolder(channel);
            taken = true;
            return new LocalLock(key, channel);
        } catch (OverlappingFileLockException e) {
            throw locked(path, "this process (pid " + ProcessHandle.current().pid() + ")");
        } finally {
            if (!taken) {
                if (channel != null) {
                    channel.close();
                }
                HELD.remove(key);
            }
        }
    }

    /** Whether this process holds a lock on the file: it must not be opened then. */
    static boolean isHeld(Path path) throws IOException {
        return HELD.contains(key(path));
    }

    @Override
    public synchronized void close() throws IOException {
        if (released) {
            return;
        }
        released = true;
        try (channel) {
            channel.truncate(0); // a later holder that writes nothing here must not be taken for us
        } finally {
            HELD.remove(key);
        }
    }

    private static Path key(Path path) throws IOException {
        Path parent = path.toAbsolutePath().getParent();
        return parent == null ? path : parent.toRealPath().resolve(path.getFileName());
    }

    private static String readHolder(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(MAX_HOLDER_LENGTH);
        channel.read(text, 0);
        String holder = new String(text.array(), 0, text.position(), StandardCharsets.UTF_8)
                .replaceAll("[^\\p{Graph} ]", " ")
                .trim();
        return holder.isEmpty() ? "" : " (" + holder + ")";
    }

    private static void writeHolder(FileChannel channel) throws IOException {
        channel.truncate(0);
        ByteBuffer text = StandardCharsets.UTF_8.encode(describeThisProcess() + "\n");
        while (text.hasRemaining()) {
            channel.write(text);
        }
    }

    private static String describeThisProcess() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "unknown host";
        }
        return "pid " + ProcessHandle.current().pid() + " on " + host;
    }

    private static StoreException locked(Path path, String holder) {
        return new StoreException(
                Kind.LOCKED,
                "storage.locked",
                path + " is held by " + holder + ": a store is open in one process at a time; close it there first");
    }
}
