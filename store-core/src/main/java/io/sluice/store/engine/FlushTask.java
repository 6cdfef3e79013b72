// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.memtable.Memtable;
import io.sluice.store.memtable.SealedMemtable;
import java.util.List;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * A flush from its start to its install, over all its attempts. It holds a reference to each of its memtables until {@link
 * #release()}. Its fields but {@code running} belong to the scheduler's thread, or to the installer's while that has it.
 */
final class FlushTask {
    final ColumnFamily columnFamily;
    /** At least one, oldest first. */
    final List<SealedBuffer> buffers;

    long fileNumber;
    long epochNumber;
    long startNanos;
    int failures;
    /** Why the run before failed; null at first, and after a resume. */
    @Nullable
    StoreException lastFailure;

    /** Whether an attempt has come so far that {@code fileNumber} may be on storage. */
    boolean fileNumberUsed;

    /** The next attempt, while it waits for its time. */
    @Nullable
    Future<?> retry;

    volatile FlushExecutor.@Nullable Running running;

    FlushTask(ColumnFamily columnFamily, List<SealedBuffer> buffers) {
        this.columnFamily = columnFamily;
        this.buffers = List.copyOf(buffers);
        this.buffers.forEach(buffer -> buffer.memtable().retain());
    }

    List<SealedMemtable> memtables() {
        return buffers.stream().map(SealedBuffer::sealed).toList();
    }

    long newestMemtable() {
        return buffers.get(buffers.size() - 1).memtable().id();
    }

    boolean has(Memtable memtable) {
        return buffers.stream().anyMatch(buffer -> buffer.memtable() == memtable);
    }

    /** The last log that has entries of it, or 0. */
    long lastLog() {
        return buffers.stream()
                .mapToLong(buffer -> buffer.memtable().lastLog())
                .max()
                .orElse(0);
    }

    /** Tells the executor that writes are short of this flush. */
    void urge() {
        FlushExecutor.Running attempt = running;
        if (attempt != null) {
            attempt.urge();
        }
    }

    void release() {
        buffers.forEach(buffer -> buffer.memtable().release());
    }
}
