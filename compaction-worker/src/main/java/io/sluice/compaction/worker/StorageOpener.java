// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.store.storage.Storage;
import java.io.IOException;

/** Opens the storage that a job names; the worker closes it after the job. */
@FunctionalInterface
public interface StorageOpener {
    /** Opens the tree at {@code uri}. */
    Storage open(String uri) throws IOException;
}
