// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memory;

import org.jspecify.annotations.Nullable;

/**
 * The port through which the store gets off-heap memory: a pool with a bound, handing out blocks of a whole number of
 * chunks. Implementations are safe for concurrent use. Whoever opened the pool closes it, after every block was
 * released.
 */
public interface MemoryPool extends AutoCloseable {
    /** Bytes of a chunk: a power of two from 64 KiB to 64 MiB. */
    int chunkLength();

    /** The most bytes that may be handed out at a time. */
    long capacity();

    /** Bytes handed out now. */
    long inUse();

    /** The longest contiguous block that can ever be had, in bytes. */
    int maxBlockLength();

    /**
     * Takes a block without waiting.
     *
     * @param length bytes wanted; rounded up to whole chunks
     * @return a zero-filled block of at least {@code length} bytes, owned by the caller, or null where the pool has no
     *     room now
     * @throws IllegalArgumentException where {@code length} is below 1 or above {@link #maxBlockLength()}
     */
    @Nullable
    MemoryBlock tryAcquire(int length);

    /**
     * Registers an action to be run once when a block is next released, on the releasing thread; it must be short. For
     * callers that got null from {@link #tryAcquire}: they register, then try once more, for a block may have come back
     * in between.
     */
    void onRelease(Runnable action);

    @Override
    void close();
}
