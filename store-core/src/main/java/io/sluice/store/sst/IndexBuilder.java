// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Builds the index: for each data block a key at or above its last and below the next block's first, as short as can
 * be, and the block's handle ({@code ShortenedIndexBuilder} in {@code index_builder.h}).
 *
 * <p>User keys do as long as no user key stands on both sides of a block boundary. Since only the last entry tells, both
 * forms are built, until such a boundary settles it for internal keys.
 */
final class IndexBuilder {
    private final KeyComparator comparator;
    private final Keys internalKeys;
    private @Nullable Keys userKeys;
    private final ByteWriter full = new ByteWriter(32);
    private final ByteWriter delta = new ByteWriter(16);
    private @Nullable BlockHandle previous;

    IndexBuilder(KeyComparator comparator, int restartInterval) {
        this.comparator = comparator;
        this.internalKeys = new Keys(restartInterval);
        this.userKeys = new Keys(restartInterval);
    }

    /**
     * Adds a data block.
     *
     * @param lastKey the block's last internal key
     * @param nextKey the next block's first internal key, or null after the last block
     */
    void add(byte[] lastKey, byte @Nullable [] nextKey, BlockHandle handle) {
        byte[] lastUserKey = userKey(lastKey);
        byte[] separator = lastKey;
        if (nextKey != null) {
            byte[] nextUserKey = userKey(nextKey);
            separator = separator(lastKey, lastUserKey, nextUserKey);
            if (compare(lastUserKey, nextUserKey) == 0) {
                userKeys = null;
            }
        }
        full.reset();
        handle.encode(full);
        delta.reset();
        if (previous != null) {
            // Blocks follow each other without a gap: the difference of lengths says all.
            long difference = handle.length() - previous.length();
            delta.putVarint64((difference << 1) ^ (difference >> 63));
        }
        previous = handle;
        internalKeys.add(separator, full, delta);
        if (userKeys != null) {
            userKeys.add(userKey(separator), full, delta);
        }
    }

    /** Whether the index holds user keys only. */
    boolean keyIsUserKey() {
        return userKeys != null;
    }

    /** Completes the index; the builder has its contents. */
    BlockBuilder finish() {
        BlockBuilder block = (userKeys != null ? userKeys : internalKeys).block;
        block.finish();
        return block;
    }

    private byte[] separator(byte[] lastKey, byte[] lastUserKey, byte[] nextUserKey) {
        byte[] shortest = comparator.shortestSeparator(lastUserKey, nextUserKey);
        if (shortest.length > lastUserKey.length || compare(lastUserKey, shortest) >= 0) {
            return lastKey;
        }
        return InternalKey.encode(
                new UnsafeBuffer(shortest), InternalKey.trailer(InternalKey.MAX_SEQUENCE, TableFormat.SEPARATOR_TYPE));
    }

    private int compare(byte[] a, byte[] b) {
        return comparator.compare(new UnsafeBuffer(a), new UnsafeBuffer(b));
    }

    private static byte[] userKey(byte[] internalKey) {
        return Arrays.copyOf(internalKey, internalKey.length - InternalKey.TRAILER_LENGTH);
    }

    /** One form of the index. */
    private static final class Keys {
        private final BlockBuilder block;
        private byte[] last = new byte[0];

        Keys(int restartInterval) {
            this.block = new BlockBuilder(restartInterval, 4096);
        }

        void add(byte[] key, ByteWriter full, ByteWriter delta) {
            int mismatch = Arrays.mismatch(last, key);
            int shared = mismatch < 0 ? key.length : mismatch;
            block.addIndexEntry(key, shared, full.buffer(), full.length(), delta.buffer(), delta.length());
            last = key;
        }
    }
}
