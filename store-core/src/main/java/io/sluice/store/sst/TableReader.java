// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.storage.ReadableFile;
import java.io.IOException;
import org.agrona.DirectBuffer;

/** Reads one table. Safe for concurrent use; its iterators are not. Owns the file. */
public final class TableReader implements AutoCloseable {
    private final ReadableFile file;

    private TableReader(ReadableFile file) {
        this.file = file;
    }

    /** Takes entries of one user key, newest first. */
    @FunctionalInterface
    public interface EntryVisitor {
        /**
         * Looks at an entry; the views are valid during the call.
         *
         * @return whether the next older entry of the key is wanted too
         */
        boolean visit(DirectBuffer internalKey, DirectBuffer value);
    }

    /**
     * Opens a table and reads its footer, properties, index and filter. Owns {@code file} from then on; closes it where
     * this fails.
     */
    public static TableReader open(ReadableFile file, KeyComparator comparator) throws IOException {
        new TableReader(file).close();
        throw new UnsupportedOperationException(comparator.name());
    }

    /** As they stand in the file. */
    public TableProperties properties() {
        String what = file.name();
        throw new UnsupportedOperationException(what);
    }

    /**
     * Visits the entries of the search key's user key from the first at or after the search key on, that is, the newest
     * visible at its sequence number, until the visitor has enough.
     *
     * @param internalSearchKey a user key and the trailer of a sequence number and {@code ValueType.FOR_SEEK}
     * @return whether an entry was visited
     */
    public boolean get(DirectBuffer internalSearchKey, EntryVisitor visitor) throws IOException {
        String what = file.name();
        throw new UnsupportedOperationException(what);
    }

    /** False where the filter says that the table has no entry of this user key. */
    public boolean mayContain(DirectBuffer userKey) {
        String what = file.name();
        throw new UnsupportedOperationException(what);
    }

    /** An iterator over all entries, which must be closed before this reader is. */
    public InternalIterator iterator() {
        String what = file.name();
        throw new UnsupportedOperationException(what);
    }

    /** Reads every block and checks its checksum. */
    public void verifyChecksums() throws IOException {
        String what = file.name();
        throw new UnsupportedOperationException(what);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
