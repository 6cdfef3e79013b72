// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.ValueType;
import io.sluice.store.fuzz.LincheckTier;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.InternalKeyOrder;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A memtable under concurrent inserts and reads is a sorted map: there is one order of all calls that explains what each
 * of them saw. A walk is no single call; that it is in order and, in the end, complete is checked apart.
 */
@Tag("lincheck")
@Param(name = "key", gen = IntGen.class, conf = "0:5")
@Param(name = "value", gen = IntGen.class, conf = "0:9")
public class MemtableLincheckTest {
    private static final int CHUNK = 1024;
    private static final InternalKeyOrder ORDER = new InternalKeyOrder(BytewiseComparator.INSTANCE);

    private final Memtable memtable =
            new Memtable(1, BytewiseComparator.INSTANCE, new HeapPool(CHUNK), () -> Instant.EPOCH, 42);
    private final AtomicLong sequences = new AtomicLong();
    private final AtomicLong linked = new AtomicLong();

    @Operation(params = {"key", "value"})
    public void put(int key, int value) throws IOException {
        insert(ValueType.VALUE, key, value);
    }

    @Operation(params = "key")
    public void delete(int key) throws IOException {
        insert(ValueType.DELETION, key, 0);
    }

    @Operation(params = "key")
    public int get(int key) {
        MemtableLookup found = new MemtableLookup();
        if (!memtable.get(key(key), 0, Integer.BYTES, InternalKey.MAX_SEQUENCE, found)) {
            return -1;
        }
        return value(found.type(), found.value());
    }

    /** The first key at or after this one, and its newest value. */
    @Operation(params = "key")
    public String ceiling(int key) throws IOException {
        long newest = InternalKey.trailer(InternalKey.MAX_SEQUENCE, ValueType.FOR_SEEK);
        try (InternalIterator iterator = memtable.iterator()) {
            iterator.seek(new UnsafeBuffer(InternalKey.encode(key(key), newest)));
            return iterator.isValid() ? here(iterator) : "none";
        }
    }

    /** The last key. */
    @Operation
    public int last() throws IOException {
        try (InternalIterator iterator = memtable.iterator()) {
            iterator.seekToLast();
            return iterator.isValid() ? number(iterator.key()) : -1;
        }
    }

    @Operation
    public boolean isInOrder() throws IOException {
        return walk() >= 0;
    }

    @Validate
    public void holdsAllThatWasLinked() throws IOException {
        if (walk() != linked.get() || memtable.entryCount() != linked.get()) {
            throw new IllegalStateException("a walk finds " + walk() + " of " + linked.get() + " entries");
        }
    }

    /** The entries walked over, or −1 where one is not above the one before. */
    private int walk() throws IOException {
        int count = 0;
        byte @Nullable [] last = null;
        try (InternalIterator iterator = memtable.iterator()) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                byte[] key = new byte[iterator.key().capacity()];
                iterator.key().getBytes(0, key);
                if (last != null && ORDER.compare(new UnsafeBuffer(last), new UnsafeBuffer(key)) >= 0) {
                    return -1;
                }
                last = key;
                count++;
            }
        }
        return count;
    }

    private void insert(byte type, int key, int value) throws IOException {
        if (!memtable.tryEnter()) {
            throw new IllegalStateException("sealed");
        }
        try {
            UnsafeBuffer bytes = new UnsafeBuffer(new byte[100 + Integer.BYTES]); // so that few fit a chunk
            bytes.putInt(0, value);
            int node = memtable.allocate(type, key(key), 0, Integer.BYTES, bytes, 0, bytes.capacity());
            memtable.link(node, sequences.incrementAndGet());
            linked.incrementAndGet();
        } finally {
            memtable.exit();
        }
    }

    private static DirectBuffer key(int number) {
        return new UnsafeBuffer(new byte[] {0, 0, 0, (byte) number});
    }

    private static int number(DirectBuffer internalKey) {
        return internalKey.getByte(3);
    }

    private static int value(byte type, DirectBuffer value) {
        return type == ValueType.DELETION ? -2 : value.getInt(0);
    }

    private static String here(InternalIterator iterator) {
        byte type = InternalKey.type(InternalKey.trailer(iterator.key()));
        return number(iterator.key()) + "=" + value(type, iterator.value());
    }

    /** What a memtable should be. */
    public static final class SortedMapOfKeys {
        private final TreeMap<Integer, Integer> newest = new TreeMap<>();

        public void put(int key, int value) {
            newest.put(key, value);
        }

        public void delete(int key) {
            newest.put(key, -2);
        }

        public int get(int key) {
            return newest.getOrDefault(key, -1);
        }

        public String ceiling(int key) {
            Map.Entry<Integer, Integer> entry = newest.ceilingEntry(key);
            return entry == null ? "none" : entry.getKey() + "=" + entry.getValue();
        }

        public int last() {
            return newest.isEmpty() ? -1 : newest.lastKey();
        }

        public boolean isInOrder() {
            return true;
        }
    }

    @Test
    void shouldBeLinearizableUnderStress() {
        LincheckTier.stress().sequentialSpecification(SortedMapOfKeys.class).check(MemtableLincheckTest.class);
    }
}
