// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.plugin.DirectoryTree;
import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What attempts leave on the worker's own disk: the old system's {@code WORKER_DB_ROOT}, with {@code
 * INSTANCE/EPOCH-JOB-ATTEMPT-TOKEN} for each attempt that has begun. No file of a store is there. Safe for concurrent use.
 *
 * <p>Invariant: {@code kept} has the directories of attempts that have ended, oldest first, at most {@link #MAX_KEPT}.
 */
final class WorkFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkFiles.class);

    /** As many as there are outcomes to be asked for. */
    static final int MAX_KEPT = 256;

    /** What the worker tells of an attempt. */
    static final String LOG_NAME = "LOG";

    /** What a process of an attempt's own said. */
    static final String CHILD_LOG_NAME = "LOG.child";

    /** Bytes of a log that can be read, and that stay of a process's log: the last ones. */
    static final int MAX_LOG = 256 << 10;

    private static final Pattern ATTEMPT = Pattern.compile("[0-9]+-[0-9]+-[0-9]+-[A-Za-z0-9_-]+");

    private final boolean keeps;
    private final boolean isTemporary;

    @GuardedBy("this")
    private @Nullable Path root;

    @GuardedBy("this")
    private final Deque<Path> kept = new ArrayDeque<>();

    private WorkFiles(@Nullable Path root, boolean keeps) {
        this.root = root;
        this.isTemporary = root == null;
        this.keeps = keeps;
    }

    /**
     * The files below a directory, which is made where it is missing. What an earlier process of the worker has left
     * there counts as kept.
     *
     * @param root this worker's alone; or null for a temporary one, made when it is needed and deleted in the end
     * @param keeps whether what ended attempts leave is kept
     */
    static WorkFiles open(@Nullable Path root, boolean keeps) throws IOException {
        WorkFiles files = new WorkFiles(root == null ? null : root.toAbsolutePath(), keeps);
        if (root != null) {
            Files.createDirectories(root);
            files.takeOver(root.toAbsolutePath());
        }
        return files;
    }

    /** Makes the directory of an attempt that begins. */
    Path create(HostedAttempt attempt) throws IOException {
        try {
            return Files.createDirectories(path(root(), attempt));
        } catch (IOException e) {
            throw StoreException.wrap("compaction.worker.files", e);
        }
    }

    /** The attempt of a directory has ended. */
    void end(Path directory) {
        if (!keeps) {
            DirectoryTree.delete(directory);
            return;
        }
        List<Path> old = new ArrayList<>();
        synchronized (this) {
            kept.add(directory);
            while (kept.size() > MAX_KEPT) {
                old.add(kept.remove());
            }
        }
        old.forEach(DirectoryTree::delete);
    }

    /** Keeps what is told of an attempt that has run, with what it left. What goes wrong is told in the log. */
    void keep(HostedAttempt attempt, byte[] log) {
        if (!keeps) {
            return;
        }
        try {
            Path directory = create(attempt);
            Files.write(directory.resolve(LOG_NAME), Arrays.copyOf(log, Math.min(log.length, MAX_LOG)));
            Path child = directory.resolve(CHILD_LOG_NAME);
            if (Files.exists(child, LinkOption.NOFOLLOW_LINKS) && Files.size(child) > MAX_LOG) {
                Files.write(child, tail(child));
            }
            if (!isKept(directory)) {
                end(directory);
            }
        } catch (IOException e) {
            LOG.warn("{}: what is told of it can't be kept", attempt, e);
        }
    }

    private synchronized boolean isKept(Path directory) {
        return kept.contains(directory);
    }

    /** Attempts of which there is something to be read, the newest first. */
    synchronized List<Kept> kept() {
        List<Kept> all = new ArrayList<>();
        kept.descendingIterator().forEachRemaining(directory -> all.add(Kept.of(directory)));
        return all;
    }

    /**
     * What ended attempts left.
     *
     * @param instance the store's instance name
     * @param job its epoch and number, as in {@code 3/17}
     * @param attempt from 1 on
     * @param token of the attempt
     * @param directory where it is
     */
    record Kept(String instance, String job, String attempt, String token, Path directory) {
        static Kept of(Path directory) {
            String[] name = String.valueOf(directory.getFileName()).split("-", 4);
            Path instance = directory.getParent();
            return new Kept(
                    instance == null ? "" : String.valueOf(instance.getFileName()),
                    name[0] + "/" + name[1],
                    name[2],
                    name[3],
                    directory);
        }
    }

    /** What the attempt of a token left, or null. */
    @Nullable
    Kept find(String token) {
        return kept().stream()
                .filter(one -> one.token().equals(token))
                .findFirst()
                .orElse(null);
    }

    /** Where an attempt's files are, or null where it has none. */
    synchronized @Nullable Path directory(HostedAttempt attempt) {
        Path path = root == null ? null : path(root, attempt);
        return path != null && Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) ? path : null;
    }

    /** The last bytes of a log; empty where there is none. A link is not followed. */
    static byte[] tail(Path log) throws IOException {
        try (SeekableByteChannel file = Files.newByteChannel(log, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            file.position(Math.max(0, file.size() - MAX_LOG));
            return Channels.newInputStream(file).readNBytes(MAX_LOG);
        } catch (NoSuchFileException e) {
            return new byte[0];
        }
    }

    private static Path path(Path root, HostedAttempt attempt) {
        JobDocument document = attempt.document();
        return root.resolve(document.hoster().instanceName())
                .resolve(document.job().epoch() + "-" + document.job().number() + "-" + document.attempt() + "-"
                        + attempt.token());
    }

    private synchronized Path root() throws IOException {
        Path path = root;
        if (path == null) {
            path = Files.createTempDirectory("sluice-worker-");
            root = path;
        }
        return path;
    }

    /** No attempt runs any more. */
    @Override
    public synchronized void close() {
        Path path = root;
        if (isTemporary && path != null) {
            DirectoryTree.delete(path);
        }
    }

    private void takeOver(Path directory) throws IOException {
        Map<Path, FileTime> found = new HashMap<>();
        try (DirectoryStream<Path> instances =
                Files.newDirectoryStream(directory, path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))) {
            for (Path instance : instances) {
                try (DirectoryStream<Path> attempts = Files.newDirectoryStream(instance, WorkFiles::isAttempt)) {
                    for (Path attempt : attempts) {
                        found.put(attempt, Files.getLastModifiedTime(attempt));
                    }
                } catch (IOException | DirectoryIteratorException e) {
                    LOG.debug("{} is none of ours", instance, e);
                }
            }
        }
        found.entrySet().stream().sorted(Map.Entry.comparingByValue()).forEach(attempt -> end(attempt.getKey()));
    }

    private static boolean isAttempt(Path path) {
        return ATTEMPT.matcher(String.valueOf(path.getFileName())).matches()
                && Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
    }
}
