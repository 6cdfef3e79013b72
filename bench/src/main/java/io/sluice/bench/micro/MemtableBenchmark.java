// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.micro;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import io.sluice.store.memory.SlabMemoryPool;
import io.sluice.store.memtable.Memtable;
import io.sluice.store.memtable.MemtableLookup;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The memtable alone: inserts into memtables filled to 64 MiB one after the other, and gets from one as full. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class MemtableBenchmark {
    private static final long WRITE_BUFFER_SIZE = 64 << 20;
    private static final long INSERTED_KEYS = 1L << 40;
    private static final int FOUND_KEYS = 400_000;
    private static final int CHUNK_LENGTH = 1 << 20;
    private static final int SLAB_LENGTH = 64 << 20;
    private static final long POOL_LENGTH = 4 * WRITE_BUFFER_SIZE;

    /** One thread's place for what it finds. */
    @State(Scope.Thread)
    public static class Found {
        private final MemtableLookup lookup = new MemtableLookup();
    }

    /** The memtable that inserts go to. */
    @State(Scope.Benchmark)
    public static class Growing {
        private final AtomicLong sequence = new AtomicLong();
        private final SlabMemoryPool pool = new SlabMemoryPool(POOL_LENGTH, CHUNK_LENGTH, SLAB_LENGTH);
        private volatile Memtable memtable = newMemtable(pool);

        /** Takes a new memtable for one that is full; the first of several threads does it. */
        private synchronized void replace(Memtable full) {
            if (memtable == full) {
                memtable = newMemtable(pool);
                full.seal();
                full.release();
            }
        }

        /** Gives the memory back. */
        @TearDown(Level.Trial)
        public void close() {
            memtable.release();
            pool.close();
        }
    }

    /** The memtable that gets read. */
    @State(Scope.Benchmark)
    public static class Filled {
        private final SlabMemoryPool pool = new SlabMemoryPool(POOL_LENGTH, CHUNK_LENGTH, SLAB_LENGTH);
        private final Memtable memtable = newMemtable(pool);

        /** Inserts each key once. */
        @Setup(Level.Trial)
        public void fill() throws StoreException {
            ByteBuffer key = ByteBuffer.allocateDirect(RandomEntries.KEY_LENGTH);
            UnsafeBuffer keyView = new UnsafeBuffer(key);
            UnsafeBuffer value = new UnsafeBuffer(ByteBuffer.allocateDirect(RandomEntries.VALUE_LENGTH));
            for (int i = 0; i < FOUND_KEYS; i++) {
                key.putLong(0, i);
                insert(memtable, keyView, value, i + 1L);
            }
        }

        /** Gives the memory back. */
        @TearDown(Level.Trial)
        public void close() {
            memtable.release();
            pool.close();
        }
    }

    /** Inserts one entry. */
    @Benchmark
    public void insert(Growing growing, RandomEntries entries) throws StoreException {
        entries.next(INSERTED_KEYS);
        Memtable memtable = growing.memtable;
        while (memtable.memoryUsed() >= WRITE_BUFFER_SIZE
                || !insert(memtable, entries.keyView, entries.valueView, growing.sequence.incrementAndGet())) {
            growing.replace(memtable);
            memtable = growing.memtable;
        }
    }

    /** Gets one entry that is there. */
    @Benchmark
    public boolean get(Filled filled, RandomEntries entries, Found found) {
        entries.next(FOUND_KEYS);
        return filled.memtable.get(
                entries.keyView, 0, RandomEntries.KEY_LENGTH, InternalKey.MAX_SEQUENCE, found.lookup);
    }

    private static Memtable newMemtable(SlabMemoryPool pool) {
        return new Memtable(1, BytewiseComparator.INSTANCE, pool, InstantSource.system(), 1);
    }

    /** Returns false where the memtable is sealed. */
    private static boolean insert(Memtable memtable, DirectBuffer key, DirectBuffer value, long sequence)
            throws StoreException {
        if (!memtable.tryEnter()) {
            return false;
        }
        try {
            int node = memtable.allocate(ValueType.VALUE, key, 0, key.capacity(), value, 0, value.capacity());
            if (node == Memtable.NEEDS_MEMORY) {
                throw new IllegalStateException("the pool is too small for the benchmark");
            }
            memtable.link(node, sequence);
            return true;
        } finally {
            memtable.exit();
        }
    }
}
