// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import io.sluice.store.base.StoreException;
import io.sluice.store.memory.MemoryBlock;
import io.sluice.store.memory.MemoryPool;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Memory for a batch's entries in one memtable, taken from the pool before any memtable is entered: a batch that finds too
 * little keeps what it has got and waits for the rest, and nobody else can take it in between.
 *
 * <p>{@link Memtable#allocate(EntryReserve, byte, org.agrona.DirectBuffer, int, int, org.agrona.DirectBuffer, int, int)}
 * never lacks memory where all entries were {@linkplain #add added} in their order and {@link #tryAcquire()} returned true:
 * the plan packs chunks in that order, each entry as long as the highest tower makes it, and shorter entries packed the same
 * way open no chunk sooner.
 *
 * <p>Used by one thread. Blocks that the memtable has not got go back by {@link #release()}.
 */
public final class EntryReserve {
    private final MemoryPool pool;
    private final int chunkLength;

    private final List<Integer> runLengths = new ArrayList<>();
    private final Queue<MemoryBlock> runs = new ArrayDeque<>();
    private int chunkCount;
    private int leftOfChunk;
    private final Queue<MemoryBlock> chunks = new ArrayDeque<>();

    /** The chunk that entries are put into. */
    private Arena.@Nullable OwnChunk filling;

    private int taken;

    /** Plans for no entry yet. */
    public EntryReserve(MemoryPool pool) {
        this.pool = pool;
        this.chunkLength = pool.chunkLength();
    }

    /** Plans for a further entry. */
    public void add(int keyLength, int valueLength) {
        long length = MemtableFormat.maxNodeLength(keyLength, valueLength);
        if (isRun(length)) {
            // An entry that is too long even with a low tower is told so when it is allocated.
            runLengths.add((int) Math.min(length, pool.maxBlockLength()));
        } else if (length > leftOfChunk) {
            chunkCount++;
            leftOfChunk = chunkLength - (int) length;
        } else {
            leftOfChunk -= (int) length;
        }
    }

    /** Bytes of all blocks planned. */
    public long plannedLength() {
        long length = (long) chunkCount * chunkLength;
        for (int run : runLengths) {
            length += ((run - 1L) / chunkLength + 1) * chunkLength;
        }
        return length;
    }

    /** Bytes of the blocks that it has. */
    public long heldLength() {
        long length = (long) chunks.size() * chunkLength;
        for (MemoryBlock run : runs) {
            length += run.length();
        }
        return length;
    }

    /** Takes what the pool has of what is missing: true where nothing is missing any more. */
    public boolean tryAcquire() {
        while (runs.size() < runLengths.size()) {
            if (!tryAcquire(runLengths.get(runs.size()), runs)) {
                return false;
            }
        }
        while (chunks.size() < chunkCount) {
            if (!tryAcquire(chunkLength, chunks)) {
                return false;
            }
        }
        return true;
    }

    private boolean tryAcquire(int length, Queue<MemoryBlock> blocks) {
        MemoryBlock block = pool.tryAcquire(length);
        return block != null && blocks.add(block);
    }

    /** Gives back what no memtable has got. */
    public void release() {
        runs.forEach(MemoryBlock::release);
        runs.clear();
        chunks.forEach(MemoryBlock::release);
        chunks.clear();
    }

    /** Lets others fill what is left of the last chunk. Called inside the memtable, once all entries are allocated. */
    public void share() {
        if (filling != null) {
            filling.share();
            filling = null;
        }
    }

    /** A number that differs between allocations. */
    long position() {
        return taken;
    }

    /**
     * Takes bytes of the blocks, which become the arena's.
     *
     * @param maxLength what {@link #add} planned for the entry
     * @return the reference of the first byte
     */
    int allocate(Arena arena, long length, long maxLength) throws StoreException {
        taken++;
        if (isRun(maxLength)) {
            int slot = arena.adoptRun(runs.element(), length);
            runs.remove();
            return arena.reference(slot, 0);
        }
        Arena.OwnChunk chunk = filling;
        if (chunk == null || length > chunkLength - chunk.used()) {
            chunk = arena.adoptChunk(chunks.element());
            chunks.remove();
            filling = chunk;
        }
        return arena.reference(chunk.slot(), chunk.take((int) length));
    }

    private boolean isRun(long maxLength) {
        return maxLength > chunkLength;
    }
}
