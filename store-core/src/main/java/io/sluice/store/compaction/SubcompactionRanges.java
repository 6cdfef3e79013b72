// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.manifest.FileMetadata;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * Cuts a compaction into ranges of about equal size that can be compacted at once. A file counts as spread evenly over
 * the ends of others that lie in it.
 */
final class SubcompactionRanges {
    private final Compaction compaction;
    private final KeyComparator comparator;

    SubcompactionRanges(Compaction compaction, KeyComparator comparator) {
        this.compaction = compaction;
        this.comparator = comparator;
    }

    /** The ranges, in order: together all keys. One where the compaction is not worth more. */
    List<KeyRange> cut() {
        long size = compaction.inputSize();
        long most = Math.min(compaction.maxSubcompactions(), size / Math.max(1, compaction.targetFileSize()) + 1);
        if (most <= 1 || compaction.outputLevel() == 0) {
            return List.of(KeyRange.ALL);
        }
        List<Slice> ends = ends();
        double[] sizes = sizesBetween(ends);
        List<KeyRange> ranges = new ArrayList<>();
        Slice start = null;
        double share = (double) size / most;
        double inRange = 0;
        for (int i = 1; i < ends.size() - 1 && ranges.size() < most - 1; i++) {
            inRange += sizes[i - 1];
            if (inRange >= share) {
                ranges.add(new KeyRange(start, ends.get(i)));
                start = ends.get(i);
                inRange = 0;
            }
        }
        ranges.add(new KeyRange(start, null));
        return ranges;
    }

    /** The first and last user keys of all inputs, in order, each once. */
    private List<Slice> ends() {
        List<Slice> ends = new ArrayList<>();
        for (InputLevel input : compaction.inputs()) {
            for (FileMetadata file : input.files()) {
                ends.add(userKey(file.smallest()));
                ends.add(userKey(file.largest()));
            }
        }
        ends.sort((a, b) -> comparator.compare(a.buffer(), b.buffer()));
        List<Slice> distinct = new ArrayList<>();
        for (Slice end : ends) {
            if (distinct.isEmpty() || !distinct.get(distinct.size() - 1).equals(end)) {
                distinct.add(end);
            }
        }
        return distinct;
    }

    private double[] sizesBetween(List<Slice> ends) {
        double[] sizes = new double[ends.size()];
        for (InputLevel input : compaction.inputs()) {
            for (FileMetadata file : input.files()) {
                int from = indexOf(ends, userKey(file.smallest()));
                int to = Math.max(from + 1, indexOf(ends, userKey(file.largest())));
                for (int i = from; i < to; i++) {
                    sizes[i] += (double) file.size() / (to - from);
                }
            }
        }
        return sizes;
    }

    private int indexOf(List<Slice> ends, Slice key) {
        int low = 0;
        int high = ends.size() - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (comparator.compare(ends.get(middle).buffer(), key.buffer()) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static Slice userKey(Slice internalKey) {
        DirectBuffer key = internalKey.buffer();
        byte[] bytes = new byte[InternalKey.userKeyLength(key)];
        key.getBytes(0, bytes);
        return Slice.wrap(bytes);
    }
}
