// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import static io.sluice.store.compaction.BottommostLevelCompaction.IF_HAVE_COMPACTION_FILTER;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.Slice;
import io.sluice.store.base.ValueType;
import io.sluice.store.compaction.BottommostLevelCompaction;
import io.sluice.store.compaction.CompactRangeSettings;
import io.sluice.store.compaction.ManualPicker;
import io.sluice.store.compaction.RangeRequest;
import io.sluice.store.compaction.RunningCompactions;
import io.sluice.store.manifest.Version;
import io.sluice.store.manifest.VersionSet;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Compacts a range level by level, from the highest that has files in it to the lowest: {@code
 * DBImpl::CompactRangeInternal} in db/db_impl/db_impl_compaction_flush.cc. Runs on the caller's thread, which waits.
 */
final class CompactRange {
    private final VersionSet versions;
    private final Waiter waiter;

    /** Runs one step and waits for it. */
    interface Waiter {
        void run(ManualCompaction manual) throws IOException;
    }

    CompactRange(VersionSet versions, Waiter waiter) {
        this.versions = versions;
        this.waiter = waiter;
    }

    /**
     * Runs it.
     *
     * @param begin the first user key, or null
     * @param end the last user key, inclusive, or null
     * @return the level that the range is on now; -1 where there was nothing
     */
    int run(
            ColumnFamily family,
            byte @Nullable [] begin,
            byte @Nullable [] end,
            CompactRangeSettings options,
            int maxSubcompactions)
            throws IOException {
        Slice first = begin == null ? null : internal(begin, InternalKey.MAX_SEQUENCE, ValueType.FOR_SEEK);
        Slice last = end == null ? null : internal(end, 0, (byte) 0);
        int[] levels = levels(family, first, last);
        if (levels == null) {
            return -1;
        }
        long firstNewFile = versions.newFileNumber();
        int lowest = levels[1];
        int finalLevel = lowest;
        boolean forced = isForced(options.bottommost());
        boolean filters = family.settings().compactionFilterFactory() != null;
        for (int level = levels[0]; level <= lowest; level++) {
            boolean rewrites = level == lowest && level > 0;
            if (rewrites && !forced && !(filters && options.bottommost() == IF_HAVE_COMPACTION_FILTER)) {
                continue;
            }
            boolean toBase = level == 0 && family.settings().compaction().levelCompactionDynamicLevelBytes();
            int output = rewrites ? level : toBase ? RangeRequest.BASE_LEVEL : level + 1;
            boolean mayMove = !filters && !(level == lowest && forced);
            boolean spares = rewrites && options.bottommost() != BottommostLevelCompaction.FORCE;
            waiter.run(ManualCompaction.ofRange(
                    family,
                    options.exclusive(),
                    new RangeRequest(
                            level,
                            output,
                            first,
                            last,
                            mayMove,
                            spares ? firstNewFile : Long.MAX_VALUE,
                            maxSubcompactions)));
            finalLevel =
                    Math.max(finalLevel, toBase ? family.settings().compaction().numLevels() - 1 : output);
        }
        return finalLevel;
    }

    private int @Nullable [] levels(ColumnFamily family, @Nullable Slice first, @Nullable Slice last)
            throws IOException {
        Version version = versions.retainVersion(family.id());
        try {
            return new ManualPicker(version, family.settings().compaction(), new RunningCompactions())
                    .levels(first, last);
        } finally {
            version.release();
        }
    }

    private static boolean isForced(BottommostLevelCompaction bottommost) {
        return bottommost == BottommostLevelCompaction.FORCE || bottommost == BottommostLevelCompaction.FORCE_OPTIMIZED;
    }

    private static Slice internal(byte[] userKey, long sequence, byte type) {
        return Slice.wrap(InternalKey.encode(new UnsafeBuffer(userKey), InternalKey.trailer(sequence, type)));
    }
}
