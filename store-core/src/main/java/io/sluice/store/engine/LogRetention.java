// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.manifest.VersionEdit;
import io.sluice.store.manifest.VersionSet;
import io.sluice.store.memtable.Memtable;
import java.io.IOException;
import java.util.List;
import java.util.Objects;

/**
 * Says which logs are needed, in the manifest, and deletes those that are not: never before the edit that says so is
 * durable. On the installer's thread only.
 */
final class LogRetention {
    private final ColumnFamilies families;
    private final WriteLog log;
    private final VersionSet versions;

    LogRetention(ColumnFamilies families, WriteLog log, VersionSet versions) {
        this.families = families;
        this.log = log;
        this.versions = versions;
    }

    /**
     * Makes the logs up to those of a flush durable, where there are several column families: else a crash could keep its
     * tables and lose writes of others before it.
     *
     * @return false where a log has failed: then only all that is in no table may be installed, and at once
     */
    boolean settle(FlushTask task) throws IOException {
        if (log.failure() != null) {
            return false;
        }
        long last = task.lastLog();
        return last == 0 || families.all().size() == 1 || log.settleUpTo(last);
    }

    /** Why {@link #settle} said no. */
    StoreException failure() {
        return Objects.requireNonNull(log.failure(), "a log that fails is replaced on this thread only");
    }

    /** Completes the edit of a flush, one of those that are installed together, with what it means for the logs. */
    void complete(VersionEdit edit, FlushTask task, List<FlushTask> together) {
        long last = task.lastLog();
        if (last != 0) {
            edit.logNumber(last + 1);
        }
        edit.minLogNumberToKeep(oldestNeeded(together));
    }

    /** Deletes what the manifest says is not needed. */
    void deleteUnneeded() {
        log.deleteBelow(versions.oldestLogNeeded());
    }

    /** Goes on with a new log after a failure, once all that was logged is in tables. */
    void restart() throws IOException {
        advance();
        log.restart(versions.oldestLogNeeded());
    }

    /** Says in the manifest what is needed now, where no flush will: after a drop, and before logging begins again. */
    void advance() throws IOException {
        long needed = oldestNeeded(List.of());
        if (needed > versions.oldestLogNeeded()) {
            versions.logAndApply(new VersionEdit().minLogNumberToKeep(needed));
        }
        deleteUnneeded();
    }

    /** The oldest log with entries that are in no table once {@code flushed} are installed. */
    private long oldestNeeded(List<FlushTask> flushed) {
        long oldest = log.numberBound(); // before the memtables are looked at: see WriteLog
        for (ColumnFamily family : families.all()) {
            for (Memtable memtable : family.unflushed()) {
                long first = memtable.firstLog();
                if (first != 0 && first < oldest && flushed.stream().noneMatch(task -> task.has(memtable))) {
                    oldest = first;
                }
            }
        }
        return oldest;
    }
}
