// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * What a choice of compactions is made from: the files of a column family, their targets, and what is under way. For use
 * at once, by one thread.
 */
final class LevelState {
    final Version version;
    final CompactionSettings settings;
    final LevelTargets targets;
    final RunningCompactions running;
    final ToLongFunction<FileMetadata> weight;
    final FileRanges ranges;

    LevelState(
            Version version,
            CompactionSettings settings,
            RunningCompactions running,
            ToLongFunction<FileMetadata> weight) {
        this.version = version;
        this.settings = settings;
        this.targets = LevelTargets.of(version, settings);
        this.running = running;
        this.weight = weight;
        this.ranges = new FileRanges(version);
    }

    List<FileMetadata> files(int level) {
        return version.files(level);
    }

    /** Whether files may be compacted to a level: none of them is busy, and nobody writes there. */
    boolean isFree(List<FileMetadata> files, int outputLevel) {
        return !running.hasAny(files) && !running.writesTo(outputLevel, ranges, ranges.of(files));
    }

    /** Where what is compacted from a level goes. */
    int outputLevel(int startLevel) {
        return startLevel == 0 ? targets.baseLevel() : startLevel + 1;
    }
}
