// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import java.io.IOException;

/**
 * Makes a store's remote compaction executor once the store is recovered. The store hands all its compactions to what it
 * made, but for those that only move files, and closes it before it closes the local executor and the storage.
 */
@FunctionalInterface
public interface CompactionExecutorFactory {
    /** Makes the executor for one opening of a store. A failure fails the open. */
    CompactionExecutor create(CompactionContext context) throws IOException;
}
