// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memory;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A contiguous piece of off-heap memory, at least 8-byte aligned. It has one owner, who releases it exactly once; use
 * after that throws {@link IllegalStateException} (in tests always; elsewhere where the check costs nothing).
 */
public interface MemoryBlock {
    /** The memory. Its capacity is the block's length; the view dies with the block. */
    UnsafeBuffer buffer();

    /** Bytes, a multiple of the pool's chunk length. */
    int length();

    /**
     * Gives the memory back.
     *
     * @throws IllegalStateException where it was released before
     */
    void release();
}
