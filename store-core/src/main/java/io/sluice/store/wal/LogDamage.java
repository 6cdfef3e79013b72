// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.wal;

import io.sluice.store.base.StoreException;
import java.io.IOException;

/**
 * Bytes of a log that are no record.
 *
 * @param offset where in the file
 * @param bytes how many are passed over, as far as known
 */
public record LogDamage(Kind kind, String file, long offset, long bytes, String problem) {
    /** What a crash can leave, and what it can't. */
    public enum Kind {
        /** The file ends inside a record: its writer died. */
        TORN_TAIL,
        /** Behind the last record stands one of the file's earlier use, as in every recycled log. */
        OLD_RECORD,
        /** Anything else: written bytes have changed. */
        CORRUPT
    }

    /** Decides on damage: throws to end the reading. */
    @FunctionalInterface
    public interface Handler {
        /** Called before the reader goes on: behind the damage where it is corrupt, else at the end. */
        void found(LogDamage damage) throws IOException;
    }

    /** An error that tells of it. */
    public StoreException toException() {
        return StoreException.corruption(
                "log.corrupt", file + " at offset " + offset + ": " + problem + "; restore the file from a copy");
    }
}
