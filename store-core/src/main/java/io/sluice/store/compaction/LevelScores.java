// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * How urgently each level of a version wants to be compacted: {@code VersionStorageInfo::ComputeCompactionScore} in
 * db/version_set.cc. From 1 on it does.
 */
public final class LevelScores {
    /** Scores above 1 are scaled, so that they can be lowered without falling below 1. */
    private static final double SCALE = 10;

    private final Version version;
    private final LevelTargets targets;
    private final CompactionSettings settings;
    private final RunningCompactions running;
    private final ToLongFunction<FileMetadata> weight;
    private double bytesOnTheirWayDown;

    /** One level's score. */
    public record Score(int level, double value) {}

    private LevelScores(
            Version version,
            LevelTargets targets,
            CompactionSettings settings,
            RunningCompactions running,
            ToLongFunction<FileMetadata> weight) {
        this.version = version;
        this.targets = targets;
        this.settings = settings;
        this.running = running;
        this.weight = weight;
    }

    /**
     * The scores of all levels but the last, highest first.
     *
     * @param running files in it count no more
     * @param weight a file's size, where deletions count as what they will remove
     */
    public static List<Score> of(
            Version version,
            LevelTargets targets,
            CompactionSettings settings,
            RunningCompactions running,
            ToLongFunction<FileMetadata> weight) {
        LevelScores scores = new LevelScores(version, targets, settings, running, weight);
        List<Score> found = new ArrayList<>();
        for (int level = 0; level < targets.levelCount() - 1 && level < version.levelCount(); level++) {
            found.add(new Score(level, level == 0 ? scores.ofLevel0() : scores.ofLevel(level)));
        }
        found.sort(Comparator.comparingDouble(Score::value).reversed()); // stable: the higher level first
        return found;
    }

    /**
     * Bytes that compactions have to rewrite until every level is within its target: {@code
     * EstimateCompactionBytesNeeded}.
     */
    public static long pendingBytes(Version version, LevelTargets targets, CompactionSettings settings) {
        long incoming = 0;
        long needed = 0;
        long level0 = version.size(0);
        if (version.files(0).size() >= settings.level0FileNumCompactionTrigger()
                || level0 >= settings.maxBytesForLevelBase()) {
            needed = level0 + version.size(targets.baseLevel());
            incoming = level0;
        }
        for (int level = targets.baseLevel(); level < targets.levelCount() - 1; level++) {
            long size = version.size(level) + incoming;
            incoming = 0;
            if (size > targets.maxBytes(level)) {
                incoming = size - targets.maxBytes(level);
                long next = version.size(level + 1);
                if (next > 0) {
                    needed += (long) ((double) incoming * ((double) next / (double) size + 1));
                }
            }
        }
        return needed;
    }

    private double ofLevel0() {
        int runs = 0;
        long size = 0;
        for (FileMetadata file : version.files(0)) {
            bytesOnTheirWayDown += file.size();
            if (!running.has(file)) {
                size += weight.applyAsLong(file);
                runs++;
            }
        }
        double score = (double) runs / settings.level0FileNumCompactionTrigger();
        if (!settings.levelCompactionDynamicLevelBytes()) {
            return Math.max(score, (double) size / settings.maxBytesForLevelBase());
        }
        if (size >= settings.maxBytesForLevelBase()) {
            score = Math.max(score, 1.01);
        }
        int base = targets.baseLevel();
        if (size > targets.maxBytes(base)) {
            long baseSize = 0;
            for (FileMetadata file : version.files(base)) {
                baseSize += weight.applyAsLong(file);
            }
            score = Math.max(score, (double) size / Math.max(baseSize, targets.maxBytes(base)));
        }
        return score > 1 ? score * SCALE : score;
    }

    private double ofLevel(int level) {
        long idle = 0;
        long total = 0;
        for (FileMetadata file : version.files(level)) {
            total += file.size();
            if (!running.has(file)) {
                idle += weight.applyAsLong(file);
            }
        }
        double target = targets.maxBytes(level);
        double score = idle / target;
        if (settings.levelCompactionDynamicLevelBytes()) {
            if (idle >= targets.maxBytes(level)) {
                // What comes down soon makes it better to wait.
                score = idle / (target + bytesOnTheirWayDown) * SCALE;
            }
            if (idle > 0 && targets.isUnnecessary(level)) {
                score = Math.max(score, SCALE * (1.001 + 0.001 * (targets.lowestUnnecessaryLevel() - level)));
            }
        }
        if (targets.isUnnecessary(level)) {
            bytesOnTheirWayDown += total;
        } else if (total > targets.maxBytes(level)) {
            bytesOnTheirWayDown += total - targets.maxBytes(level);
        }
        return score;
    }
}
