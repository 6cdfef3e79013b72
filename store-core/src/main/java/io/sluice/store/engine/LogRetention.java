// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.manifest.VersionEdit;
import io.sluice.store.manifest.VersionSet;
import io.sluice.store.memtable.Memtable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

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
     * Completes the edit of a flush with what it means for the logs. Where there are several column families, the logs up to
     * those of the flush are made durable first: else a crash could keep its tables and lose writes of others before it.
     */
    void complete(VersionEdit edit, FlushTask task) throws IOException {
        long last = task.lastLog();
        if (last != 0) {
            if (families.all().size() > 1) {
                log.settleUpTo(last);
            }
            edit.logNumber(last + 1);
        }
        edit.minLogNumberToKeep(oldestNeeded(task));
    }

    /** Deletes what the manifest says is not needed. */
    void deleteUnneeded() {
        log.deleteBelow(versions.oldestLogNeeded());
    }

    /** Says in the manifest what is needed now, where no flush will: after a drop, and before logging begins again. */
    void advance() throws IOException {
        long needed = oldestNeeded(null);
        if (needed > versions.oldestLogNeeded()) {
            versions.logAndApply(new VersionEdit().minLogNumberToKeep(needed));
        }
        deleteUnneeded();
    }

    /** The oldest log with entries that are in no table once {@code flushed}, if any, is installed. */
    private long oldestNeeded(@Nullable FlushTask flushed) {
        long oldest = log.numberBound(); // before the memtables are looked at: see WriteLog
        for (ColumnFamily family : families.all()) {
            for (Memtable memtable : family.unflushed()) {
                long first = memtable.firstLog();
                if (first != 0 && first < oldest && (flushed == null || !flushed.has(memtable))) {
                    oldest = first;
                }
            }
        }
        return oldest;
    }
}
