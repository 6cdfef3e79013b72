// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.Slice;
import io.sluice.store.base.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class FragmentedTombstonesTest {
    private static RangeTombstone range(String start, String end, long sequence) {
        return new RangeTombstone(Slice.utf8(start), Slice.utf8(end), sequence);
    }

    private static FragmentedTombstones of(RangeTombstone... tombstones) {
        return FragmentedTombstones.of(BytewiseComparator.INSTANCE, List.of(tombstones));
    }

    /** One for each range and range deletion over it, as RocksDB lists them. */
    private static List<RangeTombstone> cut(RangeTombstone... tombstones) {
        FragmentedTombstones fragmented = of(tombstones);
        List<RangeTombstone> cut = new ArrayList<>();
        for (int range = 0; range < fragmented.rangeCount(); range++) {
            for (long at = fragmented.newest(range, 1000); at > 0; at = fragmented.newest(range, at - 1)) {
                cut.add(new RangeTombstone(fragmented.start(range), fragmented.end(range), at));
            }
        }
        return cut;
    }

    private static DirectBuffer key(String key, long sequence) {
        return new UnsafeBuffer(
                InternalKey.encode(Slice.utf8(key).buffer(), InternalKey.trailer(sequence, ValueType.FOR_SEEK)));
    }

    /** The examples of RocksDB's {@code range_tombstone_fragmenter_test.cc}. */
    @Test
    void shouldCutAtEachOthersBounds() {
        assertThat(cut(range("a", "b", 10), range("c", "d", 5)))
                .containsExactly(range("a", "b", 10), range("c", "d", 5));
        assertThat(cut(range("a", "e", 10), range("c", "g", 15)))
                .containsExactly(range("a", "c", 10), range("c", "e", 15), range("c", "e", 10), range("e", "g", 15));
        assertThat(cut(range("a", "c", 10), range("c", "e", 10)))
                .containsExactly(range("a", "c", 10), range("c", "e", 10));
        assertThat(cut(range("a", "e", 10), range("a", "c", 7), range("a", "g", 15)))
                .containsExactly(
                        range("a", "c", 15),
                        range("a", "c", 10),
                        range("a", "c", 7),
                        range("c", "e", 15),
                        range("c", "e", 10),
                        range("e", "g", 15));
    }

    @Test
    void shouldLeaveEmptyRangesOut() {
        assertThat(of(range("b", "b", 3), range("d", "c", 4)).isEmpty()).isTrue();
        assertThat(of(range("b", "b", 3), range("d", "c", 4)).orNone()).isSameAs(RangeTombstones.NONE);
    }

    @Test
    void shouldFindTheNewestOverAKeyThatAReaderSees() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            List<RangeTombstone> tombstones = new ArrayList<>();
            for (int i = 1 + random.nextInt(12); i > 0; i--) {
                tombstones.add(range(letter(random), letter(random), 1 + random.nextInt(30)));
            }
            FragmentedTombstones cut = FragmentedTombstones.of(BytewiseComparator.INSTANCE, tombstones);
            for (char c = 'a'; c <= 'p'; c++) {
                String key = String.valueOf(c);
                long upTo = random.nextInt(35);
                long expected = tombstones.stream()
                        .filter(t -> text(t.start()).compareTo(key) <= 0 && key.compareTo(text(t.end())) < 0)
                        .mapToLong(RangeTombstone::sequence)
                        .filter(sequence -> sequence <= upTo)
                        .max()
                        .orElse(0);
                assertThat(cut.covering(key(key, 1), upTo)).as("seed %d", seed).isEqualTo(expected);
            }
        }
    }

    @Test
    void shouldStaySmallWhereRangeDeletionsAreNested() {
        List<RangeTombstone> nested = new ArrayList<>();
        int count = 50_000;
        for (int i = 0; i < count; i++) {
            nested.add(range(String.format("a%06d", i), String.format("b%06d", count - i), i + 1L));
        }
        FragmentedTombstones cut = FragmentedTombstones.of(BytewiseComparator.INSTANCE, nested);
        assertThat(cut.rangeCount()).isEqualTo(2 * count - 1);
        assertThat(cut.covering(key("az", 1), 1000)).isEqualTo(1000);
        assertThat(cut.covering(key("az", 1), 1_000_000)).isEqualTo(count);
        assertThat(cut.covering(key("a000500", 1), 1_000_000)).isEqualTo(501);
        assertThat(cut.covering(key("b000500", 1), 1_000_000)).isEqualTo(count - 500);
        assertThat(cut.covering(key("b060000", 1), 1_000_000)).isZero();
    }

    @Test
    void shouldCountWithinAFilesBoundsOnly() {
        Slice smallest = Slice.wrap(InternalKey.encode(Slice.utf8("c").buffer(), InternalKey.trailer(20, (byte) 1)));
        Slice largest = Slice.wrap(InternalKey.encode(
                Slice.utf8("m").buffer(), InternalKey.trailer(InternalKey.MAX_SEQUENCE, ValueType.RANGE_DELETION)));
        RangeTombstones truncated =
                new TruncatedTombstones(of(range("a", "z", 30)), BytewiseComparator.INSTANCE, smallest, largest);
        assertThat(truncated.covering(key("b", 5), 100)).isZero();
        assertThat(truncated.covering(key("c", 25), 100)).isZero();
        assertThat(truncated.covering(key("c", 15), 100)).isEqualTo(30);
        assertThat(truncated.covering(key("l", 5), 100)).isEqualTo(30);
        assertThat(truncated.covering(key("m", 5), 100)).isZero();
        assertThat(truncated.covering(key("l", 5), 29)).isZero();
    }

    private static String letter(Random random) {
        return String.valueOf((char) ('a' + random.nextInt(16)));
    }

    private static String text(Slice slice) {
        return slice.buffer().getStringWithoutLengthUtf8(0, slice.length());
    }
}
