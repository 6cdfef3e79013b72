// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.flush;

import io.sluice.store.storage.Storage;

/**
 * What an open store offers the executor of its flushes.
 *
 * @param database the store's IDENTITY
 * @param epoch this opening of the store
 * @param storage the store's directory; stays the engine's
 * @param ownerDirectory the directory of this epoch: attempts are born below it
 * @param local flushes on this machine, to fall back on, and tells what it does for all; stays the engine's, and outlives
 *     the executor
 */
public record FlushContext(
        String database, long epoch, Storage storage, String ownerDirectory, LocalFlushExecutor local) {}
