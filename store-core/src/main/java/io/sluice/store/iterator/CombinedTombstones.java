// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** The range deletions of several sources. */
final class CombinedTombstones implements RangeTombstones {
    private final RangeTombstones[] sources;

    CombinedTombstones(List<RangeTombstones> sources) {
        this.sources = sources.toArray(new RangeTombstones[0]);
    }

    @Override
    public long covering(DirectBuffer internalKey, long upTo) {
        long highest = 0;
        for (RangeTombstones source : sources) {
            highest = Math.max(highest, source.covering(internalKey, upTo));
        }
        return highest;
    }

    @Override
    public @Nullable DirectBuffer coveredTo(DirectBuffer internalKey, long sequence) {
        RangeTombstones source = sourceOf(internalKey, sequence);
        return source == null ? null : source.coveredTo(internalKey, sequence);
    }

    @Override
    public @Nullable DirectBuffer coveredFrom(DirectBuffer internalKey, long sequence) {
        RangeTombstones source = sourceOf(internalKey, sequence);
        return source == null ? null : source.coveredFrom(internalKey, sequence);
    }

    private @Nullable RangeTombstones sourceOf(DirectBuffer internalKey, long sequence) {
        for (RangeTombstones source : sources) {
            if (source.covering(internalKey, sequence) == sequence) {
                return source;
            }
        }
        return null;
    }
}
