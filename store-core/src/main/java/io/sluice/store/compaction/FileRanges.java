// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.InternalKeyOrder;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Which files of a version lie in a range of keys. Bounds compare by user key, but for one case: a file whose largest key
 * is the exclusive end of a range deletion ends before that user key ({@code sstableKeyCompare} in
 * db/compaction/compaction.h). Immutable.
 */
final class FileRanges {
    private static final long EXCLUSIVE_END = InternalKey.trailer(InternalKey.MAX_SEQUENCE, ValueType.RANGE_DELETION);

    private final Version version;
    private final KeyComparator comparator;
    private final InternalKeyOrder order;

    /** A closed range of internal keys, as bounds of files. */
    record Range(Slice smallest, Slice largest) {}

    FileRanges(Version version) {
        this.version = version;
        this.comparator = version.comparator();
        this.order = new InternalKeyOrder(comparator);
    }

    /** Bytes of files. */
    static long size(Collection<FileMetadata> files) {
        long size = 0;
        for (FileMetadata file : files) {
            size += file.size();
        }
        return size;
    }

    /** The range of files, at least one. */
    Range of(List<FileMetadata> files) {
        FileMetadata first = files.get(0);
        Slice smallest = first.smallest();
        Slice largest = first.largest();
        for (FileMetadata file : files) {
            smallest = compareInternal(file.smallest(), smallest) < 0 ? file.smallest() : smallest;
            largest = compareInternal(file.largest(), largest) > 0 ? file.largest() : largest;
        }
        return new Range(smallest, largest);
    }

    /** The range of the files of all levels, at least one file. */
    Range ofAll(List<InputLevel> inputs) {
        List<FileMetadata> all = new ArrayList<>();
        inputs.forEach(input -> all.addAll(input.files()));
        return of(all);
    }

    /** Whether two closed ranges have a user key in common. */
    boolean overlap(Range a, Range b) {
        return compareBounds(a.smallest(), b.largest()) <= 0 && compareBounds(b.smallest(), a.largest()) <= 0;
    }

    /** Files of a level that have a user key of the range; see {@link #overlapping(int, Slice, Slice)}. */
    List<FileMetadata> overlapping(int level, Range range) {
        return overlapping(level, range.smallest(), range.largest());
    }

    /**
     * Files of a level that have a user key in common with the range, in the level's order. On L0 also those that
     * overlap with one of them, and so on: none of them may be moved down without the others.
     *
     * @param begin the least internal key, null for no bound
     * @param end the greatest internal key, inclusive, null for no bound
     */
    List<FileMetadata> overlapping(int level, @Nullable Slice begin, @Nullable Slice end) {
        return level == 0 ? overlappingL0(begin, end) : overlappingBelow(level, begin, end);
    }

    /**
     * Adds the neighbours of files that share a user key with one of them, so that no key is cut in two. The files are
     * neighbours themselves, on a level below L0; on L0 {@link #overlapping} did all that is needed.
     */
    List<FileMetadata> cleanCut(int level, List<FileMetadata> files) {
        List<FileMetadata> grown = files;
        if (level == 0 || files.isEmpty()) {
            return files;
        }
        int before;
        do {
            before = grown.size();
            grown = overlapping(level, of(grown));
        } while (grown.size() > before);
        return grown;
    }

    /**
     * Files of a level that lie wholly in the range, without those that would cut a user key in two. None of L0: there a
     * file may lie in the range and have older ones below it that reach out of it.
     */
    List<FileMetadata> within(int level, Range range) {
        if (level == 0) {
            return List.of();
        }
        List<FileMetadata> files = version.files(level);
        int from = 0;
        int to = files.size();
        while (from < to && compareBounds(files.get(from).smallest(), range.smallest()) < 0) {
            from++;
        }
        while (to > from && compareBounds(files.get(to - 1).largest(), range.largest()) > 0) {
            to--;
        }
        while (from < to && from > 0 && touch(files.get(from - 1), files.get(from))) {
            from++;
        }
        while (to > from && to < files.size() && touch(files.get(to - 1), files.get(to))) {
            to--;
        }
        return files.subList(from, to);
    }

    /** Whether two neighbours share a user key. */
    boolean touch(FileMetadata left, FileMetadata right) {
        return compareBounds(left.largest(), right.smallest()) >= 0;
    }

    /** Compares internal keys. */
    int compareInternal(Slice a, Slice b) {
        return order.compare(a.buffer(), b.buffer());
    }

    /** Compares two bounds; see the class comment. */
    int compareBounds(Slice a, Slice b) {
        int byKey = compareUserKeys(a, b);
        if (byKey != 0) {
            return byKey;
        }
        boolean aExcludes = isExclusive(a);
        boolean bExcludes = isExclusive(b);
        return aExcludes == bExcludes ? 0 : aExcludes ? -1 : 1;
    }

    /** Compares the user keys in two internal keys. */
    int compareUserKeys(Slice a, Slice b) {
        DirectBuffer left = a.buffer();
        DirectBuffer right = b.buffer();
        return comparator.compare(left, 0, InternalKey.userKeyLength(left), right, 0, InternalKey.userKeyLength(right));
    }

    private static boolean isExclusive(Slice key) {
        return InternalKey.trailer(key.buffer()) == EXCLUSIVE_END;
    }

    private List<FileMetadata> overlappingL0(@Nullable Slice begin, @Nullable Slice end) {
        List<FileMetadata> left = new ArrayList<>(version.files(0));
        List<FileMetadata> found = new ArrayList<>();
        Slice least = begin;
        Slice greatest = end;
        boolean grows = true;
        while (grows) {
            grows = false;
            for (int i = 0; i < left.size(); i++) {
                FileMetadata file = left.get(i);
                if ((greatest != null && compareUserKeys(file.smallest(), greatest) > 0)
                        || (least != null && compareUserKeys(file.largest(), least) < 0)) {
                    continue;
                }
                left.remove(i--);
                found.add(file);
                if (least != null && compareUserKeys(file.smallest(), least) < 0) {
                    least = file.smallest();
                    grows = true;
                }
                if (greatest != null && compareUserKeys(file.largest(), greatest) > 0) {
                    greatest = file.largest();
                    grows = true;
                }
            }
        }
        List<FileMetadata> inOrder = new ArrayList<>(version.files(0));
        inOrder.retainAll(found);
        return inOrder;
    }

    private List<FileMetadata> overlappingBelow(int level, @Nullable Slice begin, @Nullable Slice end) {
        List<FileMetadata> files = version.files(level);
        int from = begin == null ? 0 : firstEndingAtOrAfter(files, begin);
        int to = from;
        while (to < files.size() && (end == null || compareBounds(files.get(to).smallest(), end) <= 0)) {
            to++;
        }
        return files.subList(from, to);
    }

    private int firstEndingAtOrAfter(List<FileMetadata> files, Slice bound) {
        int low = 0;
        int high = files.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (compareBounds(files.get(middle).largest(), bound) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
