// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.compaction.Compaction;
import io.sluice.store.compaction.CompactionReason;
import java.util.List;

/**
 * The choice of files: {@link Compaction}, whose components have the same meaning. A move of files is no job, so {@code
 * trivialMove} is not told.
 *
 * @param inputs at least one level, by ascending number
 * @param outputLevel 0 to 63
 * @param reason by its name
 * @param score finite
 * @param below by ascending number
 * @param targetFileSize bytes, at least 1
 * @param maxCompactionBytes bytes, at least 0
 * @param bottommost whether nothing older is left in the outputs' range
 * @param maxSubcompactions 1 to 1,024
 */
public record CompactionDocument(
        List<LevelDocument> inputs,
        int outputLevel,
        CompactionReason reason,
        double score,
        List<LevelDocument> below,
        long targetFileSize,
        long maxCompactionBytes,
        boolean bottommost,
        int maxSubcompactions) {
    private static final int MAX_SUBCOMPACTIONS = 1024;

    /** Checks the ranges. */
    public CompactionDocument {
        inputs = List.copyOf(inputs);
        below = List.copyOf(below);
        Check.atLeast("number of inputs", inputs.size(), 1);
        checkAscending("inputs", inputs);
        checkAscending("below", below);
        Check.range("output_level", outputLevel, 0, LevelDocument.MAX_LEVEL);
        Check.atLeast("target_file_size", targetFileSize, 1);
        Check.atLeast("max_compaction_bytes", maxCompactionBytes, 0);
        Check.range("max_subcompactions", maxSubcompactions, 1, MAX_SUBCOMPACTIONS);
        if (!Double.isFinite(score)) {
            throw new IllegalArgumentException("score=" + score + " is not finite");
        }
    }

    static CompactionDocument of(Compaction compaction) {
        if (compaction.trivialMove()) {
            throw new IllegalArgumentException("a move of files is no job");
        }
        return new CompactionDocument(
                compaction.inputs().stream().map(LevelDocument::of).toList(),
                compaction.outputLevel(),
                compaction.reason(),
                compaction.score(),
                compaction.below().stream().map(LevelDocument::of).toList(),
                compaction.targetFileSize(),
                compaction.maxCompactionBytes(),
                compaction.bottommost(),
                compaction.maxSubcompactions());
    }

    /** The choice. */
    public Compaction compaction() {
        return new Compaction(
                inputs.stream().map(LevelDocument::inputLevel).toList(),
                outputLevel,
                reason,
                score,
                below.stream().map(LevelDocument::inputLevel).toList(),
                targetFileSize,
                maxCompactionBytes,
                bottommost,
                false,
                maxSubcompactions);
    }

    private static void checkAscending(String key, List<LevelDocument> levels) {
        for (int i = 1; i < levels.size(); i++) {
            if (levels.get(i).level() <= levels.get(i - 1).level()) {
                throw new IllegalArgumentException(key + ": level "
                        + levels.get(i).level() + " after " + levels.get(i - 1).level());
            }
        }
    }
}
