// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

/**
 * Names one compaction among those of all stores: equal ids elsewhere differ in the database or in the epoch.
 *
 * @param database the store's IDENTITY
 * @param epoch the opening of the store that made the job
 * @param number the job's, counted from 1 in each epoch
 */
public record CompactionJobId(String database, long epoch, long number) {
    /** The name of the job's directory within the owner's: {@code job-compaction-<number>}. */
    public String directory() {
        return "job-compaction-" + number;
    }
}
