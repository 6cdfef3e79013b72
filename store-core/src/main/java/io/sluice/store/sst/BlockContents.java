// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import org.agrona.DirectBuffer;

/** A block's uncompressed bytes, lent by a {@link BlockSource} until closed. They never change. */
public interface BlockContents extends AutoCloseable {
    /** The bytes, as a view whose capacity is their length. */
    DirectBuffer buffer();

    /** Gives the block back: the bytes must not be looked at any more. */
    @Override
    void close();
}
