// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.manifest.Epoch;

/**
 * Which store this is, and which opening of it.
 *
 * @param dbId the IDENTITY
 * @param sessionId of this opening, in RocksDB's form
 * @param epoch of this opening
 * @param storageUri the store's directory
 */
record StoreIdentity(String dbId, String sessionId, Epoch epoch, String storageUri) {}
