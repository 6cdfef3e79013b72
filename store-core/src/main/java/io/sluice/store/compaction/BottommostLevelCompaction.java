// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

/** Whether an explicit compaction rewrites the lowest level it meets: RocksDB's {@code BottommostLevelCompaction}. */
public enum BottommostLevelCompaction {
    /** {@code kSkip}. */
    SKIP,
    /** {@code kIfHaveCompactionFilter}; the default. */
    IF_HAVE_COMPACTION_FILTER,
    /** {@code kForce}. */
    FORCE,
    /** {@code kForceOptimized}: but not the files that it has just made. */
    FORCE_OPTIMIZED
}
