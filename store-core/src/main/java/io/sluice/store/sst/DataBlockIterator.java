// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Walks a block of keys and values: data, metaindex, properties. */
final class DataBlockIterator extends BlockIterator {
    private final UnsafeBuffer value = new UnsafeBuffer(0, 0);

    DataBlockIterator(EntryOrder order) {
        super(order, true);
    }

    /** The value here, a view of the block, until the next move. */
    DirectBuffer value() {
        return value;
    }

    @Override
    int readValue(DirectBuffer bytes, int offset, int limit, int valueLength, boolean isDelta) {
        value.wrap(bytes, offset, valueLength);
        return offset + valueLength;
    }
}
