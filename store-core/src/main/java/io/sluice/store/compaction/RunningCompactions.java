// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.manifest.FileMetadata;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The compactions of one column family that are under way. No file is in two of them, and no two write to overlapping
 * ranges of one level. One thread at a time.
 */
public final class RunningCompactions {
    private final List<Compaction> running = new ArrayList<>();
    private final Set<Long> files = new HashSet<>();

    /** Takes a compaction in. */
    public void begin(Compaction compaction) {
        running.add(compaction);
        for (InputLevel input : compaction.inputs()) {
            for (FileMetadata file : input.files()) {
                if (!files.add(file.number())) {
                    throw new IllegalStateException("file " + file.number() + " is in two compactions");
                }
            }
        }
    }

    /** Lets one go that has ended, however it did. */
    public void end(Compaction compaction) {
        if (running.remove(compaction)) {
            compaction.inputs().forEach(input -> input.files().forEach(file -> files.remove(file.number())));
        }
    }

    /** How many are under way. */
    public int count() {
        return running.size();
    }

    /** Whether a file is in one. */
    public boolean has(FileMetadata file) {
        return files.contains(file.number());
    }

    boolean hasAny(List<FileMetadata> candidates) {
        return candidates.stream().anyMatch(this::has);
    }

    /** Whether one takes files from L0: there is one of these at a time, but for spans of L0 that stay there. */
    boolean hasLevel0() {
        return running.stream().anyMatch(compaction -> compaction.startLevel() == 0);
    }

    /** Whether one writes to a level in a range. */
    boolean writesTo(int level, FileRanges ranges, FileRanges.Range range) {
        return level > 0
                && running.stream()
                        .anyMatch(compaction -> compaction.outputLevel() == level
                                && ranges.overlap(ranges.ofAll(compaction.inputs()), range));
    }
}
