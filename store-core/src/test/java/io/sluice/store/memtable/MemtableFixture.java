// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.memory.MemoryPool;
import io.sluice.store.memory.SlabMemoryPool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** What the memtable's tests share. */
final class MemtableFixture {
    static final int CHUNK = 64 * 1024;
    static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochSecond(1_700_000_000));
    /** Orders user keys by their bytes from the last to the first: a legal order that prefixes say nothing about. */
    static final KeyComparator BACKWARDS = new BackwardsComparator();

    /** One entry with the order that RocksDB defines, independent of the memtable's code. */
    record Entry(Slice key, long sequence, byte type, Slice value) {
        static Comparator<Entry> order(KeyComparator keys) {
            return (a, b) -> {
                int order = keys.compare(a.key.buffer(), b.key.buffer());
                return order != 0 ? order : Long.compare(b.sequence, a.sequence);
            };
        }

        byte[] internalKey() {
            return InternalKey.encode(key.buffer(), InternalKey.trailer(sequence, type));
        }
    }

    private MemtableFixture() {}

    static SlabMemoryPool pool() {
        return new SlabMemoryPool(64L << 20, CHUNK, 8 * CHUNK);
    }

    static Memtable memtable(MemoryPool pool) {
        return new Memtable(1, BytewiseComparator.INSTANCE, pool, CLOCK, 42);
    }

    static DirectBuffer bytes(String text) {
        return new UnsafeBuffer(text.getBytes(StandardCharsets.UTF_8));
    }

    static void put(Memtable memtable, String key, long sequence, String value) throws IOException {
        add(memtable, new Entry(Slice.utf8(key), sequence, ValueType.VALUE, Slice.utf8(value)));
    }

    static void add(Memtable memtable, Entry entry) throws IOException {
        if (!memtable.tryEnter()) {
            throw new IllegalStateException("sealed");
        }
        try {
            int node = allocate(memtable, entry);
            if (node == Memtable.NEEDS_MEMORY) {
                throw new IllegalStateException("no memory");
            }
            memtable.link(node, entry.sequence);
        } finally {
            memtable.exit();
        }
    }

    static int allocate(Memtable memtable, Entry entry) throws IOException {
        return memtable.allocate(
                entry.type, entry.key.buffer(), 0, entry.key.length(), entry.value.buffer(), 0, entry.value.length());
    }

    static Entry entry(InternalIterator iterator) {
        long trailer = InternalKey.trailer(iterator.key());
        byte[] key = new byte[InternalKey.userKeyLength(iterator.key())];
        iterator.key().getBytes(0, key);
        return new Entry(
                Slice.wrap(key),
                InternalKey.sequence(trailer),
                InternalKey.type(trailer),
                Slice.copyOf(iterator.value()));
    }

    /** All entries from the first on. */
    static List<Entry> drain(InternalIterator iterator) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
            entries.add(entry(iterator));
        }
        return entries;
    }

    static List<Entry> entries(Memtable memtable) throws IOException {
        try (InternalIterator iterator = memtable.iterator()) {
            return drain(iterator);
        }
    }

    private static final class BackwardsComparator implements KeyComparator {
        @Override
        public String name() {
            return "test.Backwards";
        }

        @Override
        public int compare(DirectBuffer a, DirectBuffer b) {
            return compare(a, 0, a.capacity(), b, 0, b.capacity());
        }

        @Override
        public int compare(DirectBuffer a, int aOffset, int aLength, DirectBuffer b, int bOffset, int bLength) {
            for (int i = 1; i <= Math.min(aLength, bLength); i++) {
                int order = Integer.compare(
                        a.getByte(aOffset + aLength - i) & 0xff, b.getByte(bOffset + bLength - i) & 0xff);
                if (order != 0) {
                    return order;
                }
            }
            return Integer.compare(aLength, bLength);
        }
    }
}
