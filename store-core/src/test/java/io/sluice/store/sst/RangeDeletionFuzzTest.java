// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.Slice;
import io.sluice.store.base.ValueType;
import io.sluice.store.fuzz.FuzzTarget;
import io.sluice.store.iterator.FragmentedTombstones;
import io.sluice.store.iterator.InternalKeyOrder;
import io.sluice.store.iterator.RangeTombstone;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Blocks of range deletions, and what they are cut into, against a search through all of them. */
class RangeDeletionFuzzTest extends FuzzTarget {
    private static final int PROBES = 16;

    @Override
    protected List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        List<RangeTombstone> tombstones = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            String start = "k" + (char) ('a' + i % 5);
            tombstones.add(new RangeTombstone(Slice.utf8(start), Slice.utf8("k" + (char) ('c' + i)), 100 - i));
            seeds.add(block(tombstones));
        }
        return seeds;
    }

    private static byte[] block(List<RangeTombstone> tombstones) {
        List<RangeTombstone> sorted = new ArrayList<>(tombstones);
        sorted.sort(Comparator.comparing(
                t -> new UnsafeBuffer(InternalKey.encode(
                        t.start().buffer(), InternalKey.trailer(t.sequence(), ValueType.RANGE_DELETION))),
                new InternalKeyOrder(BytewiseComparator.INSTANCE)));
        BlockBuilder block = RangeDeletionBlock.build(sorted);
        return Arrays.copyOf(block.bytes(), block.length());
    }

    @Override
    protected void parse(byte[] input) throws IOException {
        allow(1000L * input.length);
        FragmentedTombstones cut = read(input);
        List<RangeTombstone> tombstones = cut.tombstones();
        for (int range = 0; range < cut.rangeCount(); range++) {
            require(compare(cut.start(range), cut.end(range)) < 0, "a range without keys");
        }
        for (int i = 0; i < Math.min(PROBES, tombstones.size()); i++) {
            RangeTombstone probe = tombstones.get(i * tombstones.size() / Math.min(PROBES, tombstones.size()));
            checkCovering(cut, probe.start(), probe.sequence());
            checkCovering(cut, probe.end(), InternalKey.MAX_SEQUENCE);
        }
        if (tombstones.size() < 500) {
            require(
                    sorted(read(block(tombstones)).tombstones()).equals(sorted(tombstones)),
                    "written, they are others");
        }
    }

    private void checkCovering(FragmentedTombstones cut, Slice key, long upTo) {
        allow(key.length() + 256);
        long newest = 0;
        for (RangeTombstone tombstone : cut.tombstones()) {
            if (tombstone.sequence() <= upTo
                    && compare(tombstone.start(), key) <= 0
                    && compare(key, tombstone.end()) < 0) {
                newest = Math.max(newest, tombstone.sequence());
            }
        }
        require(
                cut.covering(Entry.seekKey(key.toByteArray(), upTo), upTo) == newest,
                "expected a deletion by " + newest);
    }

    private static int compare(Slice a, Slice b) {
        return BytewiseComparator.INSTANCE.compare(a.buffer(), b.buffer());
    }

    private static List<String> sorted(List<RangeTombstone> tombstones) {
        return tombstones.stream().map(RangeTombstone::toString).sorted().toList();
    }

    private static FragmentedTombstones read(byte[] block) throws IOException {
        return RangeDeletionBlock.read("table", 0, new UnsafeBuffer(block), BytewiseComparator.INSTANCE);
    }
}
