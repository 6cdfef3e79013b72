// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.flush;

import java.io.IOException;

/**
 * Makes a store's remote flush executor once the store is recovered. The store closes what it made, before it closes
 * the local executor and the storage.
 */
@FunctionalInterface
public interface FlushExecutorFactory {
    /** Makes the executor for one opening of a store. A failure fails the open. */
    FlushExecutor create(FlushContext context) throws IOException;
}
