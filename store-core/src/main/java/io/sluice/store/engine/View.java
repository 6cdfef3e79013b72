// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.iterator.RangeTombstones;
import io.sluice.store.manifest.Version;
import io.sluice.store.memtable.Memtable;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * All that a read of one column family looks at: the memtable that is written to, the sealed ones, and the files.
 * Immutable but for its count of holders; whoever holds it keeps memtables from release and files from deletion.
 */
final class View {
    private final Memtable active;
    private final List<Memtable> sealed;
    private final Version version;
    private final Runnable onUnused;
    private final AtomicInteger references = new AtomicInteger(1);
    private volatile @Nullable List<RangeTombstones> tableTombstones;

    /**
     * A view with one reference, the caller's. Takes references of its own to all that it shows.
     *
     * @param sealed newest first
     * @param onUnused run once, when the last reference is gone
     */
    View(Memtable active, List<Memtable> sealed, Version version, Runnable onUnused) {
        this.active = active;
        this.sealed = List.copyOf(sealed);
        this.version = version;
        this.onUnused = onUnused;
        active.retain();
        this.sealed.forEach(Memtable::retain);
        if (!version.tryRetain()) {
            throw new IllegalStateException("the column family's version is gone");
        }
    }

    Memtable active() {
        return active;
    }

    /** Newest first. */
    List<Memtable> sealed() {
        return sealed;
    }

    Version version() {
        return version;
    }

    /** The range deletions of its tables, or null as long as nobody has asked for them. */
    @Nullable
    List<RangeTombstones> tableTombstones() {
        return tableTombstones;
    }

    /** Keeps the range deletions of its tables for those who ask next. */
    void tableTombstones(List<RangeTombstones> found) {
        tableTombstones = List.copyOf(found);
    }

    /** Keeps what a view of the same version has found, if it has. */
    void takeTableTombstones(View old) {
        tableTombstones = old.tableTombstones;
    }

    /** Takes a reference: false where the last one is gone, so that there is a newer view to be asked for. */
    boolean tryRetain() {
        int seen = references.get();
        while (seen > 0) {
            if (references.compareAndSet(seen, seen + 1)) {
                return true;
            }
            seen = references.get();
        }
        return false;
    }

    void release() {
        int left = references.decrementAndGet();
        if (left < 0) {
            throw new IllegalStateException("the view was released more often than retained");
        }
        if (left == 0) {
            active.release();
            sealed.forEach(Memtable::release);
            version.release();
            onUnused.run();
        }
    }
}
