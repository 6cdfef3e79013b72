// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import java.util.List;
import org.agrona.DirectBuffer;

/** The range deletions of one or more sources, as an entry asks for them. Safe for concurrent use unless told otherwise. */
public interface RangeTombstones {
    /** No range deletions. */
    RangeTombstones NONE = (internalKey, upTo) -> 0;

    /** The range deletions of several sources together. */
    static RangeTombstones of(List<RangeTombstones> sources) {
        if (sources.size() < 2) {
            return sources.isEmpty() ? NONE : sources.get(0);
        }
        RangeTombstones[] all = sources.toArray(new RangeTombstones[0]);
        return (internalKey, upTo) -> {
            long highest = 0;
            for (RangeTombstones source : all) {
                highest = Math.max(highest, source.covering(internalKey, upTo));
            }
            return highest;
        };
    }

    /**
     * The highest sequence number, at most {@code upTo}, of a range deletion over the user key of this internal key; 0
     * where there is none. The entry is deleted where its own number is lower.
     */
    long covering(DirectBuffer internalKey, long upTo);
}
