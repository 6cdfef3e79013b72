// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.flush;

import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.sst.TableOptions;
import java.util.List;

/**
 * One flush as a value: all that an executor needs to turn sealed memtables into one SST. The engine holds a reference
 * to each memtable until the job's result is installed or given up.
 *
 * @param id whose job it is
 * @param columnFamilyName for messages and properties
 * @param memtables at least one, oldest first
 * @param snapshots sequence numbers that readers hold, ascending: an overwritten entry visible to one is kept
 * @param fileNumber the number that the engine gave the SST
 * @param epochNumber the place of the file among the column family's L0 files
 * @param tableOptions the bytes' options
 * @param identity what goes into the properties; executors set host and builder to their own
 * @param storageUri the store's directory, as a URI that another process can open
 * @param ownerDirectory the directory of this epoch, within {@code storageUri}: attempts are born below it
 */
public record FlushJob(
        JobId id,
        String columnFamilyName,
        List<SealedMemtable> memtables,
        List<Long> snapshots,
        long fileNumber,
        long epochNumber,
        TableOptions tableOptions,
        TableIdentity identity,
        String storageUri,
        String ownerDirectory) {
    /** Where an attempt writes, within the storage: {@code owner-<epoch>/job-<cf>-<memtable>/attempt-<n>}. */
    public String attemptDirectory(int attempt) {
        return ownerDirectory + "/" + id.directory() + "/attempt-" + attempt;
    }

    /** Entries of all memtables. */
    public long entryCount() {
        long count = 0;
        for (SealedMemtable memtable : memtables) {
            count += memtable.layout().entryCount();
        }
        return count;
    }
}
