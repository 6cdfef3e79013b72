// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import java.util.Comparator;
import org.agrona.DirectBuffer;

/** The order of internal keys: user keys ascending, then trailers descending, so that the newest version comes first. */
public final class InternalKeyOrder implements Comparator<DirectBuffer> {
    private final KeyComparator userKeys;

    /** The order over a given order of user keys. */
    public InternalKeyOrder(KeyComparator userKeys) {
        this.userKeys = userKeys;
    }

    /** Compares two internal keys, each filling its buffer. */
    @Override
    public int compare(DirectBuffer a, DirectBuffer b) {
        int order = userKeys.compare(
                a, 0, a.capacity() - InternalKey.TRAILER_LENGTH, b, 0, b.capacity() - InternalKey.TRAILER_LENGTH);
        return order != 0 ? order : Long.compareUnsigned(InternalKey.trailer(b), InternalKey.trailer(a));
    }

    /** Compares the user key in an internal key with a user key. */
    public int compareUserKey(DirectBuffer internalKey, DirectBuffer userKey) {
        return userKeys.compare(internalKey, 0, InternalKey.userKeyLength(internalKey), userKey, 0, userKey.capacity());
    }
}
