// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Merging and visibility against a sorted map, over random histories and random walks. */
class UserIteratorTest {
    @Test
    void shouldShowWhatASortedMapHoldsAtEachSequenceNumber() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            List<NavigableMap<Slot, byte[]>> sources = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(4); i++) {
                sources.add(new TreeMap<>());
            }
            long snapshot = random.nextInt(60);
            KeyHistory history = new KeyHistory();
            List<KeyHistory.Write> ranges = new ArrayList<>();
            while (history.writes().size() < 60) {
                KeyHistory.Write write = history.addRandom(random, true);
                if (write.type() == ValueType.RANGE_DELETION) {
                    ranges.add(write);
                } else {
                    sources.get(random.nextInt(sources.size()))
                            .put(
                                    new Slot(write.key(), InternalKey.trailer(write.sequence(), write.type())),
                                    write.value().getBytes(UTF_8));
                }
            }
            NavigableMap<String, String> expected = history.at(snapshot);
            String lower = random.nextInt(3) == 0 ? KeyHistory.target(random) : null;
            String upper = random.nextInt(3) == 0 ? KeyHistory.target(random) : null;
            if (lower != null) {
                expected = expected.tailMap(lower, true);
            }
            if (upper != null) {
                expected =
                        lower != null && upper.compareTo(lower) <= 0 ? new TreeMap<>() : expected.headMap(upper, false);
            }
            walk(
                    sources,
                    tombstones(ranges),
                    snapshot,
                    lower,
                    upper,
                    expected,
                    random,
                    "seed " + seed + " round " + round);
        }
    }

    private static void walk(
            List<NavigableMap<Slot, byte[]>> sources,
            RangeTombstones tombstones,
            long snapshot,
            @Nullable String lower,
            @Nullable String upper,
            NavigableMap<String, String> expected,
            Random random,
            String where)
            throws Exception {
        List<InternalIterator> iterators = new ArrayList<>();
        sources.forEach(source -> iterators.add(new MapIterator(source)));
        int[] closed = new int[1];
        UserIterator iterator = new UserIterator(
                new MergingIterator(BytewiseComparator.INSTANCE, iterators),
                BytewiseComparator.INSTANCE,
                MergeOperators.stringAppend(),
                tombstones,
                snapshot,
                lower == null ? null : buffer(lower),
                upper == null ? null : buffer(upper),
                null,
                () -> closed[0]++);
        Map.@Nullable Entry<String, String> at = null;
        for (int step = 0; step < 60; step++) {
            String target = KeyHistory.target(random);
            int move = at == null ? random.nextInt(4) : random.nextInt(8);
            switch (move) {
                case 0 -> {
                    iterator.seekToFirst();
                    at = expected.firstEntry();
                }
                case 1 -> {
                    iterator.seekToLast();
                    at = expected.lastEntry();
                }
                case 2 -> {
                    iterator.seek(buffer(target));
                    at = expected.ceilingEntry(target);
                }
                case 3 -> {
                    iterator.seekForPrev(buffer(target));
                    at = expected.floorEntry(target);
                }
                case 4, 5 -> {
                    iterator.next();
                    at = at == null ? null : expected.higherEntry(at.getKey());
                }
                default -> {
                    iterator.prev();
                    at = at == null ? null : expected.lowerEntry(at.getKey());
                }
            }
            assertThat(iterator.isValid()).as(where).isEqualTo(at != null);
            if (at != null) {
                assertThat(text(iterator.key())).as(where).isEqualTo(at.getKey());
                assertThat(text(iterator.value())).as(where).isEqualTo(at.getValue());
            }
        }
        iterator.close();
        iterator.close();
        assertThat(closed[0]).isEqualTo(1);
    }

    private static RangeTombstones tombstones(List<KeyHistory.Write> ranges) {
        return (internalKey, upTo) -> {
            String key = text(new UnsafeBuffer(internalKey, 0, InternalKey.userKeyLength(internalKey)));
            return ranges.stream()
                    .filter(range -> range.sequence() <= upTo)
                    .filter(range -> range.key().compareTo(key) <= 0 && key.compareTo(range.value()) < 0)
                    .mapToLong(KeyHistory.Write::sequence)
                    .max()
                    .orElse(0);
        };
    }

    private static DirectBuffer buffer(String text) {
        return new UnsafeBuffer(text.getBytes(UTF_8));
    }

    private static String text(DirectBuffer buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.getBytes(0, bytes);
        return new String(bytes, UTF_8);
    }

    private record Slot(String key, long trailer) implements Comparable<Slot> {
        @Override
        public int compareTo(Slot other) {
            int order = key.compareTo(other.key);
            return order != 0 ? order : Long.compareUnsigned(other.trailer, trailer);
        }
    }

    /** A sorted map as a source. */
    private static final class MapIterator implements InternalIterator {
        private final NavigableMap<Slot, byte[]> entries;
        private Map.@Nullable Entry<Slot, byte[]> at;

        MapIterator(NavigableMap<Slot, byte[]> entries) {
            this.entries = entries;
        }

        @Override
        public boolean isValid() {
            return at != null;
        }

        @Override
        public void seekToFirst() {
            at = entries.firstEntry();
        }

        @Override
        public void seekToLast() {
            at = entries.lastEntry();
        }

        @Override
        public void seek(DirectBuffer internalKey) {
            at = entries.ceilingEntry(slot(internalKey));
        }

        @Override
        public void seekForPrev(DirectBuffer internalKey) {
            at = entries.floorEntry(slot(internalKey));
        }

        @Override
        public void next() {
            at = entries.higherEntry(entry().getKey());
        }

        @Override
        public void prev() {
            at = entries.lowerEntry(entry().getKey());
        }

        @Override
        public DirectBuffer key() {
            Slot slot = entry().getKey();
            return new UnsafeBuffer(InternalKey.encode(buffer(slot.key()), slot.trailer()));
        }

        @Override
        public DirectBuffer value() {
            return new UnsafeBuffer(entry().getValue());
        }

        @Override
        public void close() {
            at = null;
        }

        private Map.Entry<Slot, byte[]> entry() {
            if (at == null) {
                throw new IllegalStateException("nowhere");
            }
            return at;
        }

        private static Slot slot(DirectBuffer internalKey) {
            UnsafeBuffer key = new UnsafeBuffer(internalKey, 0, InternalKey.userKeyLength(internalKey));
            return new Slot(text(key), InternalKey.trailer(internalKey));
        }
    }
}
