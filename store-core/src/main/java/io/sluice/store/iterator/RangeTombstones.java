// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** The range deletions of one or more sources, as an entry asks for them. Safe for concurrent use unless told otherwise. */
public interface RangeTombstones {
    /** No range deletions. */
    RangeTombstones NONE = (internalKey, upTo) -> 0;

    /** The range deletions of several sources together. */
    static RangeTombstones of(List<RangeTombstones> sources) {
        if (sources.size() < 2) {
            return sources.isEmpty() ? NONE : sources.get(0);
        }
        return new CombinedTombstones(sources);
    }

    /**
     * The highest sequence number, at most {@code upTo}, of a range deletion over the user key of this internal key; 0
     * where there is none. The entry is deleted where its own number is lower.
     */
    long covering(DirectBuffer internalKey, long upTo);

    /**
     * A user key at or above this one's: the range deletion of number {@code sequence}, which {@link #covering} has told,
     * is over all from here to below it. Null where none is known.
     */
    default @Nullable DirectBuffer coveredTo(DirectBuffer internalKey, long sequence) {
        return null;
    }

    /** A user key at or below this one's: the range deletion is over all from above it to here. */
    default @Nullable DirectBuffer coveredFrom(DirectBuffer internalKey, long sequence) {
        return null;
    }
}
