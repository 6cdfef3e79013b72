// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;

/**
 * The port for files: one directory tree, and names relative to its root. A name is one or more parts joined by {@code
 * /}; no part is empty, {@code .} or {@code ..}; anything else is refused with {@code storage.bad-name}. Errors are
 * {@link io.sluice.store.base.StoreException}s that name the file: {@code NOT_FOUND}, {@code NO_SPACE}, {@code IO}.
 * Implementations are safe for concurrent use; a file is not.
 *
 * <p>What is on storage after a crash: contents up to the last {@link WritableFile#sync()} of a file, and directory
 * entries up to the last {@link #syncDirectory}. An implementation may keep more, never less.
 */
public interface Storage extends AutoCloseable {
    /** Where this is, as a URI that opens the same tree in another process: {@code file:///…}, {@code hdfs://…}. */
    String uri();

    /**
     * Creates a file that must not exist, in a directory that must: parents are never made here, since an owner whose
     * directory was renamed away must fail.
     *
     * @throws io.sluice.store.base.StoreException {@code INVALID_ARGUMENT} {@code storage.exists}; {@code NOT_FOUND}
     *     where the parent is missing
     */
    WritableFile create(String name) throws IOException;

    /** Opens a file for reading. */
    ReadableFile open(String name) throws IOException;

    /** Whether there is a file or directory of that name. */
    boolean exists(String name) throws IOException;

    /** A file's length in bytes. */
    long length(String name) throws IOException;

    /**
     * The names directly in a directory, in no order.
     *
     * @param directory a name, or the empty string for the root
     */
    List<String> list(String directory) throws IOException;

    /** Creates one directory, whose parent must exist, atomically: false where it exists already. */
    boolean createDirectory(String name) throws IOException;

    /** Creates the root where it is missing, with its parents. */
    void createRoot() throws IOException;

    /**
     * Renames a file or directory; fails where the target exists ({@code storage.exists}) or its parent does not. A file
     * may be renamed while its writer appends to it.
     */
    void rename(String from, String to) throws IOException;

    /** Renames a file over another, atomically, as for CURRENT. */
    void replace(String from, String to) throws IOException;

    /** Deletes a file; false where there is none. */
    boolean delete(String name) throws IOException;

    /** Deletes a directory and all in it; false where there is none. */
    boolean deleteRecursively(String name) throws IOException;

    /**
     * Makes the entries of a directory durable: creations, renames and deletions in it. After a rename between two
     * directories sync the target's first, or a crash may lose the file.
     *
     * @param directory a name, or the empty string for the root
     */
    void syncDirectory(String directory) throws IOException;

    /**
     * Takes a file from a writer that is gone or deposed: when this returns, nobody who had it open can append to it any
     * more, and its length is final. Where a store has one process at a time by its lock file, there is nothing to do.
     *
     * @throws io.sluice.store.base.StoreException {@code TIMED_OUT} where the storage has not got it back in time
     */
    void seal(String name) throws IOException;

    /**
     * Takes the file as this process's lock, creating it where it is missing.
     *
     * @throws io.sluice.store.base.StoreException {@code LOCKED}, naming the holder where known
     */
    FileLock lock(String name) throws IOException;

    /**
     * The CRC32C of a whole file (unmasked, as an unsigned 32-bit number) where the storage can tell it without sending
     * the file, as HDFS can; empty elsewhere.
     */
    OptionalLong crc32c(String name) throws IOException;

    /** Bytes that can still be written, where the storage can tell. */
    OptionalLong usableSpace() throws IOException;

    @Override
    void close() throws IOException;

    /** A lock on a store, held until closed. */
    interface FileLock extends AutoCloseable {
        @Override
        void close() throws IOException;
    }
}
