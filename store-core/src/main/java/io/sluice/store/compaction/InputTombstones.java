// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.iterator.RangeTombstone;
import io.sluice.store.job.JobTombstones;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.sst.TableBounds;
import io.sluice.store.sst.TableReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the range deletions of a compaction's inputs, each as far as its file's bounds reach. Files of a level that share a
 * user key at their border are one unit, as RocksDB's atomic compaction units are: such a border says nothing of where a
 * range deletion ends. A compaction has all files of a unit, or none.
 */
final class InputTombstones {
    private final CompactionJob job;
    private final KeyComparator comparator;
    private final SortedRunIterator.TableOpener opener;

    InputTombstones(CompactionJob job, SortedRunIterator.TableOpener opener) {
        this.job = job;
        this.comparator = job.tableOptions().comparator();
        this.opener = opener;
    }

    JobTombstones read() throws IOException {
        List<JobTombstones.Input> inputs = new ArrayList<>();
        for (InputLevel level : job.compaction().inputs()) {
            List<FileMetadata> files = level.files();
            for (int i = 0; i < files.size(); i++) {
                List<RangeTombstone> tombstones = read(files.get(i));
                if (!tombstones.isEmpty()) {
                    int first = level.level() == 0 ? i : firstOfUnit(files, i);
                    int last = level.level() == 0 ? i : lastOfUnit(files, i);
                    inputs.add(new JobTombstones.Input(
                            tombstones,
                            userKey(files.get(first).smallest()),
                            end(files.get(last).largest())));
                }
            }
        }
        return JobTombstones.of(comparator, job.snapshots(), inputs);
    }

    private List<RangeTombstone> read(FileMetadata file) throws IOException {
        try (TableReader table = opener.open(file)) {
            return table.rangeTombstones().tombstones();
        }
    }

    private int firstOfUnit(List<FileMetadata> files, int index) {
        int first = index;
        while (first > 0 && shareAKey(files.get(first - 1), files.get(first))) {
            first--;
        }
        return first;
    }

    private int lastOfUnit(List<FileMetadata> files, int index) {
        int last = index;
        while (last + 1 < files.size() && shareAKey(files.get(last), files.get(last + 1))) {
            last++;
        }
        return last;
    }

    private boolean shareAKey(FileMetadata left, FileMetadata right) {
        return !TableBounds.isSentinel(left.largest())
                && comparator.compare(
                                userKey(left.largest()).buffer(),
                                userKey(right.smallest()).buffer())
                        == 0;
    }

    /** A file's last key that is an entry's does not end its range deletions: they end before it, or at it. */
    private static @Nullable Slice end(Slice largest) {
        return TableBounds.isSentinel(largest) ? userKey(largest) : null;
    }

    private static Slice userKey(Slice internalKey) {
        DirectBuffer key = internalKey.buffer();
        return Slice.copyOf(new UnsafeBuffer(key, 0, InternalKey.userKeyLength(key)));
    }
}
