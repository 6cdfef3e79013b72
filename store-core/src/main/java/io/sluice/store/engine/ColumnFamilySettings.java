// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.compaction.CompactionSettings;
import io.sluice.store.memtable.Memtable;
import io.sluice.store.sst.TableOptions;
import org.jspecify.annotations.Nullable;

/**
 * The options of a column family that is open. A value; see {@code io.sluice.store.ColumnFamilyOptions} for each.
 *
 * @param writeBufferSize bytes
 * @param maxWriteBufferNumber sealed memtables at which writes stop
 * @param minWriteBufferNumberToMerge sealed memtables that a flush waits for
 * @param memtableMaxEntries entries at which a memtable is flushed, or 0
 * @param memtableMaxAgeNanos how long after its first write a memtable is flushed, ns, or 0
 * @param paranoidFileChecks whether each new SST is read back
 * @param remoteFlush whether flushes may go to the remote executor
 * @param compaction of its compactions, and of the stalls for want of them
 * @param compactionFilterFactory makes the filters of its compactions, or null for none
 * @param blockCache what of its SSTs is kept in memory
 * @param tableOptions of its SSTs
 */
public record ColumnFamilySettings(
        long writeBufferSize,
        int maxWriteBufferNumber,
        int minWriteBufferNumberToMerge,
        long memtableMaxEntries,
        long memtableMaxAgeNanos,
        boolean paranoidFileChecks,
        boolean remoteFlush,
        CompactionSettings compaction,
        @Nullable CompactionFilterFactory compactionFilterFactory,
        BlockCacheSettings blockCache,
        TableOptions tableOptions) {
    /** Whether a memtable is to be flushed before more is written to it. */
    boolean isFull(Memtable memtable) {
        return memtable.memoryUsed() >= writeBufferSize
                || (memtableMaxEntries > 0 && memtable.entryCount() >= memtableMaxEntries);
    }

    /** The same for keys in another order. */
    ColumnFamilySettings withComparator(KeyComparator order) {
        return new ColumnFamilySettings(
                writeBufferSize,
                maxWriteBufferNumber,
                minWriteBufferNumberToMerge,
                memtableMaxEntries,
                memtableMaxAgeNanos,
                paranoidFileChecks,
                remoteFlush,
                compaction,
                compactionFilterFactory,
                blockCache,
                tableOptions.withComparator(order));
    }
}
