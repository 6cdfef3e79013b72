// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.flush.FlushReason;
import io.sluice.store.manifest.Version;
import io.sluice.store.memtable.Memtable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A column family of an open store: its memtables, its present view, and who waits for them.
 *
 * <p>Invariants: (1) memtables hold disjoint sequence ranges that ascend with age, so that whoever finds a key in a newer
 * one need not look into an older: a switch closes the old one to writers, and shows the new one when those inside have
 * published and left: the last of them does it, so that nobody waits who need not. (2) {@code view} shows exactly the
 * active memtable, those in {@code flushes}, and the newest version.
 *
 * <p>Thread safety: all methods may be called by any thread. Reads and writes take no lock: they use {@code view}. The
 * lock guards what changes at a switch, an install or a stall; nobody waits for network or storage while holding it.
 */
public final class ColumnFamily {
    private static final Logger LOGGER = LoggerFactory.getLogger(ColumnFamily.class);

    private final int id;
    private final String name;
    private final KeyComparator comparator;
    private final ColumnFamilyHost host;
    private final TableReading tableReading;

    private final ReentrantLock lock = new ReentrantLock();
    private final ChangeWait changes = new ChangeWait(lock);
    private final FlushQueue flushes = new FlushQueue(lock, changes);
    private volatile View view;
    /** Completes when the successor of the active memtable, which takes no more writers, is shown; null where it takes them. */
    private volatile @Nullable CompletableFuture<Void> switching;

    private volatile ColumnFamilySettings settings;
    private final FamilyPressure pressure;
    private volatile int runningCompactions;
    private volatile boolean dropped;
    private final AtomicLong lastTimed = new AtomicLong();

    @GuardedBy("lock")
    private long nextMemtableId = 1;

    /** Whether the next memtable is sealed from its beginning. */
    @GuardedBy("lock")
    private boolean writesEnd;

    /** Written with the lock held. */
    private volatile boolean closed;

    /** A column family with an empty memtable. {@code version} is its files; the caller holds it meanwhile. */
    ColumnFamily(int id, String name, ColumnFamilySettings settings, Version version, ColumnFamilyHost host) {
        this.id = id;
        this.name = name;
        this.comparator = version.comparator();
        this.settings = settings;
        this.host = host;
        this.pressure = new FamilyPressure(version, settings.compaction());
        this.tableReading = host.tableReading(comparator, settings);
        host.holders().enter();
        this.view = new View(host.newMemtable(nextMemtableId++, comparator), List.of(), version, host::viewReleased);
    }

    /** Looks how much the files that it was opened with hold its writes back. To be called once, before any write. */
    void begin() {
        lock.lock();
        try {
            update();
        } finally {
            lock.unlock();
        }
    }

    /** RocksDB's numeric id. */
    public int id() {
        return id;
    }

    /** Its name. */
    public String name() {
        return name;
    }

    KeyComparator comparator() {
        return comparator;
    }

    TableReading tableReading() {
        return tableReading;
    }

    ColumnFamilySettings settings() {
        return settings;
    }

    /** Changes some by RocksDB's names; all or none. */
    void changeSettings(Map<String, String> changes) throws StoreException {
        lock.lock();
        try {
            settings = SettingChanges.apply(settings, changes);
            if (!closed) {
                pressure.filesChanged(view.version(), settings.compaction());
            }
            update();
        } finally {
            lock.unlock();
        }
    }

    /** Refuses a merge that no read could make a value of. */
    void checkMergeable() throws StoreException {
        if (settings.tableOptions().mergeOperator() == null) {
            throw StoreException.invalid(
                    "write.merge-operator",
                    "column family \"" + name + "\" was opened without merge_operator: nothing can be merged into it");
        }
    }

    boolean isDropped() {
        return dropped;
    }

    WritePressure pressure() {
        return pressure.present();
    }

    /** How far compaction is behind. */
    LevelDebt debt() {
        return pressure.debt();
    }

    int runningCompactions() {
        return runningCompactions;
    }

    void runningCompactions(int count) {
        runningCompactions = count;
    }

    /** The memtable that is written to. It may be sealed by the time that the caller looks at it. */
    Memtable active() {
        return view.active();
    }

    /** The memtables whose entries are in no table, at one moment. They are not retained. */
    List<Memtable> unflushed() {
        View seen = view;
        List<Memtable> memtables = new ArrayList<>(seen.sealed());
        memtables.add(seen.active());
        return memtables;
    }

    /** The present view, retained for the caller. */
    View acquireView() throws StoreException {
        for (; ; ) {
            View seen = view;
            if (seen.tryRetain()) {
                return seen;
            }
            if (seen == view) {
                throw gone();
            }
        }
    }

    /** Returns when a switch from {@code old}, that some thread has begun, is done. */
    void awaitSwitch(Memtable old) {
        if (view.active() == old) {
            await(switching);
        }
    }

    /** As {@link #beginSwitch}; returns when it is done. The caller is in no memtable. */
    void switchMemtable(Memtable full, FlushReason reason) {
        await(beginSwitch(full, reason));
    }

    /**
     * Seals {@code full} and shows an empty memtable in its place; nothing where that has happened, or it is empty. One whose
     * only writes failed is not: as long as it is there it holds on to their log, or to memory. Returns at once.
     *
     * @return completes when it is done
     */
    CompletableFuture<Void> beginSwitch(Memtable full, FlushReason reason) {
        return beginSwitch(full, reason, false);
    }

    private CompletableFuture<Void> beginSwitch(Memtable full, FlushReason reason, boolean evenIfEmpty) {
        CompletableFuture<Void> begun = new CompletableFuture<>();
        Memtable next;
        CompletableFuture<Void> left;
        lock.lock();
        try {
            if (closed || view.active() != full) {
                return CompletableFuture.completedFuture(null);
            }
            if (switching != null) {
                return switching;
            }
            if (!evenIfEmpty && full.memoryUsed() == 0 && full.lastLog() == 0) {
                return CompletableFuture.completedFuture(null);
            }
            next = host.newMemtable(nextMemtableId++, comparator);
            switching = begun; // before any writer finds the memtable closed
            left = full.beginSeal();
        } finally {
            lock.unlock();
        }
        var unused = left.thenRun(() -> finishSwitch(full, next, reason)).whenComplete((nothing, error) -> {
            if (error == null) {
                begun.complete(null);
            } else {
                LOGGER.error("the memtable of column family {} can't be switched", name, error);
                begun.completeExceptionally(error);
            }
        });
        return begun;
    }

    /** Once the last writer has left {@code full}. */
    private void finishSwitch(Memtable full, Memtable next, FlushReason reason) {
        lock.lock();
        try {
            if (closed) {
                next.release();
            } else {
                retire(full, next, reason);
            }
            switching = null;
        } finally {
            lock.unlock();
        }
    }

    private static void await(@Nullable CompletableFuture<Void> running) {
        if (running != null) {
            var unused = running.join();
        }
    }

    /** True once for each memtable, to whoever is to start its timer. */
    boolean beginTimer(Memtable memtable) {
        long last = lastTimed.get();
        return memtable.id() > last && lastTimed.compareAndSet(last, memtable.id());
    }

    /**
     * Lets no writer in any more; what is in the memtable waits for its flush.
     *
     * @return completes when those inside have left
     */
    CompletableFuture<Void> endWrites() {
        Memtable last;
        lock.lock();
        try {
            writesEnd = true;
            last = view.active();
        } finally {
            lock.unlock();
        }
        return beginSwitch(last, FlushReason.SHUT_DOWN, true);
    }

    /** The sealed memtables. */
    FlushQueue flushes() {
        return flushes;
    }

    /** A task for all that is sealed, where that is enough and no task is under way. */
    @Nullable
    FlushTask beginTask() {
        return flushes.begin(this, settings.minWriteBufferNumberToMerge());
    }

    /** Tells the flush under way that writes are about to stop, where they are. */
    void urgeIfShort() {
        flushes.urge(settings.maxWriteBufferNumber() - 1);
    }

    /** Shows {@code version}, which holds what the task's memtables held, and lets go of those. */
    void finishTask(FlushTask done, Version version) {
        lock.lock();
        try {
            if (closed) {
                flushes.abandon(done);
                return;
            }
            flushes.finish(done);
            show(view.active(), version);
            done.buffers.forEach(buffer -> buffer.memtable().release());
            update();
        } finally {
            lock.unlock();
        }
    }

    /** Shows {@code version}, in which a compaction changed the files. */
    void showFiles(Version version) {
        lock.lock();
        try {
            if (!closed) {
                show(view.active(), version);
                update();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits while writes are stopped, at most {@code nanos}.
     *
     * @return whether they are stopped no more
     */
    boolean awaitRoom(long nanos) throws StoreException {
        return changes.awaitWhile(() -> pressure.present().isStopped(), nanos, host::checkWritable);
    }

    /** Waits while writes are delayed, at most {@code nanos}. */
    void awaitDelay(long nanos) throws StoreException {
        boolean unused = changes.awaitWhile(() -> pressure.present().isDelayed(), nanos, host::checkWritable);
    }

    /**
     * Waits until no memtable up to {@code memtableId} is left to be flushed.
     *
     * @param nanos at most so long
     * @param check ends the wait early by throwing
     * @return whether none is left
     */
    boolean awaitFlushed(long memtableId, long nanos, ChangeWait.Check check) throws StoreException {
        if (!changes.awaitWhile(() -> flushes.has(memtableId), nanos, check)) {
            return false;
        }
        if (closed && !dropped) {
            check.run(); // not flushed, perhaps
        }
        return true;
    }

    /** Makes all who wait look again. */
    void wake() {
        changes.tell();
    }

    /** Refuses reads and writes from now on. */
    void drop() {
        dropped = true;
        close();
    }

    /**
     * Lets go of view and memtables; iterators and a flush under way have references of their own. Returns at once: where
     * writers are inside, in a log that hangs perhaps, the last to leave lets go.
     */
    void close() {
        Memtable last;
        CompletableFuture<Void> unfinished;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            flushes.close();
            last = view.active();
            unfinished = switching;
            update();
        } finally {
            lock.unlock();
        }
        if (unfinished != null) {
            unfinished.complete(null); // who waits for the switch finds out why it does not come
        }
        var unused = last.beginSeal().thenRun(() -> letGo(last));
    }

    private void letGo(Memtable last) {
        lock.lock();
        try {
            last.release();
            flushes.clear();
            view.release();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void retire(Memtable full, Memtable next, FlushReason reason) {
        host.sealed(full);
        boolean isEmpty = full.entryCount() == 0; // not of the layout, whose checksums take a while
        if (!isEmpty) {
            flushes.add(new SealedBuffer(full, full.seal(), reason));
        }
        if (writesEnd) {
            next.seal();
        }
        show(next, view.version());
        if (isEmpty) {
            full.release();
        }
        update();
    }

    @GuardedBy("lock")
    private void show(Memtable active, Version version) {
        View old = view;
        host.holders().enter();
        view = new View(active, flushes.newestFirst(), version, host::viewReleased);
        if (version == old.version()) {
            view.takeTableTombstones(old);
        } else {
            pressure.filesChanged(version, settings.compaction());
        }
        old.release();
    }

    @GuardedBy("lock")
    private void update() {
        WritePressure before = pressure.present();
        WriteController.Debt debt = pressure.update(closed, flushes.size(), settings);
        changes.tell();
        host.pressureUpdated(this, before, pressure.present(), debt);
    }

    private StoreException gone() {
        return dropped
                ? new StoreException(
                        Kind.NOT_FOUND, "store.column-family.dropped", "column family \"" + name + "\" was dropped")
                : new StoreException(Kind.CLOSED, "store.closed", "the store is closed: open it again");
    }
}
