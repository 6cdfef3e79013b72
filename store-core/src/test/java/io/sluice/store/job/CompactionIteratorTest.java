// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.CompactionFilter;
import io.sluice.store.base.CompactionFilter.Decision;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.Slice;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.KeyHistory;
import io.sluice.store.iterator.RangeTombstone;
import io.sluice.store.iterator.RangeTombstones;
import io.sluice.store.sst.Entry;
import io.sluice.store.sst.EntryIterator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CompactionIteratorTest {
    private static final MergeOperator APPEND = MergeOperators.stringAppend();

    private List<Long> snapshots = List.of();
    private @Nullable MergeOperator operator = APPEND;
    private @Nullable CompactionFilter filter;
    private RangeTombstones tombstones = RangeTombstones.NONE;
    private KeyPlacement placement = KeyPlacement.FLUSH;
    private CompactionStatistics statistics = new CompactionStatistics();

    private static Entry put(String key, long sequence, String value) {
        return Entry.of(key.getBytes(UTF_8), sequence, ValueType.VALUE, value.getBytes(UTF_8));
    }

    private static Entry put(String key, long sequence) {
        return put(key, sequence, "v" + sequence);
    }

    private static Entry merge(String key, long sequence, String operand) {
        return Entry.of(key.getBytes(UTF_8), sequence, ValueType.MERGE, operand.getBytes(UTF_8));
    }

    private static Entry merge(String key, long sequence) {
        return merge(key, sequence, "m" + sequence);
    }

    private static Entry delete(String key, long sequence) {
        return Entry.of(key.getBytes(UTF_8), sequence, ValueType.DELETION, new byte[0]);
    }

    private static Entry single(String key, long sequence) {
        return Entry.of(key.getBytes(UTF_8), sequence, ValueType.SINGLE_DELETION, new byte[0]);
    }

    private List<Entry> left(Entry... entries) throws IOException {
        statistics = new CompactionStatistics();
        CompactionIterator iterator = new CompactionIterator(
                new EntryIterator(List.of(entries)),
                BytewiseComparator.INSTANCE,
                snapshots,
                operator,
                filter,
                tombstones,
                placement,
                statistics);
        List<Entry> left = new ArrayList<>();
        for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
            left.add(new Entry(Slice.copyOf(iterator.key()), Slice.copyOf(iterator.value())));
        }
        return left;
    }

    private void atTheBottom() {
        placement = new TestPlacement(true, true);
    }

    record TestPlacement(boolean isBottommost, boolean absentBelow) implements KeyPlacement {
        @Override
        public int inputLevel() {
            return 3;
        }

        @Override
        public boolean keyNotExistsBeyondOutputLevel(DirectBuffer userKey) {
            return absentBelow;
        }
    }

    @Test
    void shouldKeepTheNewestOfEachStripe() throws IOException {
        snapshots = List.of(5L);
        assertThat(left(put("a", 9), put("a", 7), delete("a", 5), put("a", 3), put("b", 4)))
                .containsExactly(put("a", 9), delete("a", 5), put("b", 4));
        assertThat(statistics.droppedHidden()).isEqualTo(2);
        assertThat(statistics.inputEntries()).isEqualTo(5);
        assertThat(statistics.inputDeletions()).isEqualTo(1);
    }

    @Test
    void shouldDropDeletionsThatHideNothing() throws IOException {
        placement = new TestPlacement(false, true);
        assertThat(left(delete("a", 9), put("a", 7), put("b", 3))).containsExactly(put("b", 3));
        assertThat(statistics.droppedObsolete()).isEqualTo(1);
        snapshots = List.of(8L);
        assertThat(left(delete("a", 9), put("a", 7))).containsExactly(delete("a", 9), put("a", 7));
        snapshots = List.of(10L);
        assertThat(left(delete("a", 9), put("a", 7))).isEmpty();
        placement = new TestPlacement(false, false);
        assertThat(left(delete("a", 9), put("a", 7))).containsExactly(delete("a", 9));
    }

    @Test
    void shouldDropADeletionAtTheBottomWithAllThatOnlyItsOwnStripeSees() throws IOException {
        atTheBottom();
        snapshots = List.of(2L, 5L);
        assertThat(left(delete("a", 9), put("a", 7), put("a", 6))).isEmpty();
        assertThat(left(delete("a", 9), put("a", 7), put("a", 4))).containsExactly(delete("a", 9), put("a", 4));
        assertThat(left(delete("a", 9), delete("a", 4), put("a", 1), put("b", 2)))
                .containsExactly(delete("a", 9), delete("a", 4), put("a", 0, "v1"), put("b", 0, "v2"));
    }

    @Test
    void shouldZeroSequencesAtTheBottomWhereEveryReaderSeesThem() throws IOException {
        atTheBottom();
        assertThat(left(put("a", 9), put("b", 3))).containsExactly(put("a", 0, "v9"), put("b", 0, "v3"));
        snapshots = List.of(5L);
        assertThat(left(put("a", 9), put("a", 4), put("b", 3)))
                .containsExactly(put("a", 9), put("a", 0, "v4"), put("b", 0, "v3"));
    }

    @Test
    void shouldDropASingleDeletionWithItsValue() throws IOException {
        assertThat(left(single("a", 9), put("a", 7), put("b", 3))).containsExactly(put("b", 3));
        assertThat(left(single("a", 9), put("b", 3))).containsExactly(single("a", 9), put("b", 3));
        assertThat(left(put("a", 9), single("a", 7), put("a", 5))).containsExactly(put("a", 9));
        assertThat(left(single("a", 9), single("a", 8), put("a", 7))).isEmpty();
        assertThat(statistics.singleDeleteMismatches()).isEqualTo(1);
        snapshots = List.of(7L);
        assertThat(left(single("a", 9), put("a", 7))).containsExactly(single("a", 9), put("a", 7));
        snapshots = List.of();
        placement = new TestPlacement(false, true);
        assertThat(left(single("a", 9), put("b", 3))).containsExactly(put("b", 3));
        atTheBottom();
        assertThat(left(put("a", 9), single("a", 7), put("a", 5))).containsExactly(put("a", 0, "v9"));
    }

    @Test
    void shouldKeepADeletionBelowASingleDeletion() throws IOException {
        assertThat(left(single("a", 9), delete("a", 8), put("a", 7))).containsExactly(delete("a", 8));
        assertThat(statistics.singleDeleteMismatches()).isEqualTo(1);
    }

    @Test
    void shouldMergeIntoAValueOrDeletion() throws IOException {
        assertThat(left(merge("a", 9), merge("a", 8), put("a", 7), put("a", 6)))
                .containsExactly(put("a", 9, "v7,m8,m9"));
        assertThat(left(merge("a", 9), merge("a", 8), delete("a", 7), put("a", 6)))
                .containsExactly(put("a", 9, "m8,m9"));
        assertThat(statistics.mergedOperands()).isEqualTo(2);
    }

    @Test
    void shouldFoldOperandsWithoutABase() throws IOException {
        assertThat(left(merge("a", 9), merge("a", 8), merge("b", 7)))
                .containsExactly(merge("a", 9, "m8,m9"), merge("b", 7));
        atTheBottom();
        assertThat(left(merge("a", 9), merge("a", 8), merge("b", 7)))
                .containsExactly(put("a", 0, "m8,m9"), put("b", 0, "m7"));
    }

    @Test
    void shouldKeepOperandsThatCannotBeFoldedWithTheirBase() throws IOException {
        operator = new MergeOperator() {
            @Override
            public String name() {
                return "full only";
            }

            @Override
            public byte @Nullable [] fullMerge(byte[] key, byte @Nullable [] existing, List<byte[]> operands) {
                return APPEND.fullMerge(key, existing, operands);
            }
        };
        assertThat(left(merge("a", 9), merge("a", 8), put("b", 7)))
                .containsExactly(merge("a", 9), merge("a", 8), put("b", 7));
        snapshots = List.of(6L);
        assertThat(left(merge("a", 9), merge("a", 8), put("a", 6), put("a", 5)))
                .containsExactly(merge("a", 9), merge("a", 8), put("a", 6));
    }

    @Test
    void shouldMergeWithinStripesOnly() throws IOException {
        snapshots = List.of(4L, 7L);
        assertThat(left(merge("a", 9), merge("a", 8), merge("a", 7), merge("a", 5), merge("a", 4), put("a", 2)))
                .containsExactly(merge("a", 9, "m8,m9"), merge("a", 7, "m5,m7"), put("a", 4, "v2,m4"));
    }

    @Test
    void shouldKeepOperandsAndWhatTheyNeedWithoutAnOperator() throws IOException {
        operator = null;
        assertThat(left(merge("a", 9), merge("a", 8), put("a", 7), put("a", 6)))
                .containsExactly(merge("a", 9), merge("a", 8), put("a", 7));
        assertThat(left(put("a", 9), merge("a", 8), put("a", 7))).containsExactly(put("a", 9));
    }

    @Test
    void shouldFailWhereTheOperatorFails() {
        operator = new MergeOperator() {
            @Override
            public String name() {
                return "picky";
            }

            @Override
            public byte @Nullable [] fullMerge(byte[] key, byte @Nullable [] existing, List<byte[]> operands) {
                return null;
            }
        };
        assertThatThrownBy(() -> left(merge("a", 9), put("a", 8)))
                .hasMessageContaining("picky")
                .hasMessageContaining("merge.failed");
    }

    @Test
    void shouldDropWhatARangeDeletionOfItsStripeCovers() throws IOException {
        tombstones = (key, upTo) -> upTo >= 6 && key.getByte(0) == 'a' ? 6 : 0;
        assertThat(left(put("a", 9), put("aa", 5), delete("ab", 4), put("b", 3)))
                .containsExactly(put("a", 9), put("b", 3));
        assertThat(statistics.droppedByRangeDeletion()).isEqualTo(2);
        assertThat(left(merge("a", 9), merge("a", 5), put("a", 3))).containsExactly(put("a", 9, "m9"));
        assertThat(left(merge("a", 5), merge("a", 4), put("b", 3))).containsExactly(put("b", 3));
        snapshots = List.of(5L);
        assertThat(left(put("a", 5), put("aa", 4))).containsExactly(put("a", 5), put("aa", 4));
        assertThat(left(merge("a", 9), merge("a", 5), put("a", 3)))
                .containsExactly(merge("a", 9), put("a", 5, "v3,m5"));
    }

    @Test
    void shouldNotTouchAnOlderStripeBelowACoveredOperand() throws IOException {
        tombstones = (key, upTo) -> upTo >= 8 ? 8 : 0;
        snapshots = List.of(5L);
        assertThat(left(merge("a", 7), merge("a", 5), put("a", 3))).containsExactly(put("a", 5, "v3,m5"));
    }

    private static CompactionFilter filter(java.util.function.BiFunction<String, String, Decision> rule) {
        return new CompactionFilter() {
            @Override
            public String name() {
                return "test";
            }

            @Override
            public Decision filter(int level, Kind kind, DirectBuffer key, DirectBuffer value) {
                return rule.apply(
                        key.getStringWithoutLengthUtf8(0, key.capacity()),
                        value.getStringWithoutLengthUtf8(0, value.capacity()));
            }
        };
    }

    @Test
    void shouldRemoveAndChangeAsTheFilterSays() throws IOException {
        filter = filter((key, value) -> switch (key) {
            case "a" -> Decision.REMOVE;
            case "b" -> Decision.changeValue("other".getBytes(UTF_8));
            default -> Decision.KEEP;
        });
        Entry[] entries = {put("a", 9), put("a", 3), put("b", 8), put("b", 2), put("c", 1)};
        assertThat(left(entries)).containsExactly(delete("a", 9), put("b", 8, "other"), put("c", 1));
        assertThat(statistics.droppedByFilter()).isEqualTo(1);
        atTheBottom();
        assertThat(left(entries)).containsExactly(put("b", 0, "other"), put("c", 0, "v1"));
    }

    @Test
    void shouldFilterOperandsThatNoSnapshotSees() throws IOException {
        filter = filter((key, value) -> value.equals("m7") || value.equals("m2") ? Decision.REMOVE : Decision.KEEP);
        snapshots = List.of(2L);
        assertThat(left(merge("a", 9), merge("a", 7), merge("a", 6), merge("a", 2)))
                .containsExactly(merge("a", 9, "m6,m9"), merge("a", 2));
    }

    @Test
    void shouldSkipToTheKeyThatTheFilterNames() throws IOException {
        filter = filter((key, value) -> switch (key) {
            case "b", "f" -> Decision.removeAndSkipUntil("d".getBytes(UTF_8));
            default -> Decision.KEEP;
        });
        assertThat(left(put("a", 1), put("b", 9), put("b", 8), put("c", 7), put("d", 6), put("f", 5)))
                .containsExactly(put("a", 1), put("d", 6), put("f", 5));
        assertThat(left(put("a", 1), merge("b", 9), put("b", 8), put("c", 7), put("e", 6)))
                .containsExactly(put("a", 1), put("e", 6));
    }

    /** Whatever lies below, whatever the snapshots: a reader at the tip or at a snapshot finds the same before and after. */
    @Test
    void shouldChangeNothingThatAnyReaderFinds() throws IOException {
        for (long seed = 0; seed < 1000; seed++) {
            Random random = new Random(seed);
            KeyHistory history = new KeyHistory();
            while (history.writes().size() < 90) {
                history.addRandom(random, true);
            }
            int below = seed % 3 == 0 ? 0 : 30;
            boolean isBottommost = below == 0 && random.nextBoolean();
            List<KeyHistory.Write> deeper = history.writes().subList(0, below);
            Set<String> keysBelow = deeper.stream().map(KeyHistory.Write::key).collect(Collectors.toSet());
            List<Long> held = new ArrayList<>();
            for (int i = random.nextInt(4); i > 0; i--) {
                held.add((long) below + random.nextInt(90 - below));
            }
            Collections.sort(held);
            snapshots = held;
            placement = below == 0 && !isBottommost ? KeyPlacement.FLUSH : placementAbove(keysBelow, isBottommost);
            List<KeyHistory.Write> found = new ArrayList<>(deeper);
            found.addAll(rewritten(history.writes().subList(below, 90), isBottommost));
            for (long reader : readers(held)) {
                assertThat(KeyHistory.replay(found, reader))
                        .as("seed %d reader %d", seed, reader)
                        .isEqualTo(history.at(reader));
            }
        }
    }

    private static KeyPlacement placementAbove(Set<String> keysBelow, boolean isBottommost) {
        return new KeyPlacement() {
            @Override
            public int inputLevel() {
                return 1;
            }

            @Override
            public boolean isBottommost() {
                return isBottommost;
            }

            @Override
            public boolean keyNotExistsBeyondOutputLevel(DirectBuffer userKey) {
                return !keysBelow.contains(userKey.getStringWithoutLengthUtf8(0, userKey.capacity()));
            }
        };
    }

    private static List<Long> readers(List<Long> held) {
        List<Long> readers = new ArrayList<>(held);
        readers.add(Long.MAX_VALUE);
        return readers;
    }

    /** What a job makes of these writes, oldest first. */
    private List<KeyHistory.Write> rewritten(List<KeyHistory.Write> writes, boolean isBottommost) throws IOException {
        List<RangeTombstone> ranges = new ArrayList<>();
        TreeSet<Entry> entries = new TreeSet<>(Entry.ORDER);
        for (KeyHistory.Write write : writes) {
            if (write.type() == ValueType.RANGE_DELETION) {
                ranges.add(new RangeTombstone(Slice.utf8(write.key()), Slice.utf8(write.value()), write.sequence()));
            } else {
                entries.add(Entry.of(
                        write.key().getBytes(UTF_8),
                        write.sequence(),
                        write.type(),
                        write.value().getBytes(UTF_8)));
            }
        }
        JobTombstones all = JobTombstones.of(
                BytewiseComparator.INSTANCE, snapshots, List.of(new JobTombstones.Input(ranges, null, null)));
        tombstones = all.covering();
        List<KeyHistory.Write> rewritten = new ArrayList<>();
        for (Entry entry : left(entries.toArray(new Entry[0]))) {
            DirectBuffer key = entry.key().buffer();
            long trailer = InternalKey.trailer(key);
            rewritten.add(new KeyHistory.Write(
                    InternalKey.sequence(trailer),
                    InternalKey.type(trailer),
                    key.getStringWithoutLengthUtf8(0, InternalKey.userKeyLength(key)),
                    text(entry.value())));
        }
        for (RangeTombstone range : all.output(null, null, isBottommost)) {
            rewritten.add(new KeyHistory.Write(
                    range.sequence(), ValueType.RANGE_DELETION, text(range.start()), text(range.end())));
        }
        rewritten.sort(Comparator.comparingLong(KeyHistory.Write::sequence));
        return rewritten;
    }

    private static String text(Slice slice) {
        return slice.buffer().getStringWithoutLengthUtf8(0, slice.length());
    }
}
