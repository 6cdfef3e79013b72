// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import io.sluice.store.memory.SlabMemoryPool;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class MemtableAllocationTest {
    private final UnsafeBuffer key = new UnsafeBuffer(new byte[16]);
    private final UnsafeBuffer value = new UnsafeBuffer(new byte[100]);
    private final MemtableLookup lookup = new MemtableLookup();

    @Test
    void shouldMakeNoGarbageInPutsAndGets() throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        // One chunk for all, for a new chunk is the one thing that costs objects.
        SlabMemoryPool pool = new SlabMemoryPool(16 << 20, 16 << 20, 16 << 20);
        Memtable memtable = MemtableFixture.memtable(pool);
        run(memtable, 0, 5000);
        long before = threads.getCurrentThreadAllocatedBytes();
        long self = threads.getCurrentThreadAllocatedBytes() - before;
        before = threads.getCurrentThreadAllocatedBytes();
        int found = run(memtable, 5000, 20_000);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before - self;
        assertThat(found).isEqualTo(20_000);
        assertThat(allocated).isZero();
        memtable.release();
        pool.close();
    }

    private int run(Memtable memtable, int from, int count) throws StoreException {
        int found = 0;
        for (int i = from; i < from + count; i++) {
            key.putLong(0, i * 0x9e3779b97f4a7c15L, ByteOrder.BIG_ENDIAN);
            if (memtable.tryEnter()) {
                memtable.link(memtable.allocate(ValueType.VALUE, key, 0, 16, value, 0, 100), i + 1);
                memtable.exit();
            }
            if (memtable.get(key, 0, 16, InternalKey.MAX_SEQUENCE, lookup)) {
                found++;
            }
        }
        return found;
    }
}
