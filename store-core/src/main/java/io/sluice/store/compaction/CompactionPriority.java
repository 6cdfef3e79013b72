// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

/** Which file of a level goes first: RocksDB's {@code compaction_pri}. */
public enum CompactionPriority {
    /** {@code kByCompensatedSize}: the largest, where deletions count as what they will remove. */
    BY_COMPENSATED_SIZE,
    /** {@code kOldestLargestSeqFirst}: the one whose newest entry is the oldest. */
    OLDEST_LARGEST_SEQ_FIRST,
    /** {@code kOldestSmallestSeqFirst}: the one whose oldest entry is the oldest. */
    OLDEST_SMALLEST_SEQ_FIRST,
    /** {@code kMinOverlappingRatio}: the one with the least to rewrite below it for its size; the default. */
    MIN_OVERLAPPING_RATIO,
    /** {@code kRoundRobin}: one after the other, by key. */
    ROUND_ROBIN
}
