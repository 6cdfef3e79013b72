// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import io.sluice.store.memory.MemoryBlock;
import io.sluice.store.memory.MemoryPool;
import org.agrona.concurrent.UnsafeBuffer;

/** Memory that the garbage collector takes back, in small chunks so that tests meet the change from one to the next. */
final class HeapPool implements MemoryPool {
    private final int chunkLength;

    HeapPool(int chunkLength) {
        this.chunkLength = chunkLength;
    }

    @Override
    public int chunkLength() {
        return chunkLength;
    }

    @Override
    public long capacity() {
        return Long.MAX_VALUE;
    }

    @Override
    public long inUse() {
        return 0;
    }

    @Override
    public int maxBlockLength() {
        return 64 * chunkLength;
    }

    @Override
    public MemoryBlock tryAcquire(int length) {
        int chunks = (length - 1) / chunkLength + 1;
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[chunks * chunkLength]);
        return new MemoryBlock() {
            @Override
            public UnsafeBuffer buffer() {
                return buffer;
            }

            @Override
            public int length() {
                return buffer.capacity();
            }

            @Override
            public void release() {
                // the garbage collector does
            }
        };
    }

    @Override
    public void onRelease(Runnable action) {
        // there is always room
    }

    @Override
    public void close() {}
}
