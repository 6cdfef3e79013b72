// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.Bytes;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** How a block's keys compare with what is sought in it. Immutable. */
final class EntryOrder {
    private final @Nullable KeyComparator comparator;
    private final int trailerLength;

    private EntryOrder(@Nullable KeyComparator comparator, int trailerLength) {
        this.comparator = comparator;
        this.trailerLength = trailerLength;
    }

    /** Names in plain bytes. */
    static EntryOrder ofNames() {
        return new EntryOrder(null, 0);
    }

    /** Internal keys, sought by internal keys. */
    static EntryOrder ofInternalKeys(KeyComparator comparator) {
        return new EntryOrder(comparator, InternalKey.TRAILER_LENGTH);
    }

    /** User keys, as in most indexes, sought by internal keys. */
    static EntryOrder ofUserKeys(KeyComparator comparator) {
        return new EntryOrder(comparator, 0);
    }

    /** The shortest key that can stand in the block, in bytes. */
    int minKeyLength() {
        return trailerLength;
    }

    /** Compares a key of the block, a range of at least {@link #minKeyLength} bytes, with the one that is sought. */
    int compare(DirectBuffer bytes, int offset, int length, DirectBuffer sought) {
        KeyComparator userKeys = comparator;
        if (userKeys == null) {
            return Bytes.compare(bytes, offset, length, sought, 0, sought.capacity());
        }
        int order =
                userKeys.compare(bytes, offset, length - trailerLength, sought, 0, InternalKey.userKeyLength(sought));
        if (order != 0 || trailerLength == 0) {
            return order;
        }
        long trailer = bytes.getLong(offset + length - trailerLength, ByteOrder.LITTLE_ENDIAN);
        return Long.compareUnsigned(InternalKey.trailer(sought), trailer);
    }

    /** A copy of the user key in a key of the block. Not for names. */
    Slice userKey(DirectBuffer key) {
        byte[] userKey = new byte[key.capacity() - trailerLength];
        key.getBytes(0, userKey);
        return Slice.wrap(userKey);
    }

    /** Whether a key of the block has a higher user key than the internal key {@code sought}. Not for names. */
    boolean isUserKeyAbove(DirectBuffer key, DirectBuffer sought) {
        KeyComparator userKeys = comparator;
        return userKeys != null
                && userKeys.compare(
                                key, 0, key.capacity() - trailerLength, sought, 0, InternalKey.userKeyLength(sought))
                        > 0;
    }
}
