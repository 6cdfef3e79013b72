// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.plugin.DirectoryTree;
import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
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

    private static final Pattern ATTEMPT = Pattern.compile("[0-9]+-[0-9]+-[0-9]+-[0-9a-f]{32}");

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
        JobDocument document = attempt.document();
        Path path = root().resolve(document.hoster().instanceName())
                .resolve(document.job().epoch() + "-" + document.job().number() + "-" + document.attempt() + "-"
                        + attempt.token());
        try {
            return Files.createDirectories(path);
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
