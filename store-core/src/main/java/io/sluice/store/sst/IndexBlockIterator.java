// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.StoreException;
import org.agrona.DirectBuffer;

/**
 * Walks an index block. From format version 4 on a value has no length, and behind a shortened key it is only the
 * difference of its block's length from the one before, whose end is where its own begins. An index with first keys has
 * each block's first internal key behind its handle, with its length.
 */
final class IndexBlockIterator extends BlockIterator {
    private boolean isDeltaEncoded;
    private boolean hasFirstKey;
    private long targetOffset;
    private long targetLength;
    private int position;

    IndexBlockIterator(EntryOrder order) {
        super(order, true);
    }

    /** Turns to indexes of another form. */
    void form(boolean deltaEncoded, boolean withFirstKey) {
        isDeltaEncoded = deltaEncoded;
        hasFirstKey = withFirstKey;
    }

    @Override
    boolean hasValueLength() {
        return !isDeltaEncoded;
    }

    /** Where the block is that the index names here. */
    long targetOffset() {
        return targetOffset;
    }

    /** Its length. */
    long targetLength() {
        return targetLength;
    }

    /** Where the block ends that the index names here, with its trailer. */
    long targetEnd() {
        return targetOffset + targetLength + TableFormat.TRAILER_LENGTH;
    }

    /**
     * Refuses a block that does not begin at or behind {@code end}: each is named once, in the order of the file. Otherwise a
     * few bytes could name one block again and again, and a walk through the table would take years.
     */
    void checkBehind(long end) throws StoreException {
        if (targetOffset < end) {
            throw error(position, "expected a block at or behind " + end + ", found one at " + targetOffset);
        }
    }

    /** As {@link #checkBehind}, for walks back: refuses a block that does not end at or before {@code offset}. */
    void checkBefore(long offset) throws StoreException {
        if (targetEnd() > offset) {
            throw error(
                    position, "expected a block that ends by " + offset + ", found one that ends at " + targetEnd());
        }
    }

    @Override
    int readValue(DirectBuffer bytes, int offset, int limit, int valueLength, boolean isDelta) throws StoreException {
        int end = valueLength < 0 ? limit : offset + valueLength;
        position = offset;
        if (isDeltaEncoded && isDelta) {
            long zigzag = varint64(bytes, end);
            targetOffset += targetLength + TableFormat.TRAILER_LENGTH;
            targetLength += (zigzag >>> 1) ^ -(zigzag & 1);
        } else {
            targetOffset = varint64(bytes, end);
            targetLength = varint64(bytes, end);
        }
        if (hasFirstKey) {
            long length = varint64(bytes, end);
            if (length < 0 || length > end - position) {
                throw error(position, "expected a first key of at most " + (end - position) + " bytes");
            }
            position += (int) length;
        }
        return valueLength < 0 ? position : end;
    }

    private long varint64(DirectBuffer bytes, int end) throws StoreException {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (position >= end) {
                throw error(position, "expected a block's handle, found the end of its entry");
            }
            byte b = bytes.getByte(position++);
            value |= (b & 0x7fL) << shift;
            if (b >= 0) {
                if (shift == 63 && b > 1) {
                    break;
                }
                return value;
            }
        }
        throw error(position, "expected a number below 2^64, found a larger one");
    }
}
