// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.cache.OffHeapCache;
import io.sluice.store.cache.OffHeapCache.Role;

/**
 * A cache of uncompressed blocks in off-heap memory, with a bound in bytes, that any number of stores and column families
 * share. Safe for concurrent use. Whoever made it closes it, after the stores.
 *
 * <p>The bound holds for the blocks that the cache keeps; blocks that reads and iterators are looking at, one or two for
 * each, and pinned ones may come on top.
 */
public final class BlockCache implements AutoCloseable {
    private final OffHeapCache cache;

    /**
     * A cache.
     *
     * @param capacity bytes, 1 to 2^50
     */
    public BlockCache(long capacity) {
        this.cache = new OffHeapCache(Checks.inRange("capacity", capacity, 1, 1L << 50));
    }

    /** The bound, bytes. */
    public long capacity() {
        return cache.capacity();
    }

    /** Bytes of the blocks that it keeps. */
    public long usage() {
        return cache.usage();
    }

    /** Blocks that it keeps. */
    public long blockCount() {
        return cache.blockCount();
    }

    /** Blocks found in it. */
    public long hits() {
        return cache.hits(Role.DATA) + cache.hits(Role.INDEX) + cache.hits(Role.FILTER);
    }

    /** Blocks that had to be read from their files. */
    public long misses() {
        return cache.misses(Role.DATA) + cache.misses(Role.INDEX) + cache.misses(Role.FILTER);
    }

    /** Those of {@link #hits()} that hold entries. */
    public long dataHits() {
        return cache.hits(Role.DATA);
    }

    /** Those of {@link #misses()} that hold entries. */
    public long dataMisses() {
        return cache.misses(Role.DATA);
    }

    /** Blocks that went to make room. */
    public long evictions() {
        return cache.evictions();
    }

    /** Frees all blocks but those in use, which are freed when they are given back. */
    @Override
    public void close() {
        cache.close();
    }

    OffHeapCache cache() {
        return cache;
    }
}
