// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionInfo;
import io.sluice.store.engine.EngineListener;
import io.sluice.store.flush.FlushInfo;
import io.sluice.store.write.StallCause;

/**
 * Is told of what a store does. Called on the store's own threads, one event after the other: an implementation returns
 * soon, and calls nothing of the store that waits. What it throws is logged and changes nothing.
 */
public interface EventListener extends EngineListener {
    /** A flush job was handed to its executor. */
    @Override
    default void onFlushBegin(FlushInfo info) {}

    /** A flush was installed: what it held is durable. */
    @Override
    default void onFlushCompleted(FlushInfo info) {}

    /** An attempt at a flush failed. Its memtables are kept; the flush is tried again. */
    @Override
    default void onFlushFailed(FlushInfo info, StoreException cause) {}

    /** A compaction was begun. */
    @Override
    default void onCompactionBegin(CompactionInfo info) {}

    /** A compaction was installed. */
    @Override
    default void onCompactionCompleted(CompactionInfo info) {}

    /** A compaction failed. Its inputs are kept; what is due is chosen anew. */
    @Override
    default void onCompactionFailed(CompactionInfo info, StoreException cause) {}

    /**
     * Writes began or ceased to wait.
     *
     * @param columnFamilyName which column family's; the empty string for a cause that concerns all
     */
    @Override
    default void onStallConditionsChanged(String columnFamilyName, StallCause cause, boolean stalled) {}

    /**
     * Writes fail with this cause from now on: a flush failed for good, and they do until {@link Store#resume()}; or
     * storage has no space ({@code NO_SPACE}), and they do until a flush, which is repeated meanwhile, succeeds. Reads go
     * on.
     */
    @Override
    default void onBackgroundError(StoreException cause) {}

    /** Writes succeed again without {@link Store#resume()}: a flush has found space. */
    @Override
    default void onErrorRecoveryCompleted(StoreException passed) {}
}
