// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.sst.TableReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a compaction into ranges of about equal size that can be compacted at once, by what the inputs' indexes tell of
 * where their bytes are ({@code CompactionJob::GenSubcompactionBoundaries} in db/compaction/compaction_job.cc).
 */
final class SubcompactionRanges {
    /** Places asked for of each input: RocksDB's number. */
    private static final int ANCHORS = 128;

    private final Compaction compaction;
    private final KeyComparator comparator;
    private final SortedRunIterator.TableOpener opener;

    SubcompactionRanges(Compaction compaction, KeyComparator comparator, SortedRunIterator.TableOpener opener) {
        this.compaction = compaction;
        this.comparator = comparator;
        this.opener = opener;
    }

    /** The ranges, in order: together all keys. One where the compaction is not worth more. */
    List<KeyRange> cut() throws IOException {
        int most = compaction.subcompactions();
        if (most <= 1) {
            return List.of(KeyRange.ALL);
        }
        List<TableReader.Anchor> anchors = anchors();
        long total = anchors.stream().mapToLong(TableReader.Anchor::size).sum();
        long share = Math.max(1, total / most);
        List<KeyRange> ranges = new ArrayList<>();
        Slice start = null;
        long passed = 0;
        for (TableReader.Anchor anchor : anchors) {
            passed += anchor.size();
            boolean isNew = start == null || !start.equals(anchor.userKey());
            if (isNew && passed >= share * (ranges.size() + 1) && ranges.size() < most - 1) {
                ranges.add(new KeyRange(start, anchor.userKey()));
                start = anchor.userKey();
            }
        }
        ranges.add(new KeyRange(start, null));
        return ranges;
    }

    /** Of all inputs, by key. */
    private List<TableReader.Anchor> anchors() throws IOException {
        List<TableReader.Anchor> anchors = new ArrayList<>();
        for (InputLevel input : compaction.inputs()) {
            for (FileMetadata file : input.files()) {
                try (TableReader table = opener.open(file)) {
                    anchors.addAll(table.anchors(ANCHORS));
                }
            }
        }
        anchors.sort(
                (a, b) -> comparator.compare(a.userKey().buffer(), b.userKey().buffer()));
        return anchors;
    }
}
