// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.Bytes;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.iterator.InternalKeyOrder;
import java.util.Comparator;
import org.agrona.DirectBuffer;

/**
 * How a block's keys compare with what is sought in it.
 *
 * @param minKeyLength the shortest key that can stand in the block, in bytes
 * @param comparator compares a key of at least that length with a sought key
 */
record EntryOrder(int minKeyLength, Comparator<DirectBuffer> comparator) {
    /** Names in plain bytes. */
    static EntryOrder ofNames() {
        return new EntryOrder(0, Bytes::compare);
    }

    /** Internal keys, sought by internal keys. */
    static EntryOrder ofInternalKeys(KeyComparator comparator) {
        return new EntryOrder(InternalKey.TRAILER_LENGTH, new InternalKeyOrder(comparator));
    }

    /** User keys, as in most indexes, sought by internal keys. */
    static EntryOrder ofUserKeys(KeyComparator comparator) {
        return new EntryOrder(
                0,
                (key, sought) ->
                        comparator.compare(key, 0, key.capacity(), sought, 0, InternalKey.userKeyLength(sought)));
    }
}
