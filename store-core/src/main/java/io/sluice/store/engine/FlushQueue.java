// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.memtable.Memtable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sealed memtables of a column family, and the one flush task that is under way. Holds a reference to each memtable.
 * Not safe for concurrent use: the column family's lock guards it.
 *
 * <p>Invariant: the task has the oldest memtables, so that files are installed in order.
 */
final class FlushQueue {
    private final Deque<SealedBuffer> sealed = new ArrayDeque<>();
    /** Memtables up to this id are to be flushed, however few they are. */
    private long wantedUpTo;

    private @Nullable FlushTask task;

    /** Takes over the caller's reference. */
    void add(SealedBuffer newest) {
        sealed.addLast(newest);
    }

    int size() {
        return sealed.size();
    }

    /** Whether a memtable with this id or a lower one is left. */
    boolean has(long upToId) {
        SealedBuffer oldest = sealed.peekFirst();
        return oldest != null && oldest.memtable().id() <= upToId;
    }

    /** Wants all that is here flushed; the id of the newest, 0 where there is none. */
    long want() {
        SealedBuffer newest = sealed.peekLast();
        if (newest == null) {
            return 0;
        }
        wantedUpTo = newest.memtable().id();
        return wantedUpTo;
    }

    /** A task for all that is here, where none is under way, and it is wanted or {@code enough}. */
    @Nullable
    FlushTask begin(ColumnFamily owner, int enough) {
        if (sealed.isEmpty() || task != null || (!has(wantedUpTo) && sealed.size() < enough)) {
            return null;
        }
        task = new FlushTask(owner, List.copyOf(sealed));
        return task;
    }

    /** The task under way. */
    @Nullable
    FlushTask task() {
        return task;
    }

    /** Gives a task up: its memtables stay. */
    void abandon(FlushTask given) {
        task = task == given ? null : task;
    }

    /** The task is done: what it had is no longer waited for. Its memtables are the caller's to release. */
    void finish(FlushTask done) {
        if (task != done) {
            throw new IllegalStateException("a flush of column family " + done.columnFamily.name() + " ended twice");
        }
        task = null;
        for (SealedBuffer buffer : done.buffers) {
            if (!buffer.equals(sealed.peekFirst())) {
                throw new IllegalStateException("flushed memtables are not the oldest");
            }
            sealed.removeFirst();
        }
    }

    List<Memtable> newestFirst() {
        List<Memtable> memtables = new ArrayList<>(sealed.size());
        for (Iterator<SealedBuffer> i = sealed.descendingIterator(); i.hasNext(); ) {
            memtables.add(i.next().memtable());
        }
        return memtables;
    }

    /** Lets go of all memtables. The task keeps its own references, and may still be finished or abandoned. */
    void clear() {
        sealed.forEach(buffer -> buffer.memtable().release());
        sealed.clear();
    }
}
