// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import io.sluice.store.base.InternalKey;
import java.util.Arrays;
import java.util.List;

/**
 * The snapshots of a job, which cut the sequence numbers into stripes: two entries are in the same stripe where no
 * snapshot sees the older but not the newer. Immutable.
 */
final class SnapshotStripes {
    private final long[] snapshots;

    /** Snapshots in ascending order, equal ones allowed; throws {@link IllegalArgumentException} for others. */
    SnapshotStripes(List<Long> ascending) {
        long last = 0;
        for (long snapshot : ascending) {
            if (snapshot < last || snapshot > InternalKey.MAX_SEQUENCE) {
                throw new IllegalArgumentException("snapshot=" + snapshot + " is below the one before or too large");
            }
            last = snapshot;
        }
        this.snapshots = ascending.stream().mapToLong(Long::longValue).toArray();
    }

    /** The first snapshot, or the highest sequence number where there is none: readers at the tip. */
    long earliest() {
        return snapshots.length == 0 ? InternalKey.MAX_SEQUENCE : snapshots[0];
    }

    /** The last snapshot, or 0 where there is none. */
    long latest() {
        return snapshots.length == 0 ? 0 : snapshots[snapshots.length - 1];
    }

    /** The earliest reader that sees {@code sequence}: the last number of its stripe. */
    long end(long sequence) {
        int at = firstAtOrAfter(sequence);
        return at == snapshots.length ? InternalKey.MAX_SEQUENCE : snapshots[at];
    }

    /** The latest snapshot that does not see {@code sequence}, or 0: what is above it is in the stripe or newer. */
    long before(long sequence) {
        int at = firstAtOrAfter(sequence);
        return at == 0 ? 0 : snapshots[at - 1];
    }

    private int firstAtOrAfter(long sequence) {
        int at = Arrays.binarySearch(snapshots, sequence);
        if (at < 0) {
            return -at - 1;
        }
        while (at > 0 && snapshots[at - 1] == sequence) {
            at--;
        }
        return at;
    }
}
