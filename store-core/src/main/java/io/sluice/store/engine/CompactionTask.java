// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.compaction.Compaction;
import io.sluice.store.compaction.CompactionExecutor;
import io.sluice.store.compaction.CompactionJobId;
import io.sluice.store.manifest.Version;
import org.jspecify.annotations.Nullable;

/**
 * A compaction from its choice to its install. It holds the version that it was chosen from, so that its inputs stay. Its
 * fields belong to the scheduler's thread, or to the installer's while that has it.
 */
final class CompactionTask {
    final ColumnFamily columnFamily;
    final Compaction compaction;
    final CompactionJobId id;
    final Version version;
    final @Nullable ManualCompaction manual;
    final long startNanos;
    CompactionExecutor.@Nullable Running running;
    boolean aborted;
    /** Whether it failed with an error that comes again however often it is tried. */
    boolean isHopeless;

    /** A task that takes over the caller's hold on {@code version}. */
    CompactionTask(
            ColumnFamily columnFamily,
            Compaction compaction,
            CompactionJobId id,
            Version version,
            @Nullable ManualCompaction manual,
            long startNanos) {
        this.columnFamily = columnFamily;
        this.compaction = compaction;
        this.id = id;
        this.version = version;
        this.manual = manual;
        this.startNanos = startNanos;
    }

    /** Tells the executor that nobody wants the result any more. */
    void abort() {
        aborted = true;
        CompactionExecutor.Running attempt = running;
        if (attempt != null) {
            attempt.abort();
        }
    }
}
