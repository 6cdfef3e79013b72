// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import io.sluice.store.memory.MemoryBlock;
import io.sluice.store.memory.MemoryPool;
import java.nio.ByteOrder;
import java.util.concurrent.ThreadLocalRandom;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Memory that the garbage collector takes back, in small chunks so that tests meet the change from one to the next. Threads
 * now and then give way to others around the reads and writes that order them, where a race would else be met once in a
 * million runs.
 */
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
        UnsafeBuffer buffer = new YieldingBuffer(new byte[chunks * chunkLength]);
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

    private static final class YieldingBuffer extends UnsafeBuffer {
        YieldingBuffer(byte[] memory) {
            super(memory);
        }

        @Override
        public int getIntVolatile(int index) {
            int value = super.getIntVolatile(index);
            yieldAtTimes();
            return value;
        }

        @Override
        public void putInt(int index, int value, ByteOrder order) {
            super.putInt(index, value, order);
            yieldAtTimes();
        }

        @Override
        public boolean compareAndSetInt(int index, int expected, int update) {
            yieldAtTimes();
            return super.compareAndSetInt(index, expected, update);
        }

        @SuppressWarnings("ThreadPriorityCheck") // only to change the order of threads, which nothing relies on
        private static void yieldAtTimes() {
            if (ThreadLocalRandom.current().nextInt(8) == 0) {
                Thread.yield();
            }
        }
    }
}
