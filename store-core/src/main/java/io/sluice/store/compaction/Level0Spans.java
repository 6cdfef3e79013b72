// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.manifest.FileMetadata;
import java.util.ArrayList;
import java.util.List;

/**
 * Spans of L0, from its newest file on, that are merged to one file and stay on L0: they need nothing of other levels, so
 * they help where L0 can't be moved down, or where moving it down would cost too much. From {@code
 * db/compaction/compaction_picker_level.cc} and {@code PickCostBasedIntraL0Compaction}.
 */
final class Level0Spans {
    private static final int MIN_FILES = 4;

    private final LevelState state;
    private final List<FileMetadata> files;

    Level0Spans(LevelState state) {
        this.state = state;
        this.files = state.files(0);
    }

    /** A span for when L0 can't be moved down at the moment: as long as the work per file that goes away falls. */
    List<FileMetadata> whenBlocked() {
        int trigger = state.settings.level0FileNumCompactionTrigger();
        if (files.size() < trigger + 2 || state.running.has(files.get(0))) {
            return List.of();
        }
        long bytes = files.get(0).size();
        long perDeletedFile = Long.MAX_VALUE;
        int limit = 1;
        for (; limit < files.size(); limit++) {
            bytes += files.get(limit).size();
            long now = bytes / limit;
            if (state.running.has(files.get(limit))
                    || now > perDeletedFile
                    || bytes > state.settings.maxCompactionBytes()) {
                break;
            }
            perDeletedFile = now;
        }
        return limit >= MIN_FILES ? files.subList(0, limit) : List.of();
    }

    /** A span for when L0 is small against the level below it, so that moving it down would rewrite much for little. */
    List<FileMetadata> whenSmall() {
        int least = Math.max(2, state.settings.level0FileNumCompactionTrigger());
        if (files.size() < least) {
            return List.of();
        }
        long size = 0;
        for (FileMetadata file : files) {
            size += state.weight.applyAsLong(file);
        }
        double factor = Math.max(10, state.settings.maxBytesForLevelMultiplier()) * 2;
        if (state.version.size(state.targets.baseLevel()) <= CompactionSettings.saturatedMultiply(size, factor)) {
            return List.of();
        }
        List<FileMetadata> span = new ArrayList<>();
        for (FileMetadata file : files) {
            if (state.running.has(file)) {
                break;
            }
            span.add(file);
        }
        return span.size() < least ? List.of() : span;
    }
}
