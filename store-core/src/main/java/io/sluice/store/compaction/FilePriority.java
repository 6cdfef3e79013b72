// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.Slice;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The order in which the files of a level are offered for compaction: {@code UpdateFilesByCompactionPri} in
 * db/version_set.cc.
 */
final class FilePriority {
    private final Version version;
    private final FileRanges ranges;
    private final ToLongFunction<FileMetadata> weight;

    FilePriority(Version version, FileRanges ranges, ToLongFunction<FileMetadata> weight) {
        this.version = version;
        this.ranges = ranges;
        this.weight = weight;
    }

    /**
     * The files of a level, the first choice first.
     *
     * @param cursor where round robin goes on, or null for the beginning
     */
    List<FileMetadata> order(int level, CompactionPriority priority, @Nullable Slice cursor) {
        List<FileMetadata> files = new ArrayList<>(version.files(level));
        switch (priority) {
            case BY_COMPENSATED_SIZE ->
                files.sort(Comparator.comparingLong(weight).reversed());
            case OLDEST_LARGEST_SEQ_FIRST -> files.sort(Comparator.comparingLong(FileMetadata::largestSequence));
            case OLDEST_SMALLEST_SEQ_FIRST -> files.sort(Comparator.comparingLong(FileMetadata::smallestSequence));
            case MIN_OVERLAPPING_RATIO -> sortByOverlap(level, files);
            case ROUND_ROBIN -> {
                if (level == 0) {
                    files.sort(Comparator.comparingLong(FileMetadata::smallestSequence)); // these overlap
                } else {
                    files = from(cursor, files);
                }
            }
        }
        return files;
    }

    /** Least bytes overlapped below per byte moved first; at equal ratios the smaller keys. */
    private void sortByOverlap(int level, List<FileMetadata> files) {
        List<FileMetadata> below = level + 1 < version.levelCount() ? version.files(level + 1) : List.of();
        Map<Long, Long> ratios = new HashMap<>();
        int at = 0;
        for (FileMetadata file : version.files(level)) {
            while (at < below.size() && ranges.compareInternal(below.get(at).largest(), file.smallest()) < 0) {
                at++;
            }
            long overlapped = 0;
            while (at < below.size() && ranges.compareInternal(below.get(at).smallest(), file.largest()) < 0) {
                overlapped += below.get(at).size();
                if (ranges.compareInternal(below.get(at).largest(), file.largest()) > 0) {
                    break; // the next file may overlap it too
                }
                at++;
            }
            ratios.put(file.number(), (long) (overlapped * 1024.0 / Math.max(1, weight.applyAsLong(file))));
        }
        files.sort(Comparator.comparingLong((FileMetadata file) -> ratios.getOrDefault(file.number(), 0L))
                .thenComparing(FileMetadata::smallest, ranges::compareInternal));
    }

    private List<FileMetadata> from(@Nullable Slice cursor, List<FileMetadata> files) {
        int start = 0;
        while (cursor != null
                && start < files.size()
                && ranges.compareInternal(files.get(start).smallest(), cursor) < 0) {
            start++;
        }
        List<FileMetadata> turned = new ArrayList<>(files.subList(start, files.size()));
        turned.addAll(files.subList(0, start));
        return turned;
    }
}
