// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import java.util.Map;

/** What a {@link CompactionIterator} counts. Used by one thread. */
public final class CompactionStatistics {
    long inputEntries;
    long inputDeletions;
    long droppedHidden;
    long droppedObsolete;
    long droppedByFilter;
    long droppedByRangeDeletion;
    long singleDeleteMismatches;
    long mergedOperands;

    /** Nothing counted yet. */
    public CompactionStatistics() {}

    /** Entries that the input has given; those passed over by a filter's skip are not among them. */
    public long inputEntries() {
        return inputEntries;
    }

    /** Deletions and single deletions among them. */
    public long inputDeletions() {
        return inputDeletions;
    }

    /** Entries dropped since a newer one hides them from every reader. */
    public long droppedHidden() {
        return droppedHidden;
    }

    /** Deletions dropped since nothing is left below for them to hide. */
    public long droppedObsolete() {
        return droppedObsolete;
    }

    /** Entries that the compaction filter removed. */
    public long droppedByFilter() {
        return droppedByFilter;
    }

    /** Entries dropped since a range deletion hides them from every reader. */
    public long droppedByRangeDeletion() {
        return droppedByRangeDeletion;
    }

    /** All but the entries of the input, by the names that they have in a job's statistics. */
    public Map<String, Long> asMap() {
        return Map.of(
                "input_deletions", inputDeletions,
                "dropped_hidden", droppedHidden,
                "dropped_obsolete", droppedObsolete,
                "dropped_by_filter", droppedByFilter,
                "dropped_by_range_deletion", droppedByRangeDeletion,
                "single_delete_mismatches", singleDeleteMismatches,
                "merged_operands", mergedOperands);
    }

    /** Single deletions that met something else than one value: their keys were not written as they ask for. */
    public long singleDeleteMismatches() {
        return singleDeleteMismatches;
    }

    /** Merge operands that went into a value or another operand. */
    public long mergedOperands() {
        return mergedOperands;
    }
}
