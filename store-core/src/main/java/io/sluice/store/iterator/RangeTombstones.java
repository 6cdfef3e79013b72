// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import org.agrona.DirectBuffer;

/** The range deletions of one or more sources, as an entry asks for them. Safe for concurrent use unless told otherwise. */
public interface RangeTombstones {
    /** No range deletions. */
    RangeTombstones NONE = (internalKey, upTo) -> 0;

    /**
     * The highest sequence number, at most {@code upTo}, of a range deletion over the user key of this internal key; 0
     * where there is none. The entry is deleted where its own number is lower.
     */
    long covering(DirectBuffer internalKey, long upTo);
}
