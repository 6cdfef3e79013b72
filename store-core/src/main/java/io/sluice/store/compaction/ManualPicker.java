// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the compactions that a program asks for, by range ({@code PickCompactionForCompactRange}) or by files ({@code
 * SanitizeCompactionInputFiles}, both in db/compaction/compaction_picker.cc). For use at once, by one thread.
 */
public final class ManualPicker {
    private final LevelState state;
    private final FileRanges ranges;

    /** A picker for one look at a column family. */
    public ManualPicker(Version version, CompactionSettings settings, RunningCompactions running) {
        this.state = new LevelState(version, settings, running, FileMetadata::size);
        this.ranges = state.ranges;
    }

    /**
     * What comes next of a range.
     *
     * @param compaction null where nothing is left, or another compaction is in the way
     * @param isBlocked whether another one is in the way
     * @param next where to go on after it, or null where it is the last
     */
    public record Step(
            @Nullable Compaction compaction,
            boolean isBlocked,
            @Nullable Slice next) {}

    private static final Step NOTHING = new Step(null, false, null);
    private static final Step BLOCKED = new Step(null, true, null);

    /** The lowest and the highest level that has files in a range; null where none has. */
    public int @Nullable [] levels(@Nullable Slice begin, @Nullable Slice end) {
        int first = -1;
        int last = -1;
        for (int level = 0; level < state.version.levelCount(); level++) {
            if (!ranges.overlapping(level, begin, end).isEmpty()) {
                first = first < 0 ? level : first;
                last = level;
            }
        }
        return first < 0 ? null : new int[] {first, last};
    }

    /** The next compaction of a range: of a large one as much as {@code max_compaction_bytes} allow. */
    public Step next(RangeRequest request) {
        int level = request.inputLevel();
        List<FileMetadata> files = wanted(request);
        if (files.isEmpty()) {
            return NOTHING;
        }
        if (level == 0 && state.running.hasLevel0()) {
            return BLOCKED;
        }
        int output =
                request.outputLevel() == RangeRequest.BASE_LEVEL ? state.targets.baseLevel() : request.outputLevel();
        if (level > 0) {
            files = ranges.cleanCut(level, upToLimit(files, level, output));
        }
        InputSelection.Choice choice = new InputSelection.Choice(
                CompactionReason.MANUAL_COMPACTION, 0, false, request.mayMove(), request.maxSubcompactions());
        Compaction compaction = new InputSelection(state).complete(level, files, output, choice);
        return compaction == null ? BLOCKED : new Step(compaction, false, behind(compaction, request));
    }

    /** Files of the range, as far as they are neighbours, without those that were made meanwhile. */
    private List<FileMetadata> wanted(RangeRequest request) {
        List<FileMetadata> files = ranges.overlapping(request.inputLevel(), request.begin(), request.end());
        if (request.filesBelow() == Long.MAX_VALUE) {
            return files;
        }
        List<FileMetadata> old = new ArrayList<>();
        for (FileMetadata file : files) {
            if (file.number() < request.filesBelow()) {
                old.add(file);
            } else if (!old.isEmpty()) {
                break;
            }
        }
        return old;
    }

    private List<FileMetadata> upToLimit(List<FileMetadata> files, int level, int output) {
        for (int count = 2; count <= files.size(); count++) {
            List<FileMetadata> some = files.subList(0, count);
            long size = FileRanges.size(some);
            if (output != level) {
                size += FileRanges.size(ranges.overlapping(output, ranges.of(some)));
            }
            if (size > state.settings.maxCompactionBytes()) {
                return files.subList(0, count - 1);
            }
        }
        return files;
    }

    /** The first key of what is left of the range, or null. */
    private @Nullable Slice behind(Compaction compaction, RangeRequest request) {
        int level = request.inputLevel();
        if (level == 0) {
            return null;
        }
        Slice last = ranges.of(compaction.inputs().get(0).files()).largest();
        for (FileMetadata file : ranges.overlapping(level, request.begin(), request.end())) {
            if (ranges.compareInternal(file.smallest(), last) > 0 && file.number() < request.filesBelow()) {
                return file.smallest();
            }
        }
        return null;
    }

    /**
     * The compaction of chosen files, and of those that must come along, since they are between them or share keys with
     * them.
     *
     * @param numbers of files of this column family
     * @throws StoreException {@code INVALID_ARGUMENT} for files or levels that make no compaction; {@code BUSY} where
     *     another compaction is in the way
     */
    public Compaction ofFiles(Set<Long> numbers, int outputLevel, int maxSubcompactions) throws StoreException {
        if (outputLevel < 0 || outputLevel >= state.targets.levelCount()) {
            throw StoreException.invalid(
                    "compaction.level",
                    "output level " + outputLevel + ": expected 0 to " + (state.targets.levelCount() - 1));
        }
        List<InputLevel> inputs = new ArrayList<>();
        List<FileMetadata> all = new ArrayList<>();
        int found = 0;
        for (int level = 0; level < state.version.levelCount(); level++) {
            List<FileMetadata> files = new ArrayList<>(state.files(level));
            files.removeIf(file -> !numbers.contains(file.number()));
            found += files.size();
            if (!files.isEmpty() && level > outputLevel) {
                throw StoreException.invalid(
                        "compaction.level",
                        "file " + files.get(0).number() + " is on level " + level + ", below the output level "
                                + outputLevel);
            }
            if (level <= outputLevel) {
                files = completed(level, files, all);
                if (!files.isEmpty()) {
                    inputs.add(new InputLevel(level, files));
                    all.addAll(files);
                }
            }
        }
        if (found != numbers.size() || inputs.isEmpty()) {
            throw StoreException.invalid(
                    "compaction.files",
                    "of the " + numbers.size() + " files " + numbers + " only " + found
                            + " are in the column family now: were the others compacted meanwhile?");
        }
        InputSelection.Choice choice =
                new InputSelection.Choice(CompactionReason.MANUAL_COMPACTION, 0, false, false, maxSubcompactions);
        boolean level0IsBusy = inputs.get(0).level() == 0 && state.running.hasLevel0();
        Compaction compaction = level0IsBusy ? null : new InputSelection(state).of(inputs, outputLevel, choice);
        if (compaction == null) {
            throw new StoreException(
                    StoreException.Kind.BUSY,
                    "compaction.conflict",
                    "another compaction has some of the files, or writes to their range: try again later");
        }
        return compaction;
    }

    private List<FileMetadata> completed(int level, List<FileMetadata> chosen, List<FileMetadata> above) {
        if (level == 0) {
            // Older files of L0 must not stay above what came from newer ones.
            List<FileMetadata> files = state.files(0);
            return chosen.isEmpty() ? chosen : files.subList(files.indexOf(chosen.get(0)), files.size());
        }
        // Also what lies between the chosen files and those from above: an output file may reach from these to those.
        List<FileMetadata> all = new ArrayList<>(above);
        all.addAll(chosen);
        return all.isEmpty() ? all : ranges.cleanCut(level, ranges.overlapping(level, ranges.of(all)));
    }
}
