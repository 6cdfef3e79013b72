// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.compaction.CompactionSettings;
import io.sluice.store.sst.TableOptions;
import org.jspecify.annotations.Nullable;

/**
 * The options of a column family that is open. A value; see {@code io.sluice.store.ColumnFamilyOptions} for each.
 *
 * @param writeBufferSize bytes
 * @param maxWriteBufferNumber sealed memtables at which writes stop
 * @param minWriteBufferNumberToMerge sealed memtables that a flush waits for
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
        boolean paranoidFileChecks,
        boolean remoteFlush,
        CompactionSettings compaction,
        @Nullable CompactionFilterFactory compactionFilterFactory,
        BlockCacheSettings blockCache,
        TableOptions tableOptions) {
    /** The same for keys in another order. */
    ColumnFamilySettings withComparator(KeyComparator order) {
        return new ColumnFamilySettings(
                writeBufferSize,
                maxWriteBufferNumber,
                minWriteBufferNumberToMerge,
                paranoidFileChecks,
                remoteFlush,
                compaction,
                compactionFilterFactory,
                blockCache,
                tableOptions.withComparator(order));
    }
}
