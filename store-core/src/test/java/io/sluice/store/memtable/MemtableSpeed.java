// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.ValueType;
import io.sluice.store.memory.SlabMemoryPool;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteOrder;
import java.time.InstantSource;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Measures a memtable of 64 MiB by hand: {@code java -cp ... MemtableSpeed}. One thread, keys of 16 bytes whose first
 * eight are a number, values of 100 bytes, memtables filled one after the other; by the thread's processor time, so that a busy machine
 * disturbs less.
 */
final class MemtableSpeed {
    private static final int ENTRIES = 400_000;
    private static final int KEY_LENGTH = 16;
    private static final int VALUE_LENGTH = 100;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private MemtableSpeed() {}

    public static void main(String[] args) throws Exception {
        int rounds = args.length == 0 ? 10 : Integer.parseInt(args[0]);
        try (SlabMemoryPool pool = new SlabMemoryPool(128 << 20, 1 << 20, 64 << 20)) {
            for (int round = 0; round < rounds; round++) {
                measure("random", pool, i -> i * 0x9e3779b97f4a7c15L);
                measure("sequential", pool, i -> i);
            }
        }
    }

    private static void measure(String what, SlabMemoryPool pool, LongUnaryOperator keys) throws Exception {
        Memtable memtable = new Memtable(1, BytewiseComparator.INSTANCE, pool, InstantSource.system(), 42);
        UnsafeBuffer key = new UnsafeBuffer(new byte[KEY_LENGTH]);
        UnsafeBuffer value = new UnsafeBuffer(new byte[VALUE_LENGTH]);
        long start = THREADS.getCurrentThreadCpuTime();
        for (int i = 0; i < ENTRIES; i++) {
            key.putLong(0, keys.applyAsLong(i), ByteOrder.BIG_ENDIAN);
            if (!memtable.tryEnter()) {
                throw new IllegalStateException("sealed");
            }
            int node = memtable.allocate(ValueType.VALUE, key, 0, KEY_LENGTH, value, 0, VALUE_LENGTH);
            memtable.link(node, i + 1);
            memtable.exit();
        }
        long inserted = THREADS.getCurrentThreadCpuTime();
        MemtableLookup lookup = new MemtableLookup();
        SplittableRandom random = new SplittableRandom(7);
        int found = 0;
        for (int i = 0; i < ENTRIES; i++) {
            key.putLong(0, keys.applyAsLong(random.nextInt(ENTRIES)), ByteOrder.BIG_ENDIAN);
            if (memtable.get(key, 0, KEY_LENGTH, Long.MAX_VALUE >>> 8, lookup)) {
                found++;
            }
        }
        long read = THREADS.getCurrentThreadCpuTime();
        SealedMemtable sealed = memtable.seal();
        SealedLayout layout = sealed.layout();
        long laidOut = THREADS.getCurrentThreadCpuTime();
        System.out.printf(
                Locale.ROOT,
                "%-10s %,9.0f inserts/s %,9.0f gets/s (%d found), layout of %d MiB in %.1f ms%n",
                what,
                ENTRIES * 1e9 / (inserted - start),
                ENTRIES * 1e9 / (read - inserted),
                found,
                layout.totalLength() >> 20,
                (laidOut - read) / 1e6);
        memtable.release();
    }
}
