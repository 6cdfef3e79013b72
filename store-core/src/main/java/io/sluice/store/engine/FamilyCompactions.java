// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.compaction.LeveledPicker;
import io.sluice.store.compaction.RunningCompactions;

/** What the scheduler knows of one column family's compactions. On the scheduler's thread only. */
final class FamilyCompactions {
    final LeveledPicker picker = new LeveledPicker();
    final RunningCompactions running = new RunningCompactions();
    int failures;
    /** Whether it waits before it tries again. */
    boolean isPausing;

    private final ColumnFamily columnFamily;

    FamilyCompactions(ColumnFamily columnFamily) {
        this.columnFamily = columnFamily;
    }

    void begin(CompactionTask task) {
        running.begin(task.compaction);
        columnFamily.runningCompactions(running.count());
    }

    void end(CompactionTask task) {
        running.end(task.compaction);
        columnFamily.runningCompactions(running.count());
    }

    boolean isIdle() {
        return running.count() == 0;
    }

    void forgetFailures() {
        failures = 0;
        isPausing = false;
    }
}
