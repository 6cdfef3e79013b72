// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.storage.Storage;

/**
 * What an open store offers the executor of its compactions.
 *
 * @param database the store's IDENTITY
 * @param epoch this opening of the store
 * @param storage the store's directory, {@link Storage#uri()} where it is; stays the engine's
 * @param ownerDirectory the directory of this epoch: jobs' directories are born below it
 * @param local compactions on this machine, to fall back on, also behind what other attempts have finished; stays the
 *     engine's, and outlives the executor
 */
public record CompactionContext(
        String database, long epoch, Storage storage, String ownerDirectory, LocalCompactionExecutor local) {}
