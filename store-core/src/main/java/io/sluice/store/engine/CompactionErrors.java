// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Why a compaction did not come to its end. */
final class CompactionErrors {
    private CompactionErrors() {}

    /** Nobody does it any more. */
    static StoreException ended(ColumnFamily family, boolean storeClosed) {
        return storeClosed
                ? closed()
                : new StoreException(
                        Kind.NOT_FOUND,
                        "compaction.ended",
                        "the compaction of column family \"" + family.name()
                                + "\" was given up: it was canceled, or the column family dropped");
    }

    static StoreException closed() {
        return new StoreException(Kind.CLOSED, "store.closed", "the store is closed: open it again");
    }

    /**
     * Whether an executor's error tells of inputs or options that no repetition mends. What a storage refuses it may take
     * another time.
     */
    static boolean isHopeless(StoreException error) {
        boolean isOfJob = error.kind() == Kind.CORRUPTION || error.kind() == Kind.INVALID_ARGUMENT;
        return isOfJob && !error.code().startsWith("storage.");
    }

    /** What an attempt threw. */
    static StoreException of(CompactionTask task, @Nullable Throwable error) {
        Throwable cause = error instanceof CompletionException c && c.getCause() != null ? c.getCause() : error;
        return cause instanceof StoreException s
                ? s
                : new StoreException(
                        cause instanceof IOException ? Kind.IO : Kind.REMOTE,
                        "compaction.failed",
                        "compaction " + task.id + " failed: " + cause,
                        cause);
    }
}
