// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.BufferUtil;
import org.jctools.queues.varhandle.MpmcVarHandleArrayQueue;

/**
 * Direct buffers that files borrow, so that neither reads nor short-lived writers allocate. Safe for concurrent use.
 *
 * <p>At most {@link #RETAINED} stay between uses; what is taken beyond that is freed when it comes back. After
 * {@link #close()} everything that comes back is freed.
 */
final class ScratchBuffers implements AutoCloseable {
    /** Bytes of each buffer: a block of an SST, mostly. */
    static final int LENGTH = 64 * 1024;

    private static final int RETAINED = 32;

    private final MpmcVarHandleArrayQueue<ByteBuffer> free = new MpmcVarHandleArrayQueue<>(RETAINED);
    private volatile boolean closed;

    /** An empty buffer, to be given back. */
    ByteBuffer take() {
        ByteBuffer buffer = free.relaxedPoll();
        return buffer != null
                ? buffer.clear()
                : ByteBuffer.allocateDirect(LENGTH).order(ByteOrder.nativeOrder());
    }

    /** Gives a buffer back; the caller must not touch it afterwards. */
    void give(ByteBuffer buffer) {
        if (closed || !free.offer(buffer)) {
            BufferUtil.free(buffer);
            return;
        }
        if (closed) {
            drain();
        }
    }

    @Override
    public void close() {
        closed = true;
        drain();
    }

    private void drain() {
        for (ByteBuffer buffer = free.poll(); buffer != null; buffer = free.poll()) {
            BufferUtil.free(buffer);
        }
    }
}
