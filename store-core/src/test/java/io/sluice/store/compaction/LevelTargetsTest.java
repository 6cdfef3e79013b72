// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import java.util.List;
import org.junit.jupiter.api.Test;

class LevelTargetsTest {
    @Test
    void shouldGrowFromTheBaseWithStaticTargets() {
        LevelTargets targets = LevelTargets.of(Levels.version("L6: 1[a-b]5"), Levels.settings(false, 100));
        assertThat(targets.baseLevel()).isEqualTo(1);
        assertThat(targets.maxBytes(1)).isEqualTo(100);
        assertThat(targets.maxBytes(2)).isEqualTo(1000);
        assertThat(targets.maxBytes(5)).isEqualTo(1_000_000);
    }

    @Test
    void shouldCompactToTheLastLevelWhileThereIsNothingBelowL0() {
        LevelTargets targets = LevelTargets.of(Levels.version("L0: 1[a-b]5000"), Levels.settings(true, 100));
        assertThat(targets.baseLevel()).isEqualTo(6);
    }

    @Test
    void shouldFollowTheLastLevel() {
        CompactionSettings settings = withBase(100, 10, 5);
        LevelTargets one = LevelTargets.of(Levels.version("L4: 1[a-b]500"), settings);
        assertThat(one.baseLevel()).isEqualTo(3);
        LevelTargets two = LevelTargets.of(Levels.version("L4: 1[a-b]500 2[c-d]550"), settings);
        assertThat(two.baseLevel()).isEqualTo(2);
        assertThat(two.maxBytes(2)).isEqualTo(100);
        assertThat(two.maxBytes(3)).isEqualTo(100);
        assertThat(two.maxBytes(4)).isEqualTo(1000);
    }

    @Test
    void shouldDrainLevelsThatAreNotNeeded() {
        CompactionSettings settings = withBase(1000, 10, 6);
        Version version = Levels.version("L1: 1[a-b]100", "L2: 2[a-b]100", "L3: 3[a-b]100", "L4: 4[a-b]100");
        LevelTargets targets = LevelTargets.of(version, settings);
        assertThat(targets.baseLevel()).isEqualTo(1);
        assertThat(targets.isUnnecessary(1)).isTrue();
        assertThat(targets.lowestUnnecessaryLevel()).isEqualTo(4);
        List<LevelScores.Score> scores =
                LevelScores.of(version, targets, settings, new RunningCompactions(), FileMetadata::size);
        assertThat(scores.get(0).level()).isEqualTo(1);
        assertThat(scores.get(0).value()).isCloseTo(10.04, within(0.001));
    }

    @Test
    void shouldScoreL0ByItsFilesAndItsBytes() {
        CompactionSettings settings = Levels.settings(false, 100);
        assertThat(score(0, settings, "L0: 2[a-b] 1[a-b]")).isEqualTo(0.5);
        assertThat(score(0, settings, "L0: 2[a-b]90 1[a-b]90")).isEqualTo(1.8);
        CompactionSettings dynamic = Levels.settings(true, 100);
        assertThat(score(0, dynamic, "L0: 2[a-b]90 1[a-b]90", "L6: 3[a-b]50")).isCloseTo(18.0, within(0.001));
        assertThat(score(0, dynamic, "L0: 2[a-b]90 1[a-b]90", "L6: 3[a-b]900")).isCloseTo(18.0, within(0.001));
    }

    @Test
    void shouldLowerTheScoreOfALevelThatMuchComesDownTo() {
        CompactionSettings settings = Levels.settings(true, 100);
        // base level 4, targets 100 and 1,000 above the last
        String[] quiet = {"L5: 3[a-b]1500", "L6: 9[a-z]10000", "L4: 2[a-c]20"};
        String[] busy = {"L0: 5[a-b]700", "L5: 3[a-b]1500", "L6: 9[a-z]10000", "L4: 2[a-c]20"};
        double alone = score(5, settings, quiet);
        assertThat(alone).isCloseTo(15.0, within(0.1));
        assertThat(score(5, settings, busy)).isLessThan(alone);
    }

    @Test
    void shouldNotCountFilesThatAreBeingCompacted() {
        CompactionSettings settings = Levels.settings(false, 100);
        Version version = Levels.version("L1: 1[a-b]90 2[c-d]90", "L2: 3[a-z]");
        RunningCompactions running = new RunningCompactions();
        LeveledPicker picker = new LeveledPicker();
        Compaction first = picker.pick(version, settings, running, FileMetadata::size, 1);
        assertThat(first).isNotNull();
        running.begin(first);
        List<LevelScores.Score> scores =
                LevelScores.of(version, LevelTargets.of(version, settings), settings, running, FileMetadata::size);
        assertThat(scores).allMatch(score -> score.value() < 1);
    }

    @Test
    void shouldEstimateWhatIsPending() {
        CompactionSettings settings = Levels.settings(false, 100);
        assertThat(pending(settings, "L0: 1[a-b]50")).isZero();
        // L0 whole and L1 with it; L1 then has 350, 250 above its target, at a fan-out of 700/350
        assertThat(pending(settings, "L0: 1[a-b]50 2[a-b]50 3[a-b]50 4[a-b]50", "L1: 5[a-c]150", "L2: 6[a-z]700"))
                .isEqualTo(350 + 250 * 3);
    }

    @Test
    void shouldCutFilesByLevel() {
        CompactionSettings settings = new CompactionSettings(
                7, 4, 20, 36, 100, 10, true, 10, 3, 0, 0, 0, false, CompactionPriority.MIN_OVERLAPPING_RATIO);
        assertThat(settings.targetFileSize(4, 4)).isEqualTo(10);
        assertThat(settings.targetFileSize(5, 4)).isEqualTo(10);
        assertThat(settings.targetFileSize(6, 4)).isEqualTo(30);
        assertThat(settings.maxCompactionBytes()).isEqualTo(250);
    }

    @Test
    void shouldRaiseOneLevelToTwo() {
        CompactionSettings settings = new CompactionSettings(
                1, 0, 2, 1, 100, 10, true, 10, 3, 0, 50, 40, false, CompactionPriority.MIN_OVERLAPPING_RATIO);
        assertThat(settings.numLevels()).isEqualTo(2);
        assertThat(settings.level0FileNumCompactionTrigger()).isEqualTo(1);
        assertThat(settings.level0StopWritesTrigger()).isEqualTo(2);
        assertThat(settings.softPendingCompactionBytesLimit()).isEqualTo(40);
    }

    private static double score(int level, CompactionSettings settings, String... lines) {
        Version version = Levels.version(lines);
        return LevelScores.of(
                        version,
                        LevelTargets.of(version, settings),
                        settings,
                        new RunningCompactions(),
                        FileMetadata::size)
                .stream()
                .filter(score -> score.level() == level)
                .findFirst()
                .orElseThrow()
                .value();
    }

    private static long pending(CompactionSettings settings, String... lines) {
        Version version = Levels.version(lines);
        return LevelScores.pendingBytes(version, LevelTargets.of(version, settings), settings);
    }

    private static CompactionSettings withBase(long base, double multiplier, int levels) {
        return new CompactionSettings(
                levels,
                4,
                20,
                36,
                base,
                multiplier,
                true,
                10,
                1,
                250,
                0,
                0,
                false,
                CompactionPriority.MIN_OVERLAPPING_RATIO);
    }
}
