// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.base.StoreException;
import io.sluice.store.memory.MemoryBlock;
import io.sluice.store.memory.MemoryPool;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one memtable: chunks from the pool, filled from front to back, and runs of chunks that hold one large
 * entry each. A writer may bring blocks of its own, and fill those alone.
 *
 * <p>Thread safety: {@link #allocate} and reads may be called by any thread. Space is taken by one compare-and-set; a lock
 * is held only to add a block. {@link #release} needs that nobody else uses the arena any more.
 *
 * <p>Invariants:
 *
 * <ol>
 *   <li>A slot of the table is set before the first reference into it exists, and never changes; whoever read a reference
 *       therefore sees its slot, if it reads the table afterwards.
 *   <li>The tail names the chunk being filled and how far it is. It leaves a chunk only with the lock held, and never
 *       comes back to it.
 *   <li>Allocated ranges never overlap, and lie within one block.
 * </ol>
 */
final class Arena {
    /** What {@link #allocate} returns where the pool has no room now. */
    static final int NEEDS_MEMORY = -1;

    private final MemoryPool pool;
    private final int chunkLength;
    private final int slotShift;
    private final int positionMask;
    private final Object lock = new Object();

    private volatile @Nullable UnsafeBuffer[] slots = new UnsafeBuffer[16];

    /** Slot of the chunk being filled in the upper half, bytes used of it in the lower. */
    private final PaddedLong tail;

    /** Bytes of all blocks but the one being filled. Written with the lock held. */
    private volatile long filledLength;

    @GuardedBy("lock")
    private final List<MemoryBlock> blocks = new ArrayList<>();

    @GuardedBy("lock")
    private final List<Integer> usedLengths = new ArrayList<>();

    /** The place of the chunk being filled among the blocks, or -1. */
    @GuardedBy("lock")
    private int fillingBlock = -1;

    @GuardedBy("lock")
    private int slotCount;

    /** A chunk that one writer fills alone. */
    final class OwnChunk {
        private final int slot;
        private final int block;
        private int used;

        private OwnChunk(int slot, int block) {
            this.slot = slot;
            this.block = block;
        }

        int slot() {
            return slot;
        }

        /** Bytes taken from its beginning on. */
        int used() {
            return used;
        }

        /** Takes bytes that it has: where they begin. */
        int take(int length) {
            int at = used;
            used += length;
            synchronized (lock) {
                usedLengths.set(block, used);
            }
            return at;
        }

        /** Goes on with it for all writers, where it has more left than the chunk that is being filled. */
        void share() {
            synchronized (lock) {
                if (used < (int) tail.get()) {
                    fillNext(slot, used, block);
                }
            }
        }
    }

    Arena(MemoryPool pool) {
        this.pool = pool;
        this.chunkLength = pool.chunkLength();
        this.slotShift = MemtableFormat.slotShift(chunkLength);
        this.positionMask = (1 << slotShift) - 1;
        this.tail = new PaddedLong(-1L << 32 | chunkLength); // a full chunk before the first one
        this.filledLength = -chunkLength;
    }

    /** The memory that a reference points into. */
    UnsafeBuffer buffer(int reference) {
        UnsafeBuffer buffer = slots[reference >>> slotShift];
        assert buffer != null : "reference " + reference + " to a slot without memory";
        return buffer;
    }

    /** The place in {@link #buffer} that a reference points to. */
    int offset(int reference) {
        return (reference & positionMask) * MemtableFormat.UNIT;
    }

    /**
     * Takes zero-filled bytes.
     *
     * @param length a multiple of 8
     * @return the reference of the first byte, or {@link #NEEDS_MEMORY}
     * @throws StoreException where the length or the memtable's is beyond its bound
     */
    int allocate(long length) throws StoreException {
        if (length > chunkLength) {
            return allocateRun(length);
        }
        for (; ; ) {
            long seen = tail.get();
            int used = (int) seen;
            if (length > chunkLength - used) {
                if (!addChunk((int) (seen >> 32))) {
                    return NEEDS_MEMORY;
                }
            } else if (tail.compareAndSet(seen, seen + length)) {
                return (int) (seen >>> 32) << slotShift | used / MemtableFormat.UNIT;
            }
        }
    }

    /** The reference of a byte of a slot, at a multiple of 8. */
    int reference(int slot, int position) {
        return slot << slotShift | position / MemtableFormat.UNIT;
    }

    /** Takes over a chunk, for the caller to fill. */
    OwnChunk adoptChunk(MemoryBlock chunk) throws StoreException {
        synchronized (lock) {
            int slot = add(chunk, 1);
            filledLength += chunkLength;
            return new OwnChunk(slot, blocks.size() - 1);
        }
    }

    /** Takes over a run that holds one entry; its slot. */
    int adoptRun(MemoryBlock run, long length) throws StoreException {
        if (length > run.length()) {
            throw tooLarge(length);
        }
        synchronized (lock) {
            int slot = addRun(run, (int) length);
            filledLength += length;
            return slot;
        }
    }

    /** Bytes taken: full blocks, and the used part of the one being filled. */
    long usedLength() {
        return filledLength + (int) tail.get();
    }

    /** Bytes of the blocks held. */
    long heldLength() {
        synchronized (lock) {
            long held = 0;
            for (MemoryBlock block : blocks) {
                held += block.length();
            }
            return held;
        }
    }

    /** A number that differs between most allocations, for a random choice. */
    long position() {
        return tail.get();
    }

    int chunkLength() {
        return chunkLength;
    }

    /** The blocks so far. */
    List<MemoryBlock> blocks() {
        synchronized (lock) {
            return List.copyOf(blocks);
        }
    }

    /** Bytes used from the start of each block. Exact once nobody allocates any more. */
    List<Integer> usedLengths() {
        synchronized (lock) {
            List<Integer> lengths = new ArrayList<>(usedLengths);
            if (fillingBlock >= 0) {
                lengths.set(fillingBlock, (int) tail.get());
            }
            return List.copyOf(lengths);
        }
    }

    /** Gives all blocks back. */
    void release() {
        synchronized (lock) {
            slots = new UnsafeBuffer[0];
            for (MemoryBlock block : blocks) {
                block.release();
            }
            blocks.clear();
        }
    }

    private boolean addChunk(int fullSlot) throws StoreException {
        synchronized (lock) {
            if ((int) (tail.get() >> 32) != fullSlot) {
                return true; // another thread has added one
            }
            checkSlots(1);
            MemoryBlock chunk = pool.tryAcquire(chunkLength);
            if (chunk == null) {
                return false;
            }
            fillNext(add(chunk, 1), 0, blocks.size() - 1);
            filledLength += chunkLength;
            return true;
        }
    }

    /** Goes on in another chunk. */
    @GuardedBy("lock")
    private void fillNext(int slot, int used, int block) {
        // Others may still take what is left of the old chunk, until this very exchange.
        long left = tail.getAndSet((long) slot << 32 | used);
        if (fillingBlock >= 0) {
            usedLengths.set(fillingBlock, (int) left);
        }
        fillingBlock = block;
    }

    private int allocateRun(long length) throws StoreException {
        if (length > pool.maxBlockLength()) {
            throw tooLarge(length);
        }
        synchronized (lock) {
            checkSlots(slotsOf((int) length));
            MemoryBlock run = pool.tryAcquire((int) length);
            if (run == null) {
                return NEEDS_MEMORY;
            }
            int slot = addRun(run, (int) length);
            filledLength += length;
            return slot << slotShift;
        }
    }

    private StoreException tooLarge(long length) {
        return StoreException.invalid(
                "memtable.entry.too_large",
                "an entry needs " + length + " bytes of the memtable, the longest block of its memory pool has "
                        + pool.maxBlockLength() + ": store smaller values, or give the pool longer slabs");
    }

    @GuardedBy("lock")
    private int addRun(MemoryBlock run, int length) throws StoreException {
        int slot = add(run, slotsOf(length));
        usedLengths.set(blocks.size() - 1, length);
        return slot;
    }

    @GuardedBy("lock")
    private void checkSlots(int count) throws StoreException {
        int maxSlots = MemtableFormat.maxSlots(chunkLength);
        if (count > maxSlots - slotCount) {
            throw new StoreException(
                    StoreException.Kind.BUSY,
                    "memtable.full",
                    "the memtable has " + slotCount + " chunks of " + chunkLength + " bytes, it can have " + maxSlots
                            + ": flush it, and set write_buffer_size lower");
        }
    }

    /** Slots of a run: by the bytes used, which is all that readers of the sealed layout know. */
    private int slotsOf(int length) {
        return (length - 1) / chunkLength + 1;
    }

    /** Adds a block to the table, and returns its slot. */
    @GuardedBy("lock")
    private int add(MemoryBlock block, int count) throws StoreException {
        checkSlots(count);
        int slot = slotCount;
        @Nullable UnsafeBuffer[] table = slots;
        if (slot + count > table.length) {
            table = Arrays.copyOf(table, Math.max(slot + count, 2 * table.length));
        }
        table[slot] = block.buffer();
        slots = table;
        slotCount += count;
        blocks.add(block);
        usedLengths.add(0);
        return slot;
    }
}
