// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import org.agrona.DirectBuffer;

/** Writes one table. Used by one thread. Its opener closes it, and the file afterwards. */
public final class TableWriter implements AutoCloseable {
    private final WritableFile file;
    private final TableOptions options;
    private final TableIdentity identity;

    /** Starts a table at the beginning of an empty file, which stays the caller's. */
    public TableWriter(WritableFile file, TableOptions options, TableIdentity identity) {
        this.file = file;
        this.options = options;
        this.identity = identity;
    }

    /** Adds an entry, whose internal key must be above the one before. Neither buffer is kept. */
    public void add(DirectBuffer internalKey, DirectBuffer value) throws IOException {
        long what = file.position();
        throw new UnsupportedOperationException("" + what + options + identity);
    }

    /** Entries added. */
    public long entryCount() {
        return 0;
    }

    /** Bytes written to the file so far; what is in the block under way comes on top. */
    public long fileSize() {
        return 0;
    }

    /** Writes what is left. Neither syncs nor closes the file. Requires at least one entry. */
    public TableSummary finish() throws IOException {
        long what = file.position();
        throw new UnsupportedOperationException("" + what);
    }

    /** Frees what the writer holds, whether finished or not. */
    @Override
    public void close() {}
}
