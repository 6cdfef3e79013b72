// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.base.Slice;
import io.sluice.store.compaction.KeyRange;
import org.jspecify.annotations.Nullable;

/**
 * A range of user keys: {@link KeyRange}.
 *
 * @param start the first key, absent for no bound
 * @param end the first key behind it, absent for no bound
 */
public record RangeDocument(
        @MayBeAbsent @Nullable Slice start,
        @MayBeAbsent @Nullable Slice end) {
    static RangeDocument of(KeyRange range) {
        return new RangeDocument(range.start(), range.end());
    }

    KeyRange range() {
        return new KeyRange(start, end);
    }
}
