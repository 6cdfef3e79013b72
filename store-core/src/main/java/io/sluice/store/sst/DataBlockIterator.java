// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.InternalKey;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Walks a block of keys and values: data, metaindex, properties. */
final class DataBlockIterator extends BlockIterator {
    /** Keys have sequence numbers of their own. */
    static final long NO_SEQUENCE = -1;

    private final UnsafeBuffer value = new UnsafeBuffer(0, 0);
    private long sequence = NO_SEQUENCE;

    DataBlockIterator(EntryOrder order) {
        super(order, true);
    }

    /** From the next block on, gives every key this sequence number, unless it is {@link #NO_SEQUENCE}. */
    void overrideSequence(long number) {
        sequence = number;
    }

    /** The value here, a view of the block, until the next move. */
    DirectBuffer value() {
        return value;
    }

    @Override
    void completeKey(byte[] bytes, int length, UnsafeBuffer key) {
        if (sequence != NO_SEQUENCE) {
            int trailer = length - InternalKey.TRAILER_LENGTH;
            InternalKey.putTrailer(key, trailer, InternalKey.trailer(sequence, bytes[trailer]));
        }
    }

    @Override
    int readValue(DirectBuffer bytes, int offset, int limit, int valueLength, boolean isDelta) {
        value.wrap(bytes, offset, valueLength);
        return offset + valueLength;
    }
}
