// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.RangeTombstones;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** The entries that a job reads, and the range deletions over them. Used by one thread. */
final class JobInput {
    private final InternalIterator entries;
    private final KeyComparator comparator;
    private final SnapshotStripes stripes;
    private final RangeTombstones tombstones;
    private final CompactionStatistics statistics;

    JobInput(
            InternalIterator entries,
            KeyComparator comparator,
            SnapshotStripes stripes,
            RangeTombstones tombstones,
            CompactionStatistics statistics) {
        this.entries = entries;
        this.comparator = comparator;
        this.stripes = stripes;
        this.tombstones = tombstones;
        this.statistics = statistics;
    }

    void seekToFirst() throws IOException {
        entries.seekToFirst();
    }

    void seek(DirectBuffer internalKey) throws IOException {
        entries.seek(internalKey);
    }

    /** Moves to the first entry at or after a user key. */
    void skipTo(byte[] userKey) throws IOException {
        statistics.inputEntries++;
        entries.seek(new UnsafeBuffer(InternalKey.encode(
                new UnsafeBuffer(userKey), InternalKey.trailer(InternalKey.MAX_SEQUENCE, ValueType.FOR_SEEK))));
    }

    boolean isValid() {
        return entries.isValid();
    }

    void advance() throws IOException {
        statistics.inputEntries++;
        entries.next();
    }

    /** The internal key here, which is checked to be one. */
    DirectBuffer key() throws StoreException {
        DirectBuffer key = entries.key();
        if (key.capacity() < InternalKey.TRAILER_LENGTH) {
            throw StoreException.corruption(
                    "job.key", "expected an internal key of at least 8 bytes, found " + key.capacity());
        }
        return key;
    }

    long trailer() throws StoreException {
        return InternalKey.trailer(key());
    }

    DirectBuffer value() {
        return entries.value();
    }

    /** Whether there is an entry here, and it is one of this user key. */
    boolean isAt(DirectBuffer userKey) throws StoreException {
        if (!entries.isValid()) {
            return false;
        }
        DirectBuffer key = key();
        return comparator.compare(key, 0, InternalKey.userKeyLength(key), userKey, 0, userKey.capacity()) == 0;
    }

    /** Whether a range deletion hides this entry from every reader that sees it. */
    boolean isCovered(DirectBuffer internalKey) {
        if (tombstones == RangeTombstones.NONE) {
            return false;
        }
        long sequence = InternalKey.sequence(InternalKey.trailer(internalKey));
        return tombstones.covering(internalKey, stripes.end(sequence)) > sequence;
    }

    /** Whether {@code key} stands after {@code other}. */
    boolean isAfter(byte[] key, DirectBuffer other) {
        return comparator.compare(new UnsafeBuffer(key), other) > 0;
    }
}
