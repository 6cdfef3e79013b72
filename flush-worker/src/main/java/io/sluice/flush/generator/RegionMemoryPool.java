// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import io.sluice.store.memory.MemoryBlock;
import io.sluice.store.memory.MemoryPool;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The store's memory from the transport's pool: memtables grow in registered regions, which are shipped as they are.
 * Safe for concurrent use. Closing it closes the pool, so it comes after the store and the transport.
 */
public final class RegionMemoryPool implements MemoryPool {
    private static final int MIN_CHUNK_LENGTH = 64 * 1024;

    private final RegionPool pool;

    /**
     * A pool over the transport's.
     *
     * @throws IllegalArgumentException where its chunks are below 64 KiB
     */
    public RegionMemoryPool(RegionPool pool) {
        if (pool.chunkLength() < MIN_CHUNK_LENGTH) {
            throw new IllegalArgumentException(
                    "chunkLength=" + pool.chunkLength() + ", expected at least " + MIN_CHUNK_LENGTH);
        }
        this.pool = pool;
    }

    /** A block that is a region. */
    record RegionBlock(Region region) implements MemoryBlock {
        @Override
        public UnsafeBuffer buffer() {
            return region.buffer();
        }

        @Override
        public int length() {
            return region.length();
        }

        @Override
        public void release() {
            region.release();
        }
    }

    @Override
    public int chunkLength() {
        return pool.chunkLength();
    }

    @Override
    public long capacity() {
        return pool.capacity();
    }

    @Override
    public long inUse() {
        return pool.inUse();
    }

    @Override
    public int maxBlockLength() {
        return pool.maxRegionLength();
    }

    @Override
    public @Nullable MemoryBlock tryAcquire(int length) {
        Region region = pool.tryAcquire(length);
        return region == null ? null : new RegionBlock(region);
    }

    @Override
    public void onRelease(Runnable action) {
        pool.onRelease(action);
    }

    @Override
    public void close() {
        pool.close();
    }
}
