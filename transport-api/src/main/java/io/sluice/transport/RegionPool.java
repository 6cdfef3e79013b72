// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bounded pool of off-heap memory, taken from the system once, in slabs, and handed out as runs of chunks. A transport
 * registers each slab once; nothing is registered or allocated later. Exhaustion is an answer (null), not an allocation.
 *
 * <p>Safe for concurrent use. Whoever created the pool closes it, after the transports that use it. A slab is freed when
 * the pool is closed and the last of its memory has come back, so closing early is safe too.
 *
 * <p>Invariants: a chunk's bit is set from the acquisition of its run until the run's last share is released; {@code
 * inUse} is the number of set bits times the chunk length.
 */
public final class RegionPool implements AutoCloseable {
    /** Longest slab: an {@code int} addresses it, and RDMA registers below 2 GiB. */
    public static final int MAX_SLAB_LENGTH = 1 << 30;

    private static final Logger LOG = LoggerFactory.getLogger(RegionPool.class);
    private static final int PAGE_LENGTH = 4096;
    private static final int MAX_PARTS = 64;

    private final int chunkLength;
    private final int chunksPerSlab;
    private final int slabsPerPart;
    private final long capacity;
    /** What was taken from the system; a slab is the part of it that starts at a page. */
    private final ByteBuffer[] allocations;

    private final ByteBuffer[] slabs;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final BitSet[] taken;

    @GuardedBy("lock")
    private final int[] chunksInUse;

    @GuardedBy("lock")
    private List<Runnable> releaseActions = new ArrayList<>();

    @GuardedBy("lock")
    private boolean closed;

    private volatile long inUse;

    /**
     * Takes memory from the system; all of it, at once.
     *
     * @param chunkLength bytes, a power of two from 4 KiB to 64 MiB
     * @param capacity bytes, rounded up to whole chunks
     * @throws TransportException {@code RESOURCES} where the system refuses the memory
     */
    public RegionPool(int chunkLength, long capacity) throws TransportException {
        this(chunkLength, capacity, 1);
    }

    /**
     * Takes memory in parts of equal length, each with slabs of its own, for tenants that are not to reach each other's: see
     * {@link PeerClass}.
     *
     * @param capacity bytes of all parts together, rounded up to whole chunks in each
     * @param parts 1 to 64
     * @throws TransportException as {@link #RegionPool(int, long)}
     */
    public RegionPool(int chunkLength, long capacity, int parts) throws TransportException {
        if (parts < 1 || parts > MAX_PARTS) {
            throw new IllegalArgumentException("parts=" + parts + ", expected from 1 to " + MAX_PARTS);
        }
        if (!BitUtil.isPowerOfTwo(chunkLength) || chunkLength < PAGE_LENGTH || chunkLength > 64 << 20) {
            throw new IllegalArgumentException(
                    "chunkLength=" + chunkLength + ", expected a power of two from 4096 to 67108864");
        }
        if (capacity < chunkLength || capacity > 1L << 46) {
            throw new IllegalArgumentException("capacity=" + capacity + ", expected from chunkLength to 2^46");
        }
        this.chunkLength = chunkLength;
        long chunks = ((capacity + parts - 1) / parts + chunkLength - 1) / chunkLength; // of a part
        this.capacity = chunks * chunkLength * parts;
        this.chunksPerSlab = (int) Math.min(chunks, MAX_SLAB_LENGTH / chunkLength);
        this.slabsPerPart = Math.toIntExact((chunks + chunksPerSlab - 1) / chunksPerSlab);
        int slabCount = Math.multiplyExact(slabsPerPart, parts);
        allocations = new ByteBuffer[slabCount];
        slabs = new ByteBuffer[slabCount];
        taken = new BitSet[slabCount];
        chunksInUse = new int[slabCount];
        for (int i = 0; i < slabCount; i++) {
            int slabChunks = (int) Math.min(chunksPerSlab, chunks - (long) (i % slabsPerPart) * chunksPerSlab);
            int slabLength = slabChunks * chunkLength;
            allocations[i] = allocate(slabLength + PAGE_LENGTH, i);
            slabs[i] = allocations[i].alignedSlice(PAGE_LENGTH).slice(0, slabLength);
            taken[i] = new BitSet(slabChunks);
        }
    }

    private ByteBuffer allocate(int length, int index) throws TransportException {
        try {
            return ByteBuffer.allocateDirect(length);
        } catch (OutOfMemoryError e) {
            for (int i = 0; i < index; i++) {
                BufferUtil.free(allocations[i]);
            }
            throw new TransportException(
                    TransportException.Kind.RESOURCES,
                    "transport.pool.memory",
                    "no off-heap memory for a pool of " + capacity + " bytes, at slab " + index + " of " + length
                            + " bytes: ask for less, or raise -XX:MaxDirectMemorySize",
                    e);
        }
    }

    /** Bytes of a chunk. */
    public int chunkLength() {
        return chunkLength;
    }

    /** The most bytes that may be handed out at a time. */
    public long capacity() {
        return capacity;
    }

    /** Bytes handed out now, including released ones that an operation or exposure still holds. */
    public long inUse() {
        return inUse;
    }

    /** How many parts it has. */
    public int parts() {
        return slabs.length / slabsPerPart;
    }

    /** The most bytes of one part that may be handed out at a time. */
    public long partCapacity() {
        return capacity / parts();
    }

    /** As {@link #inUse()}, of one part. */
    public long inUse(int part) {
        long chunks = 0;
        synchronized (lock) {
            for (int i = part * slabsPerPart; i < (part + 1) * slabsPerPart; i++) {
                chunks += chunksInUse[i];
            }
        }
        return chunks * chunkLength;
    }

    /** How many slabs a part has; those of part 0 come first. */
    int slabsPerPart() {
        return slabsPerPart;
    }

    /** The longest region that can ever be had, in bytes. */
    public int maxRegionLength() {
        return chunksPerSlab * chunkLength;
    }

    /** How many slabs there are, for transports that register them. */
    public int slabCount() {
        return slabs.length;
    }

    /** A slab, for transports; its position and limit are not to be changed. */
    public ByteBuffer slab(int index) {
        return slabs[index];
    }

    /**
     * Takes a region without waiting.
     *
     * @param length bytes wanted; rounded up to whole chunks
     * @return a zero-filled region owned by the caller, or null where the pool has no such run now
     * @throws IllegalArgumentException where {@code length} is below 1 or above {@link #maxRegionLength()}
     * @throws IllegalStateException after close
     */
    public @Nullable Region tryAcquire(int length) {
        return tryAcquire(length, 0);
    }

    /**
     * As {@link #tryAcquire(int)}, of one part: that takes the first one's.
     *
     * @throws IllegalArgumentException where there is no such part, too
     */
    public @Nullable Region tryAcquire(int length, int part) {
        if (part < 0 || part >= parts()) {
            throw new IllegalArgumentException("part=" + part + ", expected from 0 to " + (parts() - 1));
        }
        if (length < 1 || length > maxRegionLength()) {
            throw new IllegalArgumentException("length=" + length + ", expected from 1 to " + maxRegionLength());
        }
        int chunks = (int) (((long) length + chunkLength - 1) / chunkLength);
        RegionMemory memory = takeRun(chunks, part);
        if (memory == null) {
            return null;
        }
        new UnsafeBuffer(memory.slab(), memory.offset(), memory.length()).setMemory(0, memory.length(), (byte) 0);
        return new Region(memory);
    }

    private @Nullable RegionMemory takeRun(int chunks, int part) {
        synchronized (lock) {
            if (closed) {
                throw new IllegalStateException("pool is closed");
            }
            for (int i = part * slabsPerPart; i < (part + 1) * slabsPerPart; i++) {
                int total = slabs[i].capacity() / chunkLength;
                if (total - chunksInUse[i] < chunks) {
                    continue;
                }
                int start = findRun(taken[i], total, chunks);
                if (start >= 0) {
                    taken[i].set(start, start + chunks);
                    chunksInUse[i] += chunks;
                    int runLength = chunks * chunkLength;
                    inUse += runLength;
                    return new RegionMemory(this, i, start * chunkLength, runLength);
                }
            }
            return null;
        }
    }

    private static int findRun(BitSet taken, int total, int chunks) {
        int start = taken.nextClearBit(0);
        while (start + chunks <= total) {
            int next = taken.nextSetBit(start);
            if (next < 0 || next - start >= chunks) {
                return start;
            }
            start = taken.nextClearBit(next);
        }
        return -1;
    }

    /**
     * Registers an action to be run once when memory next comes back, on the releasing thread (perhaps a transport's
     * agent): it must be short. For callers that got null from {@link #tryAcquire}; register first, then try once more.
     */
    public void onRelease(Runnable action) {
        synchronized (lock) {
            releaseActions.add(action);
        }
    }

    void giveBack(RegionMemory memory) {
        List<Runnable> actions;
        synchronized (lock) {
            int slab = memory.slabIndex();
            int start = memory.offset() / chunkLength;
            int chunks = memory.length() / chunkLength;
            taken[slab].clear(start, start + chunks);
            chunksInUse[slab] -= chunks;
            inUse -= memory.length();
            freeIfDone(slab);
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

    /** Hands out nothing more; frees each slab as soon as nothing of it is in use. Idempotent. */
    @Override
    public void close() {
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            for (int i = 0; i < slabs.length; i++) {
                freeIfDone(i);
            }
        }
    }

    @GuardedBy("lock")
    private void freeIfDone(int slab) {
        if (closed && chunksInUse[slab] == 0) {
            BufferUtil.free(allocations[slab]);
        }
    }

    @Override
    public String toString() {
        return "RegionPool{chunkLength=" + chunkLength + ", capacity=" + capacity + ", inUse=" + inUse + "}";
    }
}
