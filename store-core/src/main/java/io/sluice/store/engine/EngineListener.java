// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionInfo;
import io.sluice.store.flush.FlushInfo;
import io.sluice.store.write.StallCause;

/** What the engine tells; see the public {@code io.sluice.store.EventListener}, which is this. */
public interface EngineListener {
    /** A flush job was handed to its executor. */
    default void onFlushBegin(FlushInfo info) {}

    /** A flush was installed. */
    default void onFlushCompleted(FlushInfo info) {}

    /** An attempt at a flush failed. */
    default void onFlushFailed(FlushInfo info, StoreException cause) {}

    /** A compaction was begun. */
    default void onCompactionBegin(CompactionInfo info) {}

    /** A compaction was installed. */
    default void onCompactionCompleted(CompactionInfo info) {}

    /** A compaction failed. Its inputs are kept; what is due is chosen anew. */
    default void onCompactionFailed(CompactionInfo info, StoreException cause) {}

    /** A column family's writes began or ceased to wait. */
    default void onStallConditionsChanged(String columnFamilyName, StallCause cause, boolean stalled) {}

    /** Writes stopped. */
    default void onBackgroundError(StoreException cause) {}

    /** Writes began again by themselves. */
    default void onErrorRecoveryCompleted(StoreException passed) {}
}
