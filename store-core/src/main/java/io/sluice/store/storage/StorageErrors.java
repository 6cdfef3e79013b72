// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;

/** Names for what storage reports, the same whichever implementation it is. */
public final class StorageErrors {
    /** The code of a rename that can't be: source and target are on different devices, and only a copy gets there. */
    public static final String CROSS_DEVICE = "storage.cross-device";

    private StorageErrors() {}

    /**
     * The store's error for an exception.
     *
     * @param action what was tried, such as {@code create}
     * @param file where, as its user knows it
     */
    public static StoreException translate(String action, String file, IOException e) {
        if (e instanceof StoreException s) {
            return s;
        }
        if (e instanceof NoSuchFileException || e instanceof FileNotFoundException) {
            return notFound(action, file, e);
        }
        if (e instanceof FileAlreadyExistsException || e instanceof DirectoryNotEmptyException) {
            return exists(action, file, e);
        }
        if (e instanceof NotDirectoryException) {
            return new StoreException(
                    Kind.NOT_FOUND,
                    "storage.not-a-directory",
                    "cannot " + action + " " + file + ": not a directory",
                    e);
        }
        if (e instanceof AccessDeniedException) {
            return new StoreException(
                    Kind.IO,
                    "storage.access-denied",
                    "cannot " + action + " " + file + ": permission denied; check its owner and mode",
                    e);
        }
        if (isNoSpace(e)) {
            return noSpace(action, file, e);
        }
        if (isCrossDevice(e)) {
            return crossDevice(action, file, e);
        }
        return new StoreException(Kind.IO, "storage.io", "cannot " + action + " " + file + ": " + reason(e), e);
    }

    /** A {@code NOT_FOUND} error. */
    public static StoreException notFound(String action, String file, IOException cause) {
        return new StoreException(
                Kind.NOT_FOUND,
                "storage.not-found",
                "cannot " + action + " " + file + ": no such file, or its directory is missing",
                cause);
    }

    /** An error for a target that is there already. */
    public static StoreException exists(String action, String file, IOException cause) {
        return new StoreException(
                Kind.INVALID_ARGUMENT,
                "storage.exists",
                "cannot " + action + " " + file + ": it exists already",
                cause);
    }

    /** A {@code NO_SPACE} error. */
    public static StoreException noSpace(String action, String file, IOException cause) {
        return new StoreException(
                Kind.NO_SPACE,
                "storage.no-space",
                "cannot " + action + " " + file + ": no space is left, or a quota is used up; free some: "
                        + reason(cause),
                cause);
    }

    /** Error for a file or storage used after its close. */
    public static StoreException closed(String file) {
        return new StoreException(Kind.CLOSED, "storage.closed", file + " is closed");
    }

    /** The error for a file that ends before what was to be read. */
    public static StoreException shortRead(String file, long position, long expected, long fileLength) {
        return StoreException.corruption(
                "storage.short-read",
                file + ": at offset " + position + " expected " + expected + " bytes, found "
                        + Math.max(0, Math.min(expected, fileLength - position)) + ": the file ends at " + fileLength);
    }

    static StoreException crossDevice(String action, String file, IOException cause) {
        return new StoreException(
                Kind.NOT_SUPPORTED,
                CROSS_DEVICE,
                "cannot " + action + " " + file + ": it is on another device, mount or encryption zone",
                cause);
    }

    /** HDFS has no class for it. */
    private static boolean isCrossDevice(IOException e) {
        String text = reason(e).toLowerCase(Locale.ROOT);
        return e instanceof AtomicMoveNotSupportedException
                || text.contains("renames across")
                || (text.contains("can't be moved") && text.contains("encryption zone"));
    }

    private static boolean isNoSpace(IOException e) {
        String text = reason(e).toLowerCase(Locale.ROOT);
        return text.contains("no space left") || text.contains("quota exceeded") || text.contains("file too large");
    }

    private static String reason(IOException e) {
        if (e instanceof FileSystemException f && f.getReason() != null) {
            return f.getReason();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
