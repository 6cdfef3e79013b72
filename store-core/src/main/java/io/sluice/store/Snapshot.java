// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.engine.Database;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A store as it stood when {@link Store#snapshot} was called, for reads by {@link ReadOptions}. While it is open, flushes
 * and compactions keep what it sees, so close it soon. Safe for concurrent use; used only with its own store.
 */
public final class Snapshot implements AutoCloseable {
    private final Database database;
    private final long sequenceNumber;
    private final AtomicBoolean closed = new AtomicBoolean();

    Snapshot(Database database, long sequenceNumber) {
        this.database = database;
        this.sequenceNumber = sequenceNumber;
    }

    /** All writes up to this sequence number are seen, and none above. */
    public long sequenceNumber() {
        return sequenceNumber;
    }

    /** Lets go of what only this snapshot sees. Iterators opened with it stay as they are. Closing again does nothing. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            database.releaseSnapshot(sequenceNumber);
        }
    }

    /** The number to read at; throws {@link IllegalStateException} where it is closed or another store's. */
    long checkedSequence(Database reader) {
        if (closed.get() || reader != database) {
            throw new IllegalStateException(
                    closed.get() ? "the snapshot is closed" : "the snapshot belongs to another store");
        }
        return sequenceNumber;
    }
}
