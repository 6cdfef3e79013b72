// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memory;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pool of blocks cut from slabs of this process's direct memory. A slab is taken from the system when those before it
 * have no room, and kept until {@link #close()}; a block lies within one slab, so the slab's length bounds the longest
 * contiguous block.
 *
 * <p>Thread safety: all methods may be called by any thread. One lock guards which chunks are taken, held for a bit
 * search only, except when a slab is taken from the system, which costs about a millisecond for 4 MiB.
 *
 * <p>Invariants: a chunk's bit is set exactly while a block that covers it is not yet released; the chunks whose bit is
 * clear are zero, for a block is cleared when it comes back, on the releasing thread, so that taking one costs a writer
 * nothing; the view of a released block has capacity 0 from before its bits are clear.
 */
public final class SlabMemoryPool implements MemoryPool {
    private static final Logger LOG = LoggerFactory.getLogger(SlabMemoryPool.class);

    private static final int MIN_CHUNK_LENGTH = 64 * 1024;
    private static final int MAX_CHUNK_LENGTH = 64 * 1024 * 1024;

    private final int chunkLength;
    private final int slabLength;
    private final int maxSlabs;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final List<Slab> slabs = new ArrayList<>();

    @GuardedBy("lock")
    private List<Runnable> releaseActions = new ArrayList<>();

    @GuardedBy("lock")
    private long inUse;

    @GuardedBy("lock")
    private boolean closed;

    /** Whether the JVM has refused a slab, so that it is told of once. */
    @GuardedBy("lock")
    private boolean refused;

    /**
     * Creates an empty pool; memory is taken when blocks are.
     *
     * @param capacity the most bytes that may be handed out; rounded up to whole slabs
     * @param chunkLength bytes of a chunk, a power of two from 64 KiB to 64 MiB
     * @param slabLength bytes of a slab, and so of the longest block; rounded up to whole chunks
     * @throws IllegalArgumentException where a figure is out of its range
     */
    public SlabMemoryPool(long capacity, int chunkLength, int slabLength) {
        if (!BitUtil.isPowerOfTwo(chunkLength) || chunkLength < MIN_CHUNK_LENGTH || chunkLength > MAX_CHUNK_LENGTH) {
            throw new IllegalArgumentException("chunkLength=" + chunkLength + " is no power of two from "
                    + MIN_CHUNK_LENGTH + " to " + MAX_CHUNK_LENGTH);
        }
        if (slabLength < 1 || slabLength > Integer.MAX_VALUE - chunkLength) {
            throw new IllegalArgumentException(
                    "slabLength=" + slabLength + " is not from 1 to " + (Integer.MAX_VALUE - chunkLength));
        }
        this.chunkLength = chunkLength;
        this.slabLength = BitUtil.align(slabLength, chunkLength);
        long wanted = (capacity - 1) / this.slabLength + 1;
        if (capacity < 1 || wanted > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("capacity=" + capacity + " is not from 1 to "
                    + (long) Integer.MAX_VALUE * this.slabLength + " with slabs of " + this.slabLength);
        }
        this.maxSlabs = (int) wanted;
    }

    @Override
    public int chunkLength() {
        return chunkLength;
    }

    @Override
    public long capacity() {
        return (long) maxSlabs * slabLength;
    }

    @Override
    public long inUse() {
        synchronized (lock) {
            return inUse;
        }
    }

    @Override
    public int maxBlockLength() {
        return slabLength;
    }

    @Override
    public @Nullable MemoryBlock tryAcquire(int length) {
        if (length < 1 || length > slabLength) {
            throw new IllegalArgumentException("length=" + length + " is not from 1 to maxBlockLength=" + slabLength);
        }
        int chunks = (length - 1) / chunkLength + 1;
        synchronized (lock) {
            if (closed) {
                throw new IllegalStateException("the memory pool is closed");
            }
            for (Slab slab : slabs) {
                int first = slab.findFree(chunks);
                if (first >= 0) {
                    return take(slab, first, chunks);
                }
            }
            ByteBuffer memory = slabs.size() == maxSlabs ? null : allocateSlab();
            if (memory == null) {
                return null;
            }
            Slab slab = new Slab(memory, slabLength / chunkLength);
            slabs.add(slab);
            return take(slab, 0, chunks);
        }
    }

    @Override
    public void onRelease(Runnable action) {
        synchronized (lock) {
            releaseActions.add(action);
        }
    }

    /**
     * Lets the slabs go. The JVM unmaps each when no view of it is left, so that a view kept too long reads stale bytes
     * but never unmapped memory.
     *
     * @throws IllegalStateException where blocks are still in use; the pool is closed all the same
     */
    @Override
    public void close() {
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            slabs.clear();
            if (inUse != 0) {
                throw new IllegalStateException(
                        "the memory pool was closed with " + inUse + " bytes in use: their owners release them first");
            }
        }
    }

    @GuardedBy("lock")
    private MemoryBlock take(Slab slab, int first, int chunks) {
        slab.taken.set(first, first + chunks);
        inUse += (long) chunks * chunkLength;
        return new Block(slab, first, chunks);
    }

    /** Null where the JVM has no direct memory left: the pool goes on with the slabs that it has. */
    @GuardedBy("lock")
    private @Nullable ByteBuffer allocateSlab() {
        try {
            return BufferUtil.allocateDirectAligned(slabLength, BitUtil.CACHE_LINE_LENGTH);
        } catch (OutOfMemoryError e) {
            String problem = "no direct memory for a slab of " + slabLength + " bytes: the pool's capacity is "
                    + capacity() + ", so give the JVM more than that by -XX:MaxDirectMemorySize, or lower the capacity";
            if (slabs.isEmpty()) {
                throw new IllegalStateException(problem, e);
            }
            if (!refused) {
                refused = true;
                LOG.warn("{}; going on with {} slabs", problem, slabs.size());
            }
            return null;
        }
    }

    private void giveBack(Slab slab, int first, int chunks) {
        List<Runnable> actions;
        synchronized (lock) {
            slab.taken.clear(first, first + chunks);
            inUse -= (long) chunks * chunkLength;
            actions = releaseActions;
            releaseActions = new ArrayList<>();
        }
        for (Runnable action : actions) {
            try {
                action.run();
            } catch (RuntimeException e) {
                LOG.error("an action waiting for memory failed; the others are run all the same", e);
            }
        }
    }

    /** One piece of direct memory, and which of its chunks are taken (guarded by the pool's lock). */
    private static final class Slab {
        final ByteBuffer memory;
        final BitSet taken = new BitSet();
        final int chunks;

        Slab(ByteBuffer memory, int chunks) {
            this.memory = memory;
            this.chunks = chunks;
        }

        /** The first of {@code wanted} adjacent free chunks, or -1. */
        int findFree(int wanted) {
            int first = taken.nextClearBit(0);
            while (first + wanted <= chunks) {
                int end = taken.nextSetBit(first);
                if (end < 0 || end - first >= wanted) {
                    return first;
                }
                first = taken.nextClearBit(end);
            }
            return -1;
        }
    }

    private final class Block implements MemoryBlock {
        private final Slab slab;
        private final int first;
        private final int chunks;
        private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
        private final AtomicBoolean released = new AtomicBoolean();

        Block(Slab slab, int first, int chunks) {
            this.slab = slab;
            this.first = first;
            this.chunks = chunks;
            view.wrap(slab.memory, first * chunkLength, length());
        }

        @Override
        public UnsafeBuffer buffer() {
            if (released.get()) {
                throw new IllegalStateException("the memory block was released before this use");
            }
            return view;
        }

        @Override
        public int length() {
            return chunks * chunkLength;
        }

        @Override
        public void release() {
            if (!released.compareAndSet(false, true)) {
                throw new IllegalStateException("the memory block was released before");
            }
            view.setMemory(0, length(), (byte) 0);
            // Same address, no length: a late user fails its bounds check, and one in the midst of a read stays in the
            // slab.
            view.wrap(slab.memory, first * chunkLength, 0);
            giveBack(slab, first, chunks);
        }
    }
}
