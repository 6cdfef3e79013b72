// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One opening of a store: the number that fences off those before it. Safe for concurrent use.
 *
 * <p>An owner makes every file in its directory {@code owner-<epoch>} and renames it into place before use. A new owner
 * renames the directories of all before it to {@code deposed-<epoch>}, before it reads anything; from then on their
 * creations and renames fail, and are reported as {@code FENCED}. Parents are never made by creating a file, so that
 * nothing can bring a directory back.
 *
 * <p>The newest owner's directory stays when the store is closed: the next epoch is above it, so that no two openings
 * ever share a number.
 */
public final class Epoch {
    private final Storage storage;
    private final long number;
    private final String directory;

    private Epoch(Storage storage, long number) {
        this.storage = storage;
        this.number = number;
        this.directory = FileNames.owner(number);
    }

    /**
     * Takes the store at the storage's root, which must exist. What deposed owners left is deleted.
     *
     * @throws StoreException {@code FENCED} where another opener came in between and is ahead
     */
    public static Epoch take(Storage storage) throws IOException {
        long next = 1;
        for (String name : storage.list("")) {
            FileNames.Parsed parsed = FileNames.parse(name);
            if (parsed.type() == FileNames.Type.OWNER || parsed.type() == FileNames.Type.DEPOSED) {
                next = Math.max(next, parsed.number() + 1);
            }
        }
        while (!storage.createDirectory(FileNames.owner(next))) {
            next++;
        }
        Epoch epoch = new Epoch(storage, next);
        storage.syncDirectory("");
        List<Long> deposed = epoch.deposeOthers();
        storage.syncDirectory("");
        for (long predecessor : deposed) {
            storage.deleteRecursively(FileNames.deposed(predecessor));
        }
        return epoch;
    }

    /** The number, from 1 on. */
    public long number() {
        return number;
    }

    /** The owner's directory within the storage. */
    public String directory() {
        return directory;
    }

    /** The name that {@code name} has while it is in the owner's directory. */
    public String born(String name) {
        return directory + "/" + name;
    }

    /**
     * Creates a file in the owner's directory.
     *
     * @throws StoreException {@code FENCED} where a newer owner has taken the store
     */
    public WritableFile create(String name) throws IOException {
        try {
            return storage.create(born(name));
        } catch (IOException e) {
            throw fencedOr(e);
        }
    }

    /**
     * Creates a directory in the owner's directory, or deeper in it; false where it exists.
     *
     * @throws StoreException {@code FENCED} where a newer owner has taken the store
     */
    public boolean createDirectory(String name) throws IOException {
        try {
            return storage.createDirectory(born(name));
        } catch (IOException e) {
            throw fencedOr(e);
        }
    }

    /**
     * Moves a file out of the owner's directory to a name that must be free, and makes the move durable.
     *
     * @throws StoreException {@code FENCED} where a newer owner has taken the store
     */
    public void publish(String name, String target) throws IOException {
        try {
            storage.rename(born(name), target);
            storage.syncDirectory("");
        } catch (IOException e) {
            throw fencedOr(e);
        }
    }

    /**
     * Moves a file out of the owner's directory over another, as for CURRENT, and makes the move durable.
     *
     * @throws StoreException {@code FENCED} where a newer owner has taken the store
     */
    public void publishOver(String name, String target) throws IOException {
        try {
            storage.replace(born(name), target);
            storage.syncDirectory("");
        } catch (IOException e) {
            throw fencedOr(e);
        }
    }

    /** A {@code FENCED} error where the owner's directory is gone, else the error itself. */
    public IOException fencedOr(IOException e) {
        try {
            if (storage.exists(directory)) {
                return e;
            }
        } catch (IOException unknown) {
            e.addSuppressed(unknown);
            return e;
        }
        return new StoreException(
                Kind.FENCED,
                "manifest.fenced",
                storage.uri() + ": epoch " + number
                        + " was deposed: a newer owner has taken the store, this one can commit nothing more",
                e);
    }

    private List<Long> deposeOthers() throws IOException {
        List<Long> deposed = new ArrayList<>();
        for (String name : storage.list("")) {
            FileNames.Parsed parsed = FileNames.parse(name);
            if (parsed.type() == FileNames.Type.DEPOSED) {
                deposed.add(parsed.number());
            } else if (parsed.type() == FileNames.Type.OWNER && parsed.number() > number) {
                throw fencedOr(new StoreException(
                        Kind.FENCED,
                        "manifest.fenced",
                        storage.uri() + ": epoch " + parsed.number() + " took the store while epoch " + number
                                + " was about to; open it again if that one is gone"));
            } else if (parsed.type() == FileNames.Type.OWNER && parsed.number() < number) {
                storage.deleteRecursively(FileNames.deposed(parsed.number()));
                storage.rename(name, FileNames.deposed(parsed.number()));
                deposed.add(parsed.number());
            }
        }
        return deposed;
    }
}
