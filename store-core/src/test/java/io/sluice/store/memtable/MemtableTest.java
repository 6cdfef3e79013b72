// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import static io.sluice.store.memtable.MemtableFixture.CHUNK;
import static io.sluice.store.memtable.MemtableFixture.add;
import static io.sluice.store.memtable.MemtableFixture.allocate;
import static io.sluice.store.memtable.MemtableFixture.bytes;
import static io.sluice.store.memtable.MemtableFixture.entries;
import static io.sluice.store.memtable.MemtableFixture.memtable;
import static io.sluice.store.memtable.MemtableFixture.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.RangeTombstone;
import io.sluice.store.memory.MemoryBlock;
import io.sluice.store.memory.SlabMemoryPool;
import io.sluice.store.memtable.MemtableFixture.Entry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemtableTest {
    private static final long LATEST = InternalKey.MAX_SEQUENCE;

    private final SlabMemoryPool pool = MemtableFixture.pool();
    private final MemtableLookup lookup = new MemtableLookup();

    @AfterEach
    void everyBlockIsBack() {
        assertThat(pool.inUse()).isZero();
        pool.close();
    }

    private boolean get(Memtable memtable, String key, long snapshot) {
        DirectBuffer bytes = bytes(key);
        return memtable.get(bytes, 0, bytes.capacity(), snapshot, lookup);
    }

    @Test
    void shouldShowEachSnapshotTheNewestEntryItSees() throws Exception {
        Memtable memtable = memtable(pool);
        put(memtable, "k", 10, "ten");
        put(memtable, "k", 20, "twenty");
        add(memtable, new Entry(Slice.utf8("k"), 30, ValueType.DELETION, Slice.utf8("")));
        add(memtable, new Entry(Slice.utf8("k"), 40, ValueType.MERGE, Slice.utf8("operand")));

        assertThat(get(memtable, "k", 9)).isFalse();
        assertThat(get(memtable, "k", 10)).isTrue();
        assertThat(Slice.copyOf(lookup.value())).isEqualTo(Slice.utf8("ten"));
        assertThat(get(memtable, "k", 19)).isTrue();
        assertThat(lookup.sequence()).isEqualTo(10);
        assertThat(get(memtable, "k", 29)).isTrue();
        assertThat(Slice.copyOf(lookup.value())).isEqualTo(Slice.utf8("twenty"));
        assertThat(lookup.type()).isEqualTo(ValueType.VALUE);
        assertThat(get(memtable, "k", 39)).isTrue();
        assertThat(lookup.type()).isEqualTo(ValueType.DELETION);
        assertThat(lookup.value().capacity()).isZero();
        assertThat(get(memtable, "k", LATEST)).isTrue();
        assertThat(lookup.type()).isEqualTo(ValueType.MERGE);
        assertThat(get(memtable, "j", LATEST)).isFalse();
        assertThat(get(memtable, "l", LATEST)).isFalse();
        memtable.release();
    }

    @Test
    void shouldKeepKeysApartThatShareTheirFirstBytes() throws Exception {
        Memtable memtable = memtable(pool);
        List<String> keys = List.of("", "\0", "\0\0", "a", "a\0", "abcdefgh", "abcdefgh\0", "abcdefghi", "abcdefgi");
        for (int i = 0; i < keys.size(); i++) {
            put(memtable, keys.get((i * 4) % keys.size()), i + 1, keys.get((i * 4) % keys.size()) + "!");
        }
        for (String key : keys) {
            assertThat(get(memtable, key, LATEST)).as(key).isTrue();
            assertThat(Slice.copyOf(lookup.value())).isEqualTo(Slice.utf8(key + "!"));
        }
        assertThat(get(memtable, "abcdefg", LATEST)).isFalse();
        assertThat(entries(memtable))
                .extracting(Entry::key)
                .containsExactlyElementsOf(keys.stream().map(Slice::utf8).toList());
        memtable.release();
    }

    @Test
    void shouldNotShowEntriesBeforeTheyAreLinked() throws Exception {
        Memtable memtable = memtable(pool);
        assertThat(memtable.tryEnter()).isTrue();
        int first = allocate(memtable, new Entry(Slice.utf8("a"), 0, ValueType.VALUE, Slice.utf8("1")));
        int abandoned = allocate(memtable, new Entry(Slice.utf8("b"), 0, ValueType.VALUE, Slice.utf8("2")));
        assertThat(first).isPositive();
        assertThat(abandoned).isGreaterThan(first);
        assertThat(memtable.isEmpty()).isTrue();
        assertThat(memtable.memoryUsed()).isPositive();
        assertThat(memtable.creationTime()).isZero();
        memtable.link(first, 7);
        memtable.exit();
        assertThat(entries(memtable)).containsExactly(new Entry(Slice.utf8("a"), 7, ValueType.VALUE, Slice.utf8("1")));
        assertThat(memtable.isEmpty()).isFalse();
        assertThat(memtable.entryCount()).isEqualTo(1);
        assertThat(memtable.dataLength()).isEqualTo(2);
        assertThat(memtable.smallestSequence()).isEqualTo(7);
        assertThat(memtable.largestSequence()).isEqualTo(7);
        assertThat(memtable.creationTime()).isEqualTo(1_700_000_000);
        memtable.release();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldWalkLikeASortedSet(boolean bytewise) throws Exception {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        KeyComparator comparator = bytewise ? BytewiseComparator.INSTANCE : MemtableFixture.BACKWARDS;
        Memtable memtable = new Memtable(1, comparator, pool, MemtableFixture.CLOCK, seed);
        TreeSet<Entry> expected = new TreeSet<>(Entry.order(comparator));
        byte[] types = {ValueType.VALUE, ValueType.DELETION, ValueType.MERGE, ValueType.SINGLE_DELETION};
        for (int i = 1; i <= 3000; i++) {
            Entry entry =
                    new Entry(randomSlice(random, 12), i, types[random.nextInt(types.length)], randomSlice(random, 50));
            add(memtable, entry);
            expected.add(entry);
        }
        assertThat(entries(memtable)).as("seed %d", seed).containsExactlyElementsOf(expected);
        try (InternalIterator iterator = memtable.iterator()) {
            List<Entry> backward = new ArrayList<>();
            for (iterator.seekToLast(); iterator.isValid(); iterator.prev()) {
                backward.add(MemtableFixture.entry(iterator));
            }
            assertThat(backward).as("seed %d", seed).containsExactlyElementsOf(expected.descendingSet());
            for (int i = 0; i < 2000; i++) {
                Entry target =
                        new Entry(randomSlice(random, 12), random.nextInt(3100), ValueType.FOR_SEEK, Slice.utf8(""));
                UnsafeBuffer key = new UnsafeBuffer(target.internalKey());
                iterator.seek(key);
                assertPosition(seed, iterator, expected.ceiling(target));
                iterator.seekForPrev(key);
                // A search key's type is above every entry's, so an entry of its sequence number is after it.
                assertPosition(seed, iterator, expected.lower(target));
            }
            for (Entry entry : expected) {
                UnsafeBuffer key = new UnsafeBuffer(entry.internalKey());
                iterator.seek(key);
                assertPosition(seed, iterator, entry);
                iterator.seekForPrev(key);
                assertPosition(seed, iterator, entry);
                assertThat(memtable.get(entry.key().buffer(), 0, entry.key().length(), entry.sequence(), lookup))
                        .isTrue();
                assertThat(lookup.sequence()).isEqualTo(entry.sequence());
            }
        }
        memtable.release();
    }

    private static Slice randomSlice(SplittableRandom random, int maxLength) {
        byte[] bytes = new byte[random.nextInt(maxLength + 1)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (random.nextInt(3) - 1); // few values, 0 and 0xff among them: many shared prefixes
        }
        return Slice.wrap(bytes);
    }

    private static void assertPosition(long seed, InternalIterator iterator, @Nullable Entry expected) {
        assertThat(iterator.isValid()).as("seed %d, %s", seed, expected).isEqualTo(expected != null);
        if (expected != null) {
            assertThat(MemtableFixture.entry(iterator)).as("seed %d", seed).isEqualTo(expected);
        }
    }

    @Test
    void shouldKeepAnIteratorsPlaceWhileWritten() throws Exception {
        Memtable memtable = memtable(pool);
        put(memtable, "b", 1, "1");
        put(memtable, "d", 2, "2");
        try (InternalIterator iterator = memtable.iterator()) {
            iterator.seekToFirst();
            DirectBuffer key = iterator.key();
            put(memtable, "a", 3, "3");
            put(memtable, "b", 4, "4");
            put(memtable, "c", 5, "5");
            assertThat(key.getByte(0)).isEqualTo((byte) 'b');
            assertThat(InternalKey.sequence(InternalKey.trailer(key))).isEqualTo(1);
            iterator.next();
            assertThat(MemtableFixture.entry(iterator).key()).isEqualTo(Slice.utf8("c"));
            iterator.prev();
            iterator.prev();
            assertThat(MemtableFixture.entry(iterator).sequence()).isEqualTo(4);
            iterator.prev();
            assertThat(MemtableFixture.entry(iterator).key()).isEqualTo(Slice.utf8("a"));
            iterator.prev();
            assertThat(iterator.isValid()).isFalse();
        }
        memtable.release();
    }

    @Test
    void shouldHoldEntriesLongerThanAChunkInRuns() throws Exception {
        Memtable memtable = memtable(pool);
        put(memtable, "small", 1, "s");
        List<Integer> lengths = List.of(CHUNK - 100, CHUNK, CHUNK + 1, 3 * CHUNK, 8 * CHUNK - 100);
        for (int i = 0; i < lengths.size(); i++) {
            put(memtable, "large" + i, 2 * i + 2, "x".repeat(lengths.get(i)));
            put(memtable, "small" + i, 2 * i + 3, "s");
        }
        for (int i = 0; i < lengths.size(); i++) {
            assertThat(get(memtable, "large" + i, LATEST)).isTrue();
            assertThat(lookup.value().capacity()).isEqualTo(lengths.get(i));
            assertThat(lookup.value().getByte(lengths.get(i) - 1)).isEqualTo((byte) 'x');
            assertThat(get(memtable, "small" + i, LATEST)).isTrue();
        }
        assertThat(memtable.memoryUsed()).isGreaterThan(13L * CHUNK).isLessThanOrEqualTo(memtable.memoryHeld());
        assertThat(memtable.memoryHeld()).isEqualTo(pool.inUse());
        memtable.release();
    }

    @Test
    void shouldRefuseAnEntryThatNoBlockCanHold() throws Exception {
        Memtable memtable = memtable(pool);
        Entry entry = new Entry(Slice.utf8("k"), 1, ValueType.VALUE, Slice.wrap(new byte[pool.maxBlockLength()]));
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> add(memtable, entry))
                .withMessageContaining("longest block")
                .satisfies(e -> assertThat(e.code()).isEqualTo("memtable.entry.too_large"))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.INVALID_ARGUMENT));
        assertThat(memtable.isEmpty()).isTrue();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> add(memtable, new Entry(Slice.utf8("k"), 1, ValueType.FOR_SEEK, Slice.utf8("l"))));
        memtable.release();
    }

    @Test
    void shouldAskForMemoryWithoutWaitingAndGoOnWhenThereIsSome() throws Exception {
        Memtable memtable = memtable(pool);
        put(memtable, "first", 1, "1");
        List<MemoryBlock> others = new ArrayList<>();
        for (MemoryBlock block = pool.tryAcquire(CHUNK); block != null; block = pool.tryAcquire(CHUNK)) {
            others.add(block);
        }
        long sequence = 1;
        Entry entry = new Entry(Slice.utf8("k"), 0, ValueType.VALUE, Slice.wrap(new byte[1000]));
        assertThat(memtable.tryEnter()).isTrue();
        int node = allocate(memtable, entry);
        while (node != Memtable.NEEDS_MEMORY) {
            memtable.link(node, ++sequence);
            node = allocate(memtable, entry);
        }
        assertThat(sequence).isBetween(60L, 64L);
        assertThat(allocate(memtable, new Entry(Slice.utf8("k"), 0, ValueType.VALUE, Slice.wrap(new byte[CHUNK]))))
                .isEqualTo(Memtable.NEEDS_MEMORY);
        memtable.exit();

        boolean[] told = new boolean[1];
        pool.onRelease(() -> told[0] = true);
        others.remove(0).release();
        assertThat(told[0]).isTrue();
        add(memtable, new Entry(Slice.utf8("k"), ++sequence, ValueType.VALUE, Slice.wrap(new byte[1000])));
        assertThat(entries(memtable)).hasSize((int) sequence);
        assertThat(memtable.memoryHeld()).isEqualTo(2 * CHUNK);
        memtable.release();
        others.forEach(MemoryBlock::release);
    }

    @Test
    void shouldHoldNoMemoryWhileEmpty() throws IOException {
        Memtable memtable = memtable(pool);
        assertThat(pool.inUse()).isZero();
        assertThat(memtable.memoryUsed()).isZero();
        assertThat(get(memtable, "k", LATEST)).isFalse();
        try (InternalIterator iterator = memtable.iterator()) {
            iterator.seekToFirst();
            assertThat(iterator.isValid()).isFalse();
            iterator.seekToLast();
            assertThat(iterator.isValid()).isFalse();
            assertThatIllegalStateException().isThrownBy(iterator::key);
            assertThatIllegalStateException().isThrownBy(iterator::next);
        }
        memtable.release();
    }

    @Test
    void shouldTellWhenTheLastWriterHasLeftASealedOne() {
        Memtable memtable = memtable(pool);
        assertThat(memtable.tryEnter()).isTrue();
        assertThat(memtable.tryEnter()).isTrue();
        CompletableFuture<Void> left = memtable.beginSeal();
        assertThat(memtable.isSealed()).isTrue();
        assertThat(memtable.tryEnter()).isFalse();
        memtable.exit();
        assertThat(left).isNotDone();
        memtable.exit();
        assertThat(left).isCompleted();
        assertThat(memtable.beginSeal()).isCompleted();
        memtable.release();
    }

    @Test
    void shouldGiveItsMemoryBackWithTheLastReference() throws Exception {
        Memtable memtable = memtable(pool);
        put(memtable, "k", 1, "v");
        SealedMemtable sealed = memtable.seal();
        assertThat(memtable.isSealed()).isTrue();
        assertThat(memtable.tryEnter()).isFalse();
        assertThat(memtable.seal()).isSameAs(sealed);
        sealed.retain();
        InternalIterator iterator = sealed.iterator();
        memtable.release();
        sealed.release();
        assertThat(pool.inUse()).isEqualTo(CHUNK);
        iterator.seekToFirst();
        assertThat(iterator.isValid()).isTrue();
        iterator.close();
        iterator.close();
        assertThat(pool.inUse()).isZero();

        assertThatIllegalStateException().isThrownBy(iterator::seekToFirst).withMessageContaining("closed");
        assertThatIllegalStateException().isThrownBy(() -> get(memtable, "k", LATEST));
        assertThatIllegalStateException().isThrownBy(memtable::iterator);
        assertThatIllegalStateException().isThrownBy(memtable::seal);
        assertThatIllegalStateException().isThrownBy(sealed::retain);
        assertThatIllegalStateException().isThrownBy(sealed::blocks);
        assertThatIllegalStateException().isThrownBy(sealed::layout);
        assertThatIllegalStateException().isThrownBy(memtable::release);
    }

    @Test
    void shouldKeepRangeDeletionsInAListOfTheirOwn() throws Exception {
        Memtable memtable = MemtableFixture.memtable(pool);
        MemtableFixture.put(memtable, "b", 1, "x");
        assertThat(memtable.rangeTombstones().isEmpty()).isTrue();
        add(memtable, new Entry(Slice.utf8("a"), 2, ValueType.RANGE_DELETION, Slice.utf8("c")));
        add(memtable, new Entry(Slice.utf8("k"), 3, ValueType.RANGE_DELETION, Slice.utf8("k")));
        add(memtable, new Entry(Slice.utf8("z"), 4, ValueType.RANGE_DELETION, Slice.utf8("y")));
        assertThat(MemtableFixture.entries(memtable)).hasSize(1);
        assertThat(memtable.entryCount()).isEqualTo(2);
        assertThat(memtable.largestSequence()).isEqualTo(2);
        assertThat(memtable.rangeTombstones().tombstones())
                .containsExactly(new RangeTombstone(Slice.utf8("a"), Slice.utf8("c"), 2));
        add(memtable, new Entry(Slice.utf8("b"), 5, ValueType.RANGE_DELETION, Slice.utf8("d")));
        assertThat(memtable.rangeTombstones().rangeCount()).isEqualTo(3);
        try (InternalIterator ranges = memtable.seal().rangeDeletions()) {
            assertThat(MemtableFixture.drain(ranges)).hasSize(2);
        }
        memtable.release();
    }

    @Test
    void shouldGoOnToOlderEntriesOfAKey() throws Exception {
        Memtable memtable = MemtableFixture.memtable(pool);
        MemtableFixture.put(memtable, "a", 1, "v1");
        add(memtable, new Entry(Slice.utf8("a"), 2, ValueType.MERGE, Slice.utf8("m2")));
        add(memtable, new Entry(Slice.utf8("a"), 3, ValueType.MERGE, Slice.utf8("m3")));
        MemtableFixture.put(memtable, "b", 4, "v4");
        DirectBuffer key = MemtableFixture.bytes("a");
        MemtableLookup lookup = new MemtableLookup();
        assertThat(memtable.get(key, 0, 1, 100, lookup)).isTrue();
        assertThat(lookup.sequence()).isEqualTo(3);
        assertThat(memtable.getOlder(key, 0, 1, lookup)).isTrue();
        assertThat(lookup.sequence()).isEqualTo(2);
        assertThat(memtable.getOlder(key, 0, 1, lookup)).isTrue();
        assertThat(lookup.type()).isEqualTo(ValueType.VALUE);
        assertThat(memtable.getOlder(key, 0, 1, lookup)).isFalse();
        assertThat(lookup.sequence()).isEqualTo(1);
        memtable.release();
    }
}
