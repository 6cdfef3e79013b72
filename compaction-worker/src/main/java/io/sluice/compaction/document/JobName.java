// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.compaction.CompactionJobId;
import io.sluice.store.manifest.FileNames;

/**
 * Which job: {@link CompactionJobId}.
 *
 * @param database the store's IDENTITY
 * @param epoch the opening of the store, at least 1
 * @param number the job's within it, at least 1
 */
public record JobName(String database, long epoch, long number) {
    /** Checks the ranges. */
    public JobName {
        Check.name("database", database);
        Check.atLeast("epoch", epoch, 1);
        Check.atLeast("number", number, 1);
    }

    /** The name of a job. */
    public static JobName of(CompactionJobId id) {
        return new JobName(id.database(), id.epoch(), id.number());
    }

    /** The job's id. */
    public CompactionJobId id() {
        return new CompactionJobId(database, epoch, number);
    }

    /** The owner's directory of that epoch, within the storage: never taken from a document, but composed. */
    String ownerDirectory() {
        return FileNames.owner(epoch);
    }

    /** Where an attempt writes, within the storage. */
    public String attemptDirectory(int attempt) {
        return ownerDirectory() + "/" + id().directory() + "/attempt-" + attempt;
    }
}
