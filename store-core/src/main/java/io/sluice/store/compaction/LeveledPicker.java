// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.Slice;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Chooses what is compacted next, by RocksDB's rules for leveled compaction ({@code LevelCompactionBuilder} in
 * db/compaction/compaction_picker_level.cc): the level with the highest score goes first. Remembers where round robin
 * stands. One for each column family; one thread at a time.
 */
public final class LeveledPicker {
    /** Files that are moved at once at most, so that the next level does not get too much. */
    private static final int MAX_MOVED_FILES = 4;

    private final Map<Integer, Slice> cursors = new HashMap<>();

    /** A first choice of files. */
    private record Start(List<FileMetadata> files, int outputLevel) {}

    /**
     * The next compaction, or null where nothing is due or can be done now. It is not yet among those running.
     *
     * @param weight a file's size, where deletions count as what they will remove
     * @param maxSubcompactions for those of L0, which alone are split
     */
    public @Nullable Compaction pick(
            Version version,
            CompactionSettings settings,
            RunningCompactions running,
            ToLongFunction<FileMetadata> weight,
            int maxSubcompactions) {
        LevelState state = new LevelState(version, settings, running, weight);
        boolean skippedLevel0 = false;
        for (LevelScores.Score score : LevelScores.of(version, state.targets, settings, running, weight)) {
            int level = score.level();
            if (score.value() < 1) {
                break;
            }
            if (skippedLevel0 && level == state.targets.baseLevel()) {
                continue; // L0 waits for room there: it must not starve
            }
            Start start = level == 0 ? startOnLevel0(state) : startOnLevel(state, level);
            if (start == null && level == 0) {
                skippedLevel0 = true;
                List<FileMetadata> span = new Level0Spans(state).whenBlocked();
                start = span.isEmpty() ? null : new Start(span, 0);
            }
            if (start != null) {
                return complete(state, score, start, maxSubcompactions);
            }
        }
        return null;
    }

    private @Nullable Compaction complete(LevelState state, LevelScores.Score score, Start start, int subcompactions) {
        boolean roundRobin = score.level() > 0 && state.settings.compactionPriority() == CompactionPriority.ROUND_ROBIN;
        InputSelection.Choice choice = new InputSelection.Choice(
                score.level() == 0 ? CompactionReason.LEVEL_L0_FILES_NUM : CompactionReason.LEVEL_MAX_LEVEL_SIZE,
                score.value(),
                roundRobin,
                true,
                score.level() == 0 ? subcompactions : 1);
        Compaction compaction =
                new InputSelection(state).complete(score.level(), start.files(), start.outputLevel(), choice);
        if (compaction != null && roundRobin) {
            advanceCursor(state, compaction);
        }
        return compaction;
    }

    private static @Nullable Start startOnLevel0(LevelState state) {
        int base = state.targets.baseLevel();
        if (!state.running.hasLevel0()) {
            List<FileMetadata> moved = movableFromLevel0(state, base);
            if (!moved.isEmpty() && state.isFree(moved, base)) {
                return new Start(moved, base);
            }
        }
        List<FileMetadata> span = new Level0Spans(state).whenSmall();
        if (!span.isEmpty()) {
            return new Start(span, 0);
        }
        if (state.running.hasLevel0()) {
            return null; // files of L0 overlap: one compaction from there at a time
        }
        FilePriority priority = new FilePriority(state.version, state.ranges, state.weight);
        for (FileMetadata file : priority.order(0, state.settings.compactionPriority(), null)) {
            List<FileMetadata> files = state.ranges.overlapping(0, state.ranges.of(List.of(file)));
            if (canStart(state, files, base)) {
                return new Start(files, base);
            }
        }
        return null;
    }

    /** The oldest files of L0, as far as they overlap neither each other nor the level below: they need no merge. */
    private static List<FileMetadata> movableFromLevel0(LevelState state, int base) {
        List<FileMetadata> moved = new ArrayList<>();
        if (state.files(base).isEmpty()) {
            return moved;
        }
        List<FileMetadata> level0 = state.files(0);
        for (int i = level0.size() - 1; i >= 0; i--) {
            FileMetadata file = level0.get(i);
            if (!moved.isEmpty()) {
                FileRanges.Range before = state.ranges.of(moved);
                if (state.ranges.overlap(before, state.ranges.of(List.of(file)))) {
                    break;
                }
            }
            moved.add(file);
            if (!state.ranges.overlapping(base, state.ranges.of(moved)).isEmpty()) {
                moved.remove(moved.size() - 1);
                break;
            }
        }
        moved.sort((a, b) -> state.ranges.compareInternal(a.smallest(), b.smallest()));
        return moved;
    }

    private @Nullable Start startOnLevel(LevelState state, int level) {
        boolean roundRobin = state.settings.compactionPriority() == CompactionPriority.ROUND_ROBIN;
        FilePriority priority = new FilePriority(state.version, state.ranges, state.weight);
        int outputLevel = state.outputLevel(level);
        for (FileMetadata file : priority.order(level, state.settings.compactionPriority(), cursors.get(level))) {
            List<FileMetadata> files = state.ranges.cleanCut(level, List.of(file));
            if (canStart(state, files, outputLevel)) {
                if (state.ranges
                        .overlapping(outputLevel, state.ranges.of(files))
                        .isEmpty()) {
                    return new Start(withMovableNeighbours(state, level, files, outputLevel, roundRobin), outputLevel);
                }
                return new Start(roundRobin ? withSuccessors(state, level, files, outputLevel) : files, outputLevel);
            }
            if (roundRobin) {
                return null; // its turn comes again
            }
        }
        return null;
    }

    private static boolean canStart(LevelState state, List<FileMetadata> files, int outputLevel) {
        if (!state.isFree(files, outputLevel)) {
            return false;
        }
        List<FileMetadata> below = state.ranges.overlapping(outputLevel, state.ranges.of(files));
        return !state.running.hasAny(state.ranges.cleanCut(outputLevel, below));
    }

    /** A file that can be moved as it is takes up to three neighbours along that can be too. */
    private static List<FileMetadata> withMovableNeighbours(
            LevelState state, int level, List<FileMetadata> files, int outputLevel, boolean onlyRight) {
        if (files.size() != 1) {
            return files;
        }
        List<FileMetadata> all = state.files(level);
        int from = all.indexOf(files.get(0));
        int to = from + 1;
        while (to < all.size() && isMovable(state, level, all.subList(from, to + 1), outputLevel)) {
            to++;
        }
        while (!onlyRight && from > 0 && isMovable(state, level, all.subList(from - 1, to), outputLevel)) {
            from--;
        }
        return all.subList(from, to);
    }

    private static boolean isMovable(LevelState state, int level, List<FileMetadata> files, int outputLevel) {
        return files.size() <= MAX_MOVED_FILES
                && FileRanges.size(files) <= state.settings.maxCompactionBytes()
                && state.ranges.cleanCut(level, files).size() == files.size()
                && state.isFree(files, outputLevel)
                && state.ranges.overlapping(outputLevel, state.ranges.of(files)).isEmpty();
    }

    /** Round robin takes files in their order until the level is within its target, as far as one compaction goes. */
    private static List<FileMetadata> withSuccessors(
            LevelState state, int level, List<FileMetadata> files, int outputLevel) {
        long idle = 0;
        for (FileMetadata file : state.files(level)) {
            idle += state.running.has(file) ? 0 : file.size();
        }
        long wanted = Math.max(0, idle - state.targets.maxBytes(level));
        List<FileMetadata> all = state.files(level);
        List<FileMetadata> chosen = files;
        int next = all.indexOf(files.get(files.size() - 1)) + 1;
        while (next < all.size() && FileRanges.size(chosen) < wanted) {
            List<FileMetadata> more = new ArrayList<>(chosen);
            more.add(all.get(next));
            more = new ArrayList<>(state.ranges.cleanCut(level, more));
            if (!canStart(state, more, outputLevel)) {
                break;
            }
            List<FileMetadata> below = state.ranges.overlapping(outputLevel, state.ranges.of(more));
            if (FileRanges.size(more) + FileRanges.size(below) > state.settings.maxCompactionBytes()) {
                break;
            }
            chosen = more;
            next = all.indexOf(more.get(more.size() - 1)) + 1;
        }
        return chosen;
    }

    /** To the file behind those chosen, or to the level's first. */
    private void advanceCursor(LevelState state, Compaction compaction) {
        List<FileMetadata> all = state.files(compaction.startLevel());
        List<FileMetadata> chosen = compaction.inputs().get(0).files();
        int next = all.indexOf(chosen.get(chosen.size() - 1)) + 1;
        if (next < all.size()) {
            cursors.put(compaction.startLevel(), all.get(next).smallest());
        } else {
            cursors.remove(compaction.startLevel());
        }
    }
}
