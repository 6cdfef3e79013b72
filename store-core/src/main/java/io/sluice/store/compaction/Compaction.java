// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.manifest.FileMetadata;
import java.util.List;

/**
 * A choice of files to be compacted. A value, equal only to itself.
 *
 * @param inputs the start level, and the output level where it has files in the range
 * @param outputLevel where the result goes
 * @param reason why
 * @param score the start level's, for people to read; 0 for none
 * @param below the files in the range on each level below the output's that has any: what they have must stay hidden
 * @param targetFileSize bytes at which an output is cut; what overlaps grandparents may grow to twice of it
 * @param maxCompactionBytes the most that an output and the grandparents that it overlaps should have together
 * @param bottommost whether nothing older than the output is left in its range
 * @param trivialMove whether the files can change their level as they are
 * @param maxSubcompactions ranges that may be compacted at once; see {@link #subcompactions}
 */
public record Compaction(
        List<InputLevel> inputs,
        int outputLevel,
        CompactionReason reason,
        double score,
        List<InputLevel> below,
        long targetFileSize,
        long maxCompactionBytes,
        boolean bottommost,
        boolean trivialMove,
        int maxSubcompactions) {
    /** Makes the lists unmodifiable. */
    public Compaction {
        inputs = List.copyOf(inputs);
        below = List.copyOf(below);
    }

    /** The highest level that files come from. */
    public int startLevel() {
        return inputs.get(0).level();
    }

    /** The nearest of the files below: an output that overlaps much of them would be costly to compact later. */
    public List<FileMetadata> grandparents() {
        return outputLevel == 0 || below.isEmpty() ? List.of() : below.get(0).files();
    }

    /** The most ranges that it is cut into, to be compacted at once: it is not worth more. At least 1. */
    public int subcompactions() {
        long worth = inputSize() / Math.max(1, targetFileSize) + 1;
        return outputLevel == 0 ? 1 : (int) Math.max(1, Math.min(maxSubcompactions, worth));
    }

    /** Bytes of all inputs. */
    public long inputSize() {
        return inputs.stream().mapToLong(InputLevel::size).sum();
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
