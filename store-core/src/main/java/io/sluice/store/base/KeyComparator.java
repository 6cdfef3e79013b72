// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import org.agrona.DirectBuffer;

/**
 * A total order of user keys. The buffers given are views whose capacity is the key's length; an implementation keeps
 * none of them. Implementations are stateless and safe for concurrent use.
 */
public interface KeyComparator {
    /** The name that is stored in files; a store is opened with the comparator it was written with. */
    String name();

    /** Compares two user keys. */
    int compare(DirectBuffer a, DirectBuffer b);

    /** Compares two user keys that are ranges of larger buffers. */
    int compare(DirectBuffer a, int aOffset, int aLength, DirectBuffer b, int bOffset, int bLength);

    /**
     * Whether the order is the unsigned lexicographic one, so that a key's first eight bytes, read as a big-endian
     * unsigned number, decide where they differ.
     */
    default boolean isBytewise() {
        return false;
    }

    /**
     * A short key {@code k} with {@code start <= k < limit}, for index blocks.
     *
     * @return {@code start} itself where there is none shorter
     */
    default byte[] shortestSeparator(byte[] start, byte[] limit) {
        return start;
    }

    /** A short key {@code k >= key}, for index blocks; {@code key} itself where there is none shorter. */
    default byte[] shortSuccessor(byte[] key) {
        return key;
    }
}
