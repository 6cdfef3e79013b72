// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionProgress;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.storage.Storage;
import java.io.IOException;

/** Where workers find a job's inputs and leave its outputs. Used by the job's thread. */
interface JobPlace extends AutoCloseable {
    /** The directory that workers see. */
    Storage storage();

    /** The job as it is told to them. */
    CompactionJob job();

    /** A worker's result as the store can install it: all files are where the engine expects them. */
    CompactionResult fetch(CompactionResult made) throws IOException;

    /** What of the attempts here an attempt in the store's own process can go on behind. */
    CompactionProgress usableHere(CompactionProgress progress);

    /** The job is done with, or given up. */
    @Override
    void close();

    /** The store's own directory. */
    record Shared(Storage storage, CompactionJob job) implements JobPlace {
        @Override
        public CompactionResult fetch(CompactionResult made) {
            return made;
        }

        @Override
        public CompactionProgress usableHere(CompactionProgress progress) {
            return progress;
        }

        @Override
        public void close() {
            // The engine deletes the job's directory.
        }
    }
}
