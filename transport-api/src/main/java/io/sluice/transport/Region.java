// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * A contiguous run of chunks of a {@link RegionPool}: registered off-heap memory with one owner, who releases it exactly
 * once. The memory itself goes back to the pool when, besides, every operation that uses it has ended and every exposure
 * is gone ({@link RegionMemory} counts them), so that a late peer finds no new tenant in it.
 *
 * <p>Any thread may use the buffer; releasing while another thread still uses it is the owner's error and ends in an
 * exception there, or in bytes of a later tenant, never in a crash.
 */
public final class Region {
    private final RegionMemory memory;
    private final UnsafeBuffer buffer;
    private final int length;
    private boolean released;

    Region(RegionMemory memory) {
        this.memory = memory;
        this.length = memory.length();
        this.buffer = new UnsafeBuffer(memory.slab(), memory.offset(), length);
    }

    /**
     * The memory; capacity is {@link #length()}. After release its capacity is 0, so that views kept by mistake fail.
     *
     * @throws IllegalStateException after release
     */
    public synchronized UnsafeBuffer buffer() {
        checkHeld();
        return buffer;
    }

    /** Bytes, a multiple of the pool's chunk length. */
    public int length() {
        return length;
    }

    /**
     * What lies behind this region, for transports.
     *
     * @throws IllegalStateException after release
     */
    public synchronized RegionMemory memory() {
        checkHeld();
        return memory;
    }

    /**
     * Gives the memory back.
     *
     * @throws IllegalStateException where it was released before
     */
    public void release() {
        synchronized (this) {
            checkHeld();
            released = true;
            buffer.wrap(memory.slab(), memory.offset(), 0);
        }
        memory.release();
    }

    /** Whether {@link #release()} was called. */
    public synchronized boolean isReleased() {
        return released;
    }

    /** Takes a share in the memory for a transport, atomically with the check that it is held. */
    public synchronized RegionMemory retainMemory() {
        checkHeld();
        memory.retain();
        return memory;
    }

    private void checkHeld() {
        if (released) {
            throw new IllegalStateException("region of " + length + " bytes was released");
        }
    }

    @Override
    public String toString() {
        return "Region{length=" + length + ", released=" + isReleased() + "}";
    }
}
