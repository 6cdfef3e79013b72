// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import static io.sluice.store.memtable.MemtableFixture.CHUNK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import io.sluice.store.memory.MemoryBlock;
import io.sluice.store.memory.SlabMemoryPool;
import io.sluice.store.memtable.MemtableFixture.Entry;
import io.sluice.store.memtable.SealedFixture.Shipped;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a batch takes before it enters is enough, and nobody else gets it. */
class EntryReserveTest {
    private final SlabMemoryPool pool = MemtableFixture.pool();

    @AfterEach
    void everyBlockIsBack() {
        assertThat(pool.inUse()).isZero();
        pool.close();
    }

    @Test
    void shouldHaveRoomForAllEntriesThatItPlannedWhateverOthersWriteMeanwhile() throws Exception {
        for (int round = 0; round < 40; round++) {
            long seed = 0x5eedL + round;
            SplittableRandom random = new SplittableRandom(seed);
            Memtable memtable = new Memtable(1, BytewiseComparator.INSTANCE, pool, MemtableFixture.CLOCK, seed);
            TreeSet<Entry> expected = new TreeSet<>(Entry.order(BytewiseComparator.INSTANCE));
            long sequence = 1;
            for (int batch = 0; batch < 3; batch++) {
                List<Entry> entries = new ArrayList<>();
                EntryReserve reserve = new EntryReserve(pool);
                for (int i = 1 + random.nextInt(300); i > 0; i--) {
                    Entry entry = new Entry(
                            Slice.utf8("key" + random.nextInt(500)), sequence++, ValueType.VALUE, value(random));
                    reserve.add(entry.key().length(), entry.value().length());
                    entries.add(entry);
                }
                assertThat(reserve.tryAcquire()).isTrue();
                assertThat(reserve.heldLength()).isEqualTo(reserve.plannedLength());
                try (Hog all = new Hog(pool)) {
                    assertThat(memtable.tryEnter()).isTrue();
                    List<Integer> nodes = new ArrayList<>();
                    for (Entry entry : entries) {
                        nodes.add(allocate(memtable, reserve, entry));
                    }
                    reserve.share();
                    for (int i = 0; i < nodes.size(); i++) {
                        memtable.link(nodes.get(i), entries.get(i).sequence());
                    }
                    // What is left of its last chunk is for all.
                    Entry small = new Entry(Slice.utf8("small"), sequence++, ValueType.VALUE, Slice.utf8("s"));
                    int node = MemtableFixture.allocate(memtable, small);
                    if (node != Memtable.NEEDS_MEMORY) {
                        memtable.link(node, small.sequence());
                        entries.add(small);
                    }
                    memtable.exit();
                    assertThat(all.blocks).isNotEmpty();
                }
                reserve.release();
                expected.addAll(entries);
                for (int i = random.nextInt(200); i > 0; i--) {
                    Entry entry = new Entry(
                            Slice.utf8("key" + random.nextInt(500)), sequence++, ValueType.VALUE, value(random));
                    MemtableFixture.add(memtable, entry);
                    expected.add(entry);
                }
            }
            assertThat(MemtableFixture.entries(memtable)).as("seed %d", seed).containsExactlyElementsOf(expected);
            Shipped shipped = Shipped.copyOf(memtable.seal(), BytewiseComparator.INSTANCE);
            assertThat(MemtableFixture.drain(shipped.open().iterator()))
                    .as("seed %d", seed)
                    .containsExactlyElementsOf(expected);
            memtable.release();
        }
    }

    @Test
    void shouldKeepWhatItHasUntilTheRestIsThere() throws Exception {
        SlabMemoryPool small = new SlabMemoryPool(4L * CHUNK, CHUNK, 4 * CHUNK);
        EntryReserve reserve = new EntryReserve(small);
        for (int i = 0; i < 3; i++) {
            reserve.add(1, CHUNK - 200);
        }
        try (Hog others = new Hog(small)) {
            assertThat(reserve.tryAcquire()).isFalse();
            others.blocks.remove(0).release();
            assertThat(reserve.tryAcquire()).isFalse();
            assertThat(reserve.heldLength()).isEqualTo(CHUNK);
            assertThat(small.tryAcquire(1)).isNull();
        }
        assertThat(reserve.tryAcquire()).isTrue();
        assertThat(small.inUse()).isEqualTo(3L * CHUNK);
        reserve.release();
        assertThat(small.inUse()).isZero();
        small.close();
    }

    @Test
    void shouldRefuseAnEntryThatIsLongerThanTheLongestBlock() throws Exception {
        Memtable memtable = MemtableFixture.memtable(pool);
        Entry long1 = new Entry(Slice.utf8("k"), 1, ValueType.VALUE, Slice.wrap(new byte[8 * CHUNK]));
        EntryReserve reserve = new EntryReserve(pool);
        reserve.add(1, long1.value().length());
        assertThat(reserve.tryAcquire()).isTrue();
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> allocate(memtable, reserve, long1))
                .satisfies(e -> assertThat(e.code()).isEqualTo("memtable.entry.too_large"));
        reserve.release();
        memtable.release();
    }

    private static int allocate(Memtable memtable, EntryReserve reserve, Entry entry) throws StoreException {
        return memtable.allocate(
                reserve,
                entry.type(),
                entry.key().buffer(),
                0,
                entry.key().length(),
                entry.value().buffer(),
                0,
                entry.value().length());
    }

    private static Slice value(SplittableRandom random) {
        int length = switch (random.nextInt(40)) {
            case 0 -> CHUNK - 60 + random.nextInt(60); // on either side of a chunk's length, with its tower
            case 1 -> CHUNK + random.nextInt(CHUNK);
            case 2 -> CHUNK / 2 + random.nextInt(100);
            default -> random.nextInt(2000);
        };
        return Slice.wrap(new byte[length]);
    }

    /** Holds all chunks of a pool that nobody else has. */
    private static final class Hog implements AutoCloseable {
        final List<MemoryBlock> blocks = new ArrayList<>();

        Hog(SlabMemoryPool pool) {
            for (var block = pool.tryAcquire(1); block != null; block = pool.tryAcquire(1)) {
                blocks.add(block);
            }
        }

        @Override
        public void close() {
            blocks.forEach(MemoryBlock::release);
        }
    }
}
