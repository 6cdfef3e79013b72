// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Tells which entries of a flush are kept, as they come in the order of internal keys. Used by one thread.
 *
 * <p>The snapshots cut the sequence numbers into stripes: two entries are in the same stripe where no snapshot sees the
 * older but not the newer. A value or a deletion with a newer value, deletion or single deletion of its key in its
 * stripe is seen by nobody and is left out ({@code CompactionIterator::NextFromInput}, "(A)"). Deletions are kept, since
 * they hide what is in older files. Merge operands are always kept, since they need what is below them. So are single
 * deletions: whether one has met its value shows only in a compaction.
 */
final class FlushRetention {
    private static final long NONE = -1;

    private final KeyComparator comparator;
    private final long[] snapshots;
    private final UnsafeBuffer lastKey = new UnsafeBuffer(new byte[256]);
    private int lastUserKeyLength = -1;
    private long hidingStripe = NONE;

    FlushRetention(KeyComparator comparator, List<Long> snapshots) {
        this.comparator = comparator;
        this.snapshots = snapshots.stream().mapToLong(Long::longValue).toArray();
    }

    /** The snapshots as a list of its own, in order. */
    static List<Long> checked(List<Long> snapshots) {
        long last = 0;
        for (long snapshot : snapshots) {
            if (snapshot < last || snapshot > InternalKey.MAX_SEQUENCE) {
                throw new IllegalArgumentException("snapshot=" + snapshot + " is below the one before or too large");
            }
            last = snapshot;
        }
        return List.copyOf(snapshots);
    }

    /** Whether the entry of this internal key, which comes after those asked about before, is kept. */
    boolean keeps(DirectBuffer internalKey) throws StoreException {
        if (internalKey.capacity() < InternalKey.TRAILER_LENGTH) {
            throw StoreException.corruption(
                    "job.key", "expected an internal key of at least 8 bytes, found " + internalKey.capacity());
        }
        int userKeyLength = InternalKey.userKeyLength(internalKey);
        if (lastUserKeyLength < 0
                || comparator.compare(lastKey, 0, lastUserKeyLength, internalKey, 0, userKeyLength) != 0) {
            remember(internalKey, userKeyLength);
            hidingStripe = NONE;
        }
        long trailer = InternalKey.trailer(internalKey);
        byte type = InternalKey.type(trailer);
        long stripe = stripe(InternalKey.sequence(trailer));
        boolean isHidden = stripe == hidingStripe;
        if (type != ValueType.MERGE) {
            hidingStripe = stripe;
        }
        return !isHidden || (type != ValueType.VALUE && type != ValueType.DELETION);
    }

    private void remember(DirectBuffer internalKey, int userKeyLength) {
        if (userKeyLength > lastKey.capacity()) {
            lastKey.wrap(new byte[Math.max(userKeyLength, (int) Math.min(2L * lastKey.capacity(), 1 << 30))]);
        }
        lastKey.putBytes(0, internalKey, 0, userKeyLength);
        lastUserKeyLength = userKeyLength;
    }

    /** The number of snapshots that do not see {@code sequence}: the lowest that does ends its stripe. */
    private int stripe(long sequence) {
        int low = 0;
        int high = snapshots.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (snapshots[middle] < sequence) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
