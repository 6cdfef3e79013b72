// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import org.agrona.DirectBuffer;

/** A source that is walked forward only, as jobs walk theirs: moves backward throw {@link UnsupportedOperationException}. */
public interface ForwardIterator extends InternalIterator {
    @Override
    default void seekToLast() {
        throw forwardOnly();
    }

    @Override
    default void seekForPrev(DirectBuffer internalKey) {
        throw forwardOnly();
    }

    @Override
    default void prev() {
        throw forwardOnly();
    }

    private UnsupportedOperationException forwardOnly() {
        return new UnsupportedOperationException(getClass().getSimpleName() + " goes forward only");
    }
}
