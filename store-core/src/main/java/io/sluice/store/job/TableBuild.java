// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.sst.TableOptions;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.util.List;
import java.util.function.LongSupplier;

/** Turns sorted entries into one SST. The same entries, options and identity give the same bytes. */
public final class TableBuild {
    private final TableOptions options;
    private final TableIdentity identity;
    private final List<Long> snapshots;
    private final long epochNumber;
    private final LongSupplier nanoClock;

    /** Is told now and then how far a build is, and ends it by throwing. Called by the building thread. */
    @FunctionalInterface
    public interface Progress {
        /** Called every {@link #PROGRESS_INTERVAL} input entries. What it throws ends the build. */
        void at(long inputEntries, long bytesWritten) throws IOException;
    }

    /** Input entries between two calls of {@link Progress}. */
    public static final int PROGRESS_INTERVAL = 1024;

    /**
     * A build.
     *
     * @param snapshots sequence numbers that readers hold, ascending
     * @param epochNumber for the file's metadata
     * @param nanoClock for statistics
     */
    public TableBuild(
            TableOptions options,
            TableIdentity identity,
            List<Long> snapshots,
            long epochNumber,
            LongSupplier nanoClock) {
        this.options = options;
        this.identity = identity;
        this.snapshots = snapshots;
        this.epochNumber = epochNumber;
        this.nanoClock = nanoClock;
    }

    /**
     * Reads the iterator from its first entry to its end, writes the table and syncs the file. Iterator and file stay
     * the caller's, to close, and to delete where there is no table or this throws.
     */
    public TableBuildResult run(InternalIterator entries, WritableFile file, Progress progress) throws IOException {
        long now = nanoClock.getAsLong();
        progress.at(0, now);
        throw new UnsupportedOperationException("" + options + identity + snapshots + epochNumber);
    }
}
