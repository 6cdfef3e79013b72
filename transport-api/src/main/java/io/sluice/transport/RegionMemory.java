// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The memory behind a {@link Region}, for transports: shares in it keep it from going back to its pool. Whoever takes a
 * share releases it exactly once.
 */
public final class RegionMemory {
    private final RegionPool pool;
    private final int slabIndex;
    private final int offset;
    private final int length;
    private final AtomicInteger shares = new AtomicInteger(1);

    RegionMemory(RegionPool pool, int slabIndex, int offset, int length) {
        this.pool = pool;
        this.slabIndex = slabIndex;
        this.offset = offset;
        this.length = length;
    }

    /** The pool it is of. */
    public RegionPool pool() {
        return pool;
    }

    /** Which of the pool's slabs it lies in. */
    public int slabIndex() {
        return slabIndex;
    }

    /** The part of the pool that it lies in. */
    public int part() {
        return slabIndex / pool.slabsPerPart();
    }

    /** The slab; its position and limit are not to be changed: duplicate it. */
    public ByteBuffer slab() {
        return pool.slab(slabIndex);
    }

    /** Where it starts in the slab. */
    public int offset() {
        return offset;
    }

    /** Bytes. */
    public int length() {
        return length;
    }

    /**
     * Takes a further share; the caller must hold one.
     *
     * @throws IllegalStateException where the memory has gone back
     */
    public void retain() {
        if (shares.getAndUpdate(n -> n <= 0 ? n : n + 1) <= 0) {
            throw new IllegalStateException("memory has gone back to its pool");
        }
    }

    /**
     * Gives a share back; the last one returns the memory to its pool.
     *
     * @throws IllegalStateException where there is none left
     */
    public void release() {
        int left = shares.decrementAndGet();
        if (left < 0) {
            throw new IllegalStateException("released more often than retained");
        }
        if (left == 0) {
            pool.giveBack(this);
        }
    }
}
