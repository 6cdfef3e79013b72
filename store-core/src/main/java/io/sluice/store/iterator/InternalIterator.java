// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import java.io.IOException;
import org.agrona.DirectBuffer;

/**
 * Walks entries in the order of internal keys. Used by one thread; its opener closes it. A fresh iterator stands
 * nowhere. {@link #key()} and {@link #value()} are views that are valid until the next move or close, and may be called
 * only while {@link #isValid()}. Moves throw where the source cannot be read; the iterator is then invalid.
 */
public interface InternalIterator extends AutoCloseable {
    /** Whether it stands on an entry. */
    boolean isValid();

    /** Moves to the first entry. */
    void seekToFirst() throws IOException;

    /** Moves to the last entry. */
    void seekToLast() throws IOException;

    /** Moves to the first entry whose internal key is at or after {@code internalKey}. */
    void seek(DirectBuffer internalKey) throws IOException;

    /** Moves to the last entry whose internal key is at or before {@code internalKey}. */
    void seekForPrev(DirectBuffer internalKey) throws IOException;

    /** Moves on by one. Requires {@link #isValid()}. */
    void next() throws IOException;

    /** Moves back by one. Requires {@link #isValid()}. */
    void prev() throws IOException;

    /**
     * Moves on towards {@code internalKey}, which is behind the key here, but passes over nothing that is newer than
     * {@code sequence}. Requires {@link #isValid()}.
     *
     * @return false where it did not move, since there may be something newer
     */
    default boolean skipForward(DirectBuffer internalKey, long sequence) throws IOException {
        return false;
    }

    /** The same back towards {@code internalKey}, which is before the key here. */
    default boolean skipBackward(DirectBuffer internalKey, long sequence) throws IOException {
        return false;
    }

    /** The internal key here, as a view whose capacity is its length. */
    DirectBuffer key();

    /** The value here, as a view whose capacity is its length. */
    DirectBuffer value();

    @Override
    void close();
}
