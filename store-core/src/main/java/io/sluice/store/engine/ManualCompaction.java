// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.compaction.RangeRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A compaction that the program waits for: of a range, in as many steps as it takes, or of chosen files. Its fields
 * belong to the scheduler's thread, but for {@code done} and {@code canceled}.
 */
final class ManualCompaction {
    final ColumnFamily columnFamily;
    /** Whether nothing else may be compacted meanwhile. */
    final boolean exclusive;
    /** Files by number, or null for a range. */
    final @Nullable Set<Long> files;

    final int outputLevel;
    final int maxSubcompactions;
    /** Completes when all is installed, or with the error that ended it. */
    final CompletableFuture<Void> done = new CompletableFuture<>();

    /** Numbers of the files made so far; to be read when it is done. */
    final List<Long> outputs = new ArrayList<>();

    /** What is left of the range, or null for files. */
    @Nullable
    RangeRequest range;

    boolean isRunning;
    boolean isLast;
    volatile boolean canceled;

    private ManualCompaction(
            ColumnFamily columnFamily,
            boolean exclusive,
            @Nullable Set<Long> files,
            int outputLevel,
            int maxSubcompactions,
            @Nullable RangeRequest range) {
        this.columnFamily = columnFamily;
        this.exclusive = exclusive;
        this.files = files;
        this.outputLevel = outputLevel;
        this.maxSubcompactions = maxSubcompactions;
        this.range = range;
    }

    static ManualCompaction ofRange(ColumnFamily columnFamily, boolean exclusive, RangeRequest range) {
        return new ManualCompaction(
                columnFamily, exclusive, null, range.outputLevel(), range.maxSubcompactions(), range);
    }

    static ManualCompaction ofFiles(
            ColumnFamily columnFamily, Set<Long> files, int outputLevel, int maxSubcompactions) {
        return new ManualCompaction(columnFamily, false, Set.copyOf(files), outputLevel, maxSubcompactions, null);
    }
}
