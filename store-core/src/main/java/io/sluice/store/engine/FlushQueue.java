// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.memtable.Memtable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The sealed memtables of a column family, and the one flush task that is under way. Holds a reference to each memtable.
 * Safe for concurrent use, by the column family's lock: whoever holds that sees this and the view agree.
 *
 * <p>Invariant: the task has the oldest memtables, so that files are installed in order.
 */
final class FlushQueue {
    private final ReentrantLock lock;
    private final ChangeWait changes;

    @GuardedBy("lock")
    private final Deque<SealedBuffer> sealed = new ArrayDeque<>();

    /** Memtables up to this id are to be flushed, however few they are. */
    @GuardedBy("lock")
    private long wantedUpTo;

    @GuardedBy("lock")
    private @Nullable FlushTask task;

    @GuardedBy("lock")
    private boolean closed;

    /** Empty; {@code changes} is whom to tell where a task is given up. */
    FlushQueue(ReentrantLock lock, ChangeWait changes) {
        this.lock = lock;
        this.changes = changes;
    }

    /** Takes over the caller's reference. */
    void add(SealedBuffer newest) {
        lock.lock();
        try {
            sealed.addLast(newest);
        } finally {
            lock.unlock();
        }
    }

    /** Memtables that wait for their flush. */
    int size() {
        lock.lock();
        try {
            return sealed.size();
        } finally {
            lock.unlock();
        }
    }

    /** Whether a memtable with this id or a lower one is left, and may still be flushed. */
    boolean has(long upToId) {
        lock.lock();
        try {
            SealedBuffer oldest = sealed.peekFirst();
            return !closed && oldest != null && oldest.memtable().id() <= upToId;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Wants all that is here flushed.
     *
     * @return the id of the newest memtable, 0 where there is none
     */
    long want() {
        lock.lock();
        try {
            SealedBuffer newest = sealed.peekLast();
            if (newest == null) {
                return 0;
            }
            wantedUpTo = newest.memtable().id();
            return wantedUpTo;
        } finally {
            lock.unlock();
        }
    }

    /** A task for all that is here, where none is under way, and it is wanted or {@code enough}. */
    @Nullable
    FlushTask begin(ColumnFamily owner, int enough) {
        lock.lock();
        try {
            if (closed || sealed.isEmpty() || task != null || (!has(wantedUpTo) && sealed.size() < enough)) {
                return null;
            }
            task = new FlushTask(owner, List.copyOf(sealed));
            return task;
        } finally {
            lock.unlock();
        }
    }

    boolean isFlushing() {
        lock.lock();
        try {
            return task != null;
        } finally {
            lock.unlock();
        }
    }

    /** Tells the flush under way that writes wait for it. */
    void urge() {
        urge(0);
    }

    /** As {@link #urge()}, where at least so many memtables are sealed. */
    void urge(int ifSealed) {
        FlushTask oldest;
        lock.lock();
        try {
            oldest = sealed.size() >= ifSealed ? task : null;
        } finally {
            lock.unlock();
        }
        if (oldest != null) {
            oldest.urge();
        }
    }

    /** Gives a task up: its memtables stay. */
    void abandon(FlushTask given) {
        lock.lock();
        try {
            task = task == given ? null : task;
            changes.tell();
        } finally {
            lock.unlock();
        }
    }

    /** The task is done: what it had is no longer waited for. Its memtables are the caller's to release. */
    void finish(FlushTask done) {
        lock.lock();
        try {
            if (task != done) {
                throw new IllegalStateException(
                        "a flush of column family " + done.columnFamily.name() + " ended twice");
            }
            task = null;
            for (SealedBuffer buffer : done.buffers) {
                if (!buffer.equals(sealed.peekFirst())) {
                    throw new IllegalStateException("flushed memtables are not the oldest");
                }
                sealed.removeFirst();
            }
        } finally {
            lock.unlock();
        }
    }

    List<Memtable> newestFirst() {
        lock.lock();
        try {
            List<Memtable> memtables = new ArrayList<>(sealed.size());
            for (Iterator<SealedBuffer> i = sealed.descendingIterator(); i.hasNext(); ) {
                memtables.add(i.next().memtable());
            }
            return memtables;
        } finally {
            lock.unlock();
        }
    }

    /** Begins no task from now on. */
    void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    /** Lets go of all memtables. The task keeps its own references, and may still be finished or abandoned. */
    void clear() {
        lock.lock();
        try {
            sealed.forEach(buffer -> buffer.memtable().release());
            sealed.clear();
        } finally {
            lock.unlock();
        }
    }
}
