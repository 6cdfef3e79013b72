// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.Bytes;
import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.Crc32c;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import io.sluice.store.fuzz.FuzzTarget;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.memory.SlabMemoryPool;
import io.sluice.store.memtable.MemtableFixture.Entry;
import io.sluice.store.memtable.SealedFixture.Shipped;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Random damage, by chance and by a liar: it ends in the same entries, in ordered entries, or in a named error. */
class SealedMemtableFuzzTest extends FuzzTarget {
    private static final int ROUNDS = 20_000;

    private final SlabMemoryPool pool = MemtableFixture.pool();
    private final long seed = Long.getLong("sluice.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    @AfterEach
    void close() {
        pool.close();
    }

    private Shipped sealed(KeyComparator comparator) throws Exception {
        Memtable memtable = new Memtable(1, comparator, pool, MemtableFixture.CLOCK, seed);
        for (int i = 1; i <= 60; i++) {
            byte[] key = new byte[random.nextInt(12)];
            random.nextBytes(key);
            byte[] value = new byte[random.nextInt(20)];
            MemtableFixture.add(memtable, new Entry(Slice.wrap(key), i, ValueType.VALUE, Slice.wrap(value)));
        }
        for (int i = 0; i < 10; i++) {
            Slice end = Slice.utf8("range" + i + "z");
            MemtableFixture.add(memtable, new Entry(Slice.utf8("range" + i), 70 + i, ValueType.RANGE_DELETION, end));
        }
        MemtableFixture.put(memtable, "large", 61, "x".repeat(2 * MemtableFixture.CHUNK));
        Shipped shipped = Shipped.copyOf(memtable.seal(), comparator);
        memtable.release();
        return shipped;
    }

    /** The header's length in two bytes, the header, and the blocks, each as long as the header says. */
    @Override
    protected List<byte[]> seeds() throws IOException {
        Shipped small = SealedFixture.small(pool);
        byte[] header = SealedLayoutCodec.encode(small.layout());
        ByteWriter input = new ByteWriter();
        input.putByte((byte) header.length).putByte((byte) (header.length >> 8)).putBytes(header);
        for (UnsafeBuffer block : small.blocks()) {
            input.putBytes(block, 0, block.capacity());
        }
        return List.of(input.toByteArray());
    }

    @Override
    protected void parse(byte[] input) throws IOException {
        if (input.length < 2) {
            return;
        }
        int length = Math.min((input[0] & 0xff) | (input[1] & 0xff) << 8, input.length - 2);
        UnsafeBuffer header = new UnsafeBuffer(Arrays.copyOfRange(input, 2, 2 + length));
        attempt(() -> read(header, input));
        if (length >= 4) {
            header.putInt(length - 4, Crc32c.of(header, 0, length - 4), ByteOrder.LITTLE_ENDIAN);
            attempt(() -> read(header, input));
        }
    }

    private void read(UnsafeBuffer header, byte[] input) throws IOException {
        SealedLayout layout = SealedLayoutCodec.decode(header, 0, header.capacity());
        require(Arrays.equals(SealedLayoutCodec.encode(layout), header.byteArray()), "written, it is another header");
        List<UnsafeBuffer> blocks = new ArrayList<>();
        int at = 2 + header.capacity();
        for (int blockLength : layout.blockLengths()) {
            int end = Math.min(input.length, at + Math.min(blockLength, input.length));
            blocks.add(new UnsafeBuffer(Arrays.copyOfRange(input, at, end)));
            at = end;
        }
        allow(400L * input.length);
        Shipped shipped = new Shipped(layout, blocks, BytewiseComparator.INSTANCE);
        attempt(() -> walkChecked(shipped));
        boolean areWhole = true;
        for (int i = 0; i < blocks.size(); i++) {
            areWhole &= blocks.get(i).capacity() == layout.blockLengths().get(i);
        }
        if (areWhole) {
            attempt(() -> walkChecked(shipped.withChecksums()));
        }
    }

    @Test
    void shouldNeverMistakeDamageForData() throws Exception {
        Shipped whole = sealed(BytewiseComparator.INSTANCE);
        List<Entry> expected = MemtableFixture.drain(whole.open().iterator());
        List<Entry> ranges = MemtableFixture.drain(whole.open().rangeDeletions());
        int detected = 0;
        for (int round = 0; round < 2000; round++) {
            Shipped damaged = damage(whole);
            try {
                assertThat(MemtableFixture.drain(damaged.open().iterator()))
                        .as("seed %d", seed)
                        .isEqualTo(expected);
                assertThat(MemtableFixture.drain(damaged.open().rangeDeletions()))
                        .as("seed %d", seed)
                        .isEqualTo(ranges);
            } catch (StoreException e) {
                assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPTION);
                detected++;
            }
        }
        assertThat(detected).as("seed %d", seed).isGreaterThan(1900); // a flip may put the byte that was there
    }

    @Test
    void shouldWalkALiarsBytesInOrderOrNotAtAll() throws Exception {
        for (KeyComparator comparator : List.of(BytewiseComparator.INSTANCE, MemtableFixture.BACKWARDS)) {
            Shipped whole = sealed(comparator);
            int ended = 0;
            int detected = 0;
            for (int round = 0; round < ROUNDS; round++) {
                try {
                    walkChecked(damage(whole).withChecksums());
                    ended++;
                } catch (StoreException e) {
                    assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPTION);
                    detected++;
                }
            }
            assertThat(detected).as("seed %d", seed).isPositive();
            assertThat(ended).as("seed %d", seed).isPositive(); // a changed value, or space that is no entry's
        }
    }

    @Test
    void shouldRefuseOrReadALiarsHeader() throws Exception {
        Shipped whole = sealed(BytewiseComparator.INSTANCE);
        byte[] encoded = SealedLayoutCodec.encode(whole.layout());
        assertThat(SealedLayoutCodec.decode(new UnsafeBuffer(encoded), 0, encoded.length))
                .isEqualTo(whole.layout());
        for (int round = 0; round < ROUNDS; round++) {
            UnsafeBuffer header = new UnsafeBuffer(encoded.clone());
            int length = encoded.length;
            if (random.nextInt(10) == 0) {
                length = random.nextInt(length);
            } else {
                flip(header);
            }
            boolean liar = length >= 4 && random.nextBoolean();
            if (liar) {
                int crc = Crc32c.of(header, 0, length - 4);
                header.putInt(length - 4, crc, ByteOrder.LITTLE_ENDIAN);
            }
            try {
                SealedLayout layout = SealedLayoutCodec.decode(header, 0, length);
                if (!liar) {
                    assertThat(layout).as("seed %d", seed).isEqualTo(whole.layout());
                }
                walkChecked(new Shipped(layout, whole.blocks(), whole.comparator()));
            } catch (StoreException e) {
                assertThat(e.kind())
                        .as("seed %d", seed)
                        .isIn(StoreException.Kind.CORRUPTION, StoreException.Kind.NOT_SUPPORTED);
            }
        }
    }

    private Shipped damage(Shipped whole) {
        List<UnsafeBuffer> blocks = new ArrayList<>(whole.blocks());
        // Mostly the first block, where the small entries are.
        int hit = random.nextInt(8) == 0 ? random.nextInt(blocks.size()) : 0;
        UnsafeBuffer copy = new UnsafeBuffer(Bytes.copy(blocks.get(hit)));
        if (random.nextInt(10) == 0) {
            copy = new UnsafeBuffer(copy, 0, random.nextInt(copy.capacity() / 8) * 8);
        } else {
            flip(copy);
        }
        blocks.set(hit, copy);
        return whole.withBlocks(blocks);
    }

    /** A bit, a byte, or an aligned number that is wrong in an interesting way. */
    private void flip(UnsafeBuffer bytes) {
        int at = random.nextInt(bytes.capacity() / 4) * 4;
        switch (random.nextInt(4)) {
            case 0 -> bytes.putByte(at, (byte) (bytes.getByte(at) ^ 1 << random.nextInt(8)));
            case 1 -> bytes.putByte(at + random.nextInt(4), (byte) random.nextInt());
            case 2 -> bytes.putInt(at, random.nextInt(bytes.capacity() / 4), ByteOrder.LITTLE_ENDIAN);
            default -> {
                int[] interesting = {0, -1, 1, 8, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 13, 1 << 14};
                bytes.putInt(at, interesting[random.nextInt(interesting.length)], ByteOrder.LITTLE_ENDIAN);
            }
        }
    }

    private void walkChecked(Shipped shipped) throws IOException {
        SealedMemtableReader reader = shipped.open();
        walkChecked(shipped, reader.iterator(), shipped.layout().entries());
        walkChecked(shipped, reader.rangeDeletions(), shipped.layout().rangeDeletions());
    }

    private void walkChecked(Shipped shipped, InternalIterator iterator, SealedLayout.EntryList list)
            throws IOException {
        Entry previous = null;
        long steps = 0;
        for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
            assertThat(++steps).as("seed %d", seed).isLessThanOrEqualTo(list.count());
            Entry entry = MemtableFixture.entry(iterator);
            if (previous != null) {
                assertThat(Entry.order(shipped.comparator()).compare(previous, entry))
                        .as("seed %d", seed)
                        .isNegative();
            }
            previous = entry;
        }
        assertThat(steps).as("seed %d", seed).isEqualTo(list.count());
    }
}
