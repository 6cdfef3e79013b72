// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.flush;

/**
 * Names one flush among those of all generators: equal ids elsewhere differ in the database or in the epoch.
 *
 * @param database the store's IDENTITY
 * @param epoch the opening of the store that made the job
 * @param columnFamily RocksDB's numeric id
 * @param memtable the id of the newest memtable in the job
 */
public record JobId(String database, long epoch, int columnFamily, long memtable) {
    /** The name of the job's directory within the owner's: {@code job-<column family>-<memtable>}. */
    public String directory() {
        return "job-" + columnFamily + "-" + memtable;
    }
}
