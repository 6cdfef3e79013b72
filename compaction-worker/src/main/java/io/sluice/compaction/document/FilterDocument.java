// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.base.Slice;
import org.jspecify.annotations.Nullable;

/**
 * The compaction filter of a job.
 *
 * @param factory the name of its factory
 * @param state what a {@link io.sluice.store.base.StatefulCompactionFilterFactory} makes filters of; absent where the
 *     factory has none
 */
public record FilterDocument(
        String factory, @MayBeAbsent @Nullable Slice state) {
    /** Checks the name. */
    public FilterDocument {
        Check.name("factory", factory);
    }
}
