// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A block's uncompressed bytes in off-heap memory, counted by its holders; whoever gives the last reference back frees
 * them. The bytes never change. Safe for concurrent use.
 *
 * <p>Invariants: the memory is there as long as {@code references} is above 0; once that is 0 it never rises again. A
 * look at a freed block throws, be it through {@link #buffer()} or through the view that it gave.
 */
public final class OffHeapBlock {
    private static final VarHandle REFERENCES;
    private static final AtomicLong LIVE_BYTES = new AtomicLong();

    static {
        try {
            REFERENCES = MethodHandles.lookup().findVarHandle(OffHeapBlock.class, "references", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private final ByteBuffer memory;
    private final int length;

    @SuppressWarnings("UnusedVariable") // by REFERENCES
    private volatile int references = 1;

    private OffHeapBlock(int length) {
        this.length = length;
        this.memory = ByteBuffer.allocateDirect(length);
        LIVE_BYTES.addAndGet(length);
        view.wrap(memory, 0, length);
    }

    /** A block with a copy of a range, and one reference, the caller's. */
    public static OffHeapBlock copyOf(DirectBuffer source, int offset, int length) {
        source.boundsCheck(offset, length);
        OffHeapBlock block = new OffHeapBlock(length);
        block.view.putBytes(0, source, offset, length);
        return block;
    }

    /** Bytes of all blocks of this process that are not freed. */
    public static long liveBytes() {
        return LIVE_BYTES.get();
    }

    /**
     * The bytes, as a view whose capacity is their length, to be used only while a reference is held.
     *
     * @throws IllegalStateException where the block is freed
     */
    public DirectBuffer buffer() {
        if ((int) REFERENCES.getAcquire(this) <= 0) {
            throw new IllegalStateException("the block was released before this use");
        }
        return view;
    }

    /** Bytes in it. */
    public int length() {
        return length;
    }

    /** Takes a reference: false where the block is freed. */
    public boolean tryRetain() {
        int seen = (int) REFERENCES.getOpaque(this);
        while (seen > 0) {
            int witness = (int) REFERENCES.compareAndExchange(this, seen, seen + 1);
            if (witness == seen) {
                return true;
            }
            seen = witness;
        }
        return false;
    }

    /**
     * Gives a reference back.
     *
     * @throws IllegalStateException where there is none
     */
    public void release() {
        int before = (int) REFERENCES.getAndAdd(this, -1);
        if (before == 1) {
            view.wrap(0, 0);
            BufferUtil.free(memory);
            LIVE_BYTES.addAndGet(-length);
        } else if (before <= 0) {
            REFERENCES.getAndAdd(this, 1);
            throw new IllegalStateException("the block was released more often than retained");
        }
    }
}
