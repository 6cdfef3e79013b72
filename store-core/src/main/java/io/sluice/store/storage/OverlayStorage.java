// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The files in another storage's root, with all changes kept in memory and dropped at the end: whoever opens a store on it
 * neither locks, fences nor changes the store beneath. What is deleted here is hidden, what is renamed is shown under its
 * new name. Safe for concurrent use. The storage beneath stays its opener's.
 *
 * <p>Directories beneath are not shown, and of the names in the root those only that the opener asks for.
 */
public final class OverlayStorage implements Storage {
    private final Storage beneath;
    private final Predicate<String> shown;
    private final MemoryStorage changes;

    /** Names beneath that are not there any more. */
    @GuardedBy("this")
    private final Set<String> hidden = new HashSet<>();

    /** Names here of files that have another name beneath. */
    @GuardedBy("this")
    private final Map<String, String> renamed = new HashMap<>();

    /**
     * Lies over a storage.
     *
     * @param shown the names in its root to show: of files only
     */
    public OverlayStorage(Storage beneath, Predicate<String> shown) {
        this.beneath = beneath;
        this.shown = shown;
        this.changes = new MemoryStorage(beneath.uri());
    }

    @Override
    public String uri() {
        return beneath.uri();
    }

    @Override
    public synchronized WritableFile create(String name) throws IOException {
        checkFree("create", name);
        return changes.create(name);
    }

    @Override
    public synchronized ReadableFile open(String name) throws IOException {
        String below = below(name);
        return below == null ? changes.open(name) : beneath.open(below);
    }

    @Override
    public synchronized boolean exists(String name) throws IOException {
        String below = below(name);
        return below == null ? changes.exists(name) : beneath.exists(below);
    }

    @Override
    public synchronized long length(String name) throws IOException {
        String below = below(name);
        return below == null ? changes.length(name) : beneath.length(below);
    }

    @Override
    public synchronized List<String> list(String directory) throws IOException {
        Set<String> names = new TreeSet<>(changes.list(directory));
        if (directory.isEmpty()) {
            for (String name : beneath.list("")) {
                if (name.equals(below(name))) {
                    names.add(name);
                }
            }
        }
        for (String name : renamed.keySet()) {
            if (parent(name).equals(directory)) {
                names.add(name.substring(name.lastIndexOf('/') + 1));
            }
        }
        return new ArrayList<>(names);
    }

    @Override
    public synchronized boolean createDirectory(String name) throws IOException {
        return changes.createDirectory(name);
    }

    @Override
    public void createRoot() {
        // what is not there beneath is not made
    }

    @Override
    public synchronized void rename(String from, String to) throws IOException {
        checkFree("rename " + from + " to", to);
        replace(from, to);
    }

    @Override
    public synchronized void replace(String from, String to) throws IOException {
        String below = below(from);
        if (below == null) {
            changes.replace(from, to);
            hide(to);
        } else if (beneath.exists(below)) {
            changes.list(parent(to)); // fails where there is no such directory
            changes.delete(to);
            hide(from);
            renamed.put(to, below);
        } else {
            throw StorageErrors.notFound("rename", from, new NoSuchFileException(from));
        }
    }

    @Override
    public synchronized boolean delete(String name) throws IOException {
        boolean wasThere = exists(name);
        if (below(name) == null) {
            changes.delete(name);
        } else {
            hide(name);
        }
        return wasThere;
    }

    @Override
    public synchronized boolean deleteRecursively(String name) throws IOException {
        renamed.keySet().removeIf(file -> file.startsWith(name + "/"));
        return below(name) == null ? changes.deleteRecursively(name) : delete(name);
    }

    @Override
    public void syncDirectory(String directory) {
        // nothing here outlives the process
    }

    @Override
    public synchronized void seal(String name) throws IOException {
        if (!exists(name)) {
            throw StorageErrors.notFound("seal", name, new NoSuchFileException(name));
        }
        // a file beneath may be in the hands of a live owner, who is to keep it
    }

    @Override
    public FileLock lock(String name) {
        return () -> {};
    }

    @Override
    public synchronized OptionalLong crc32c(String name) throws IOException {
        String below = below(name);
        return below == null ? changes.crc32c(name) : beneath.crc32c(below);
    }

    @Override
    public OptionalLong usableSpace() {
        return OptionalLong.empty();
    }

    @Override
    public void close() {
        changes.close();
    }

    /** The name beneath of what is called so here, whether it is there or not; null where that is not beneath. */
    @GuardedBy("this")
    private @Nullable String below(String name) throws IOException {
        String other = renamed.get(name);
        if (other != null) {
            return other;
        }
        boolean mayBeBeneath = name.indexOf('/') < 0 && shown.test(name) && !hidden.contains(name);
        return mayBeBeneath && !changes.exists(name) ? name : null;
    }

    private static String parent(String name) {
        return name.substring(0, Math.max(0, name.lastIndexOf('/')));
    }

    @GuardedBy("this")
    private void hide(String name) {
        renamed.remove(name);
        hidden.add(name);
    }

    @GuardedBy("this")
    private void checkFree(String action, String name) throws IOException {
        if (exists(name)) {
            throw StorageErrors.exists(action, name, new FileAlreadyExistsException(name));
        }
    }
}
