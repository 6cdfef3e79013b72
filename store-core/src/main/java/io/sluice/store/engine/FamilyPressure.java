// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.compaction.CompactionSettings;
import io.sluice.store.manifest.Version;

/**
 * How much a column family holds its writes back, by its sealed memtables and its files. Changed with the column family's
 * lock held; anyone may look.
 */
final class FamilyPressure {
    private volatile WritePressure present = WritePressure.NONE;
    private volatile LevelDebt debt;
    /** Bytes that waited for compaction at the last update. */
    private long pendingBytesBefore;

    /** No pressure, until the first {@link #update}. */
    FamilyPressure(Version version, CompactionSettings settings) {
        this.debt = LevelDebt.of(version, settings);
    }

    WritePressure present() {
        return present;
    }

    /** How far compaction is behind. */
    LevelDebt debt() {
        return debt;
    }

    /** Looks at other files, or by other settings; takes effect with the next {@link #update}. */
    void filesChanged(Version version, CompactionSettings settings) {
        debt = LevelDebt.of(version, settings);
    }

    /**
     * Applies the rules.
     *
     * @param closed whether nobody writes any more
     * @param sealed memtables that wait for their flush
     * @return how the debt has changed since the last update
     */
    WriteController.Debt update(boolean closed, int sealed, ColumnFamilySettings settings) {
        LevelDebt files = debt;
        WritePressure now = closed
                ? WritePressure.NONE
                : WritePressure.of(sealed, files.level0Files(), files.pendingBytes(), settings);
        present = now;
        WriteController.Debt change = new WriteController.Debt(
                files.isNearStop(now, settings.compaction()),
                pendingBytesBefore,
                files.pendingBytes(),
                !settings.compaction().disableAutoCompactions());
        pendingBytesBefore = files.pendingBytes();
        return change;
    }
}
