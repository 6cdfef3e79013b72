// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.Slice;
import org.jspecify.annotations.Nullable;

/**
 * A range of user keys. A value.
 *
 * @param start the first key, or null for no bound
 * @param end the first key behind it, or null for no bound
 */
public record KeyRange(@Nullable Slice start, @Nullable Slice end) {
    /** All keys. */
    public static final KeyRange ALL = new KeyRange(null, null);
}
