// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.memtable.Memtable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Flushes that were ready while the write-ahead log had failed. What such a log holds can't be made durable, and recovery
 * ends in it: a table with entries of it must not come into the store sooner than any other entry of it. So they are held
 * until they have, between them, every logged entry that is in no table, and are installed by one edit then. A crash before
 * that leaves the logs to go by, a crash after it needs no log.
 *
 * <p>Invariant: a flush that is held has all logged memtables of its column family. That stays so, for a failed log takes no
 * writes; see {@link WriteLog}. On the installer's thread only.
 */
final class HeldFlushes {
    private final ColumnFamilies families;
    private final List<PreparedFlush> held = new ArrayList<>();

    HeldFlushes(ColumnFamilies families) {
        this.families = families;
    }

    /** Whether it has all logged memtables of its column family, so that it may be held. */
    static boolean isWhole(FlushTask task) {
        return hasAllLogged(task.columnFamily, task::has);
    }

    void add(PreparedFlush flush) {
        held.add(flush);
    }

    /** Takes all, where they have every logged memtable of the store; else none. */
    List<PreparedFlush> takeIfWhole() {
        for (ColumnFamily family : families.all()) {
            if (!hasAllLogged(
                    family,
                    memtable -> held.stream().anyMatch(flush -> flush.task().has(memtable)))) {
                return List.of();
            }
        }
        List<PreparedFlush> taken = List.copyOf(held);
        held.clear();
        return taken;
    }

    private static boolean hasAllLogged(ColumnFamily family, Predicate<Memtable> flushed) {
        return family.unflushed().stream().allMatch(memtable -> memtable.firstLog() == 0 || flushed.test(memtable));
    }
}
