// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import org.agrona.UnsafeAccess;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * Memory of a ring: on the heap, so that a thread which still uses a connection that ended can touch nothing freed, and
 * nobody has to free it. Agrona refuses arrays for what needs atomic access to eight bytes, since an array need not be
 * aligned to them; this one starts where it is.
 */
final class RingMemory extends UnsafeBuffer {
    private static final int PADDING = (8 - UnsafeAccess.ARRAY_BYTE_BASE_OFFSET % 8) % 8;

    RingMemory(int ringLength) {
        super(
                new byte[PADDING + ringLength + RingBufferDescriptor.TRAILER_LENGTH],
                PADDING,
                ringLength + RingBufferDescriptor.TRAILER_LENGTH);
    }

    @Override
    public void verifyAlignment() {
        if (addressOffset() % 8 != 0) {
            throw new IllegalStateException("addressOffset=" + addressOffset() + " is not aligned to 8 bytes");
        }
    }
}
