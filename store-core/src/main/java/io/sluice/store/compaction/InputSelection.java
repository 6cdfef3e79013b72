// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.Slice;
import io.sluice.store.manifest.FileMetadata;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Completes a first choice of files to a compaction: the files of the output level in their range, more files of the
 * start level where that costs nothing, and what lies below ({@code CompactionPicker::SetupOtherInputs} in
 * db/compaction/compaction_picker.cc).
 */
final class InputSelection {
    private final LevelState state;
    private final FileRanges ranges;

    InputSelection(LevelState state) {
        this.state = state;
        this.ranges = state.ranges;
    }

    /**
     * The compaction of some files, or null where another one is in its way.
     *
     * @param files of the start level, at least one, cut cleanly
     */
    @Nullable
    Compaction complete(int startLevel, List<FileMetadata> files, int outputLevel, Choice choice) {
        List<FileMetadata> start = files;
        List<FileMetadata> output = List.of();
        if (state.running.hasAny(start)) {
            return null;
        }
        if (startLevel != outputLevel && outputLevel > 0) {
            output = ranges.cleanCut(outputLevel, ranges.overlapping(outputLevel, ranges.of(start)));
            if (state.running.hasAny(output)) {
                return null;
            }
            start = output.isEmpty() ? start : expand(startLevel, start, outputLevel, output, choice.onlyRight());
        }
        List<InputLevel> inputs = new ArrayList<>();
        inputs.add(new InputLevel(startLevel, start));
        if (!output.isEmpty()) {
            inputs.add(new InputLevel(outputLevel, output));
        }
        return of(inputs, outputLevel, choice);
    }

    /** Why and how a compaction is made. */
    record Choice(CompactionReason reason, double score, boolean onlyRight, boolean mayMove, int maxSubcompactions) {}

    /** The compaction of exactly these files, or null where another one is in its way. */
    @Nullable
    Compaction of(List<InputLevel> inputs, int outputLevel, Choice choice) {
        FileRanges.Range range = ranges.ofAll(inputs);
        if (inputs.stream().anyMatch(input -> state.running.hasAny(input.files()))
                || state.running.writesTo(outputLevel, ranges, range)) {
            return null;
        }
        List<InputLevel> below = below(outputLevel, range);
        return new Compaction(
                inputs,
                outputLevel,
                choice.reason(),
                choice.score(),
                below,
                state.settings.targetFileSize(outputLevel, state.targets.baseLevel()),
                state.settings.maxCompactionBytes(),
                below.isEmpty() && (outputLevel > 0 || hasOldestOfLevel0(inputs)),
                choice.mayMove() && isTrivialMove(inputs, outputLevel),
                choice.maxSubcompactions());
    }

    /** More files of the start level, where the output level's stay the same, or no key outside both is touched. */
    private List<FileMetadata> expand(
            int startLevel, List<FileMetadata> start, int outputLevel, List<FileMetadata> output, boolean onlyRight) {
        List<FileMetadata> both = new ArrayList<>(start);
        both.addAll(output);
        FileRanges.Range all = ranges.of(both);
        Slice begin = onlyRight ? ranges.of(start).smallest() : all.smallest();
        long limit = CompactionSettings.saturatedMultiply(state.settings.maxCompactionBytes(), 2);
        long outputSize = FileRanges.size(output);
        List<FileMetadata> grown = ranges.cleanCut(startLevel, ranges.overlapping(startLevel, begin, all.largest()));
        if (isBetter(grown, start, outputSize, limit)) {
            List<FileMetadata> outputThen =
                    ranges.cleanCut(outputLevel, ranges.overlapping(outputLevel, ranges.of(grown)));
            if (outputThen.size() == output.size()) {
                return grown;
            }
        }
        grown = ranges.within(startLevel, new FileRanges.Range(begin, all.largest()));
        return isBetter(grown, start, outputSize, limit) && grown.containsAll(start) ? grown : start;
    }

    private boolean isBetter(List<FileMetadata> grown, List<FileMetadata> start, long outputSize, long limit) {
        return grown.size() > start.size()
                && !state.running.hasAny(grown)
                && outputSize + FileRanges.size(grown) < limit;
    }

    private List<InputLevel> below(int outputLevel, FileRanges.Range range) {
        List<InputLevel> below = new ArrayList<>();
        for (int level = outputLevel + 1; level < state.version.levelCount(); level++) {
            List<FileMetadata> files = ranges.overlapping(level, range);
            if (!files.isEmpty()) {
                below.add(new InputLevel(level, files));
            }
        }
        return below;
    }

    private boolean hasOldestOfLevel0(List<InputLevel> inputs) {
        List<FileMetadata> level0 = state.files(0);
        return inputs.get(0).files().contains(level0.get(level0.size() - 1));
    }

    /** {@code Compaction::IsTrivialMove}: nothing to merge, and no costly merge made for later. */
    private boolean isTrivialMove(List<InputLevel> inputs, int outputLevel) {
        InputLevel only = inputs.get(0);
        if (inputs.size() > 1 || only.level() == outputLevel || (only.level() == 0 && !areDisjoint(only.files()))) {
            return false;
        }
        for (FileMetadata file : only.files()) {
            long size = file.size();
            if (outputLevel + 1 < state.version.levelCount()) {
                size += FileRanges.size(ranges.overlapping(outputLevel + 1, ranges.of(List.of(file))));
            }
            if (size > state.settings.maxCompactionBytes()) {
                return false;
            }
        }
        return true;
    }

    private boolean areDisjoint(List<FileMetadata> files) {
        List<FileMetadata> sorted = new ArrayList<>(files);
        sorted.sort((a, b) -> ranges.compareInternal(a.smallest(), b.smallest()));
        for (int i = 1; i < sorted.size(); i++) {
            if (ranges.touch(sorted.get(i - 1), sorted.get(i))) {
                return false;
            }
        }
        return true;
    }
}
