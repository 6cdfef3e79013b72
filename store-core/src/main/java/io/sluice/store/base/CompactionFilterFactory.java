// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

/**
 * Makes a {@link CompactionFilter} for each range of keys that is compacted: RocksDB's {@code
 * compaction_filter_factory}. Safe for concurrent use.
 */
public interface CompactionFilterFactory {
    /** The name by which a job names it to another process. */
    String name();

    /** A filter for one thread. */
    CompactionFilter create();
}
