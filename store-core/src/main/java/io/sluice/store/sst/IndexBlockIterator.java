// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.ByteReader;
import io.sluice.store.base.StoreException;
import org.agrona.DirectBuffer;

/**
 * Walks an index block. From format version 4 on a value has no length, and behind a shortened key it is only the
 * difference of its block's length from the one before, whose end is where its own begins.
 */
final class IndexBlockIterator extends BlockIterator {
    private final boolean isDeltaEncoded;
    private long blockOffset;
    private long blockLength;

    IndexBlockIterator(EntryOrder order, boolean isDeltaEncoded) {
        super(order, !isDeltaEncoded);
        this.isDeltaEncoded = isDeltaEncoded;
    }

    /** The handle here. */
    BlockHandle handle() {
        return new BlockHandle(blockOffset, blockLength);
    }

    @Override
    int readValue(DirectBuffer bytes, int offset, int limit, int valueLength, boolean isDelta) throws StoreException {
        int length = valueLength < 0 ? limit - offset : valueLength;
        ByteReader reader = new ByteReader("index value", bytes, offset, length);
        try {
            if (isDeltaEncoded && isDelta) {
                long zigzag = reader.readVarint64();
                blockOffset += blockLength + TableFormat.TRAILER_LENGTH;
                blockLength += (zigzag >>> 1) ^ -(zigzag & 1);
            } else {
                blockOffset = reader.readVarint64();
                blockLength = reader.readVarint64();
            }
        } catch (StoreException e) {
            throw error(offset, String.valueOf(e.getMessage()));
        }
        return valueLength < 0 ? reader.position() : offset + valueLength;
    }
}
