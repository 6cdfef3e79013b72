// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LeveledPickerTest {
    private final RunningCompactions running = new RunningCompactions();
    private final LeveledPicker picker = new LeveledPicker();

    @Test
    void shouldPickNothingWhereNothingIsDue() {
        assertThat(pick(Levels.settings(false, 1000), "L0: 1[a-b] 2[a-b] 3[a-b]", "L1: 4[a-b]900"))
                .isNull();
    }

    @Test
    void shouldTakeAllOfL0ThatOverlapsToTheBaseLevel() {
        String[] version = {"L0: 8[a-d] 7[c-f] 6[e-h] 5[x-z]", "L1: 1[a-b] 2[c-g] 3[m-n]"};
        assertThat(pick(Levels.settings(false, 1000), version)).isEqualTo("L0[5] -> L1 move");
        String[] withoutMove = {"L0: 8[a-d] 7[c-f] 6[e-h] 5[x-z]", "L1: 1[a-b] 2[c-g] 3[m-z]"};
        assertThat(pick(Levels.settings(false, 1000), withoutMove)).isEqualTo("L0[8 7 6] L1[1 2] -> L1");
    }

    @Test
    void shouldSendL0ToTheDynamicBaseLevel() {
        assertThat(pick(Levels.settings(true, 1000), "L0: 8[a-d] 7[a-d] 6[a-d] 5[a-d]"))
                .isEqualTo("L0[8 7 6 5] -> L6");
        assertThat(pick(Levels.settings(true, 100), "L0: 8[a-d] 7[a-d] 6[a-d] 5[a-d]", "L6: 1[a-z]500"))
                .isEqualTo("L0[8 7 6 5] -> L5");
    }

    @Test
    void shouldMoveAFileThatNothingOverlaps() {
        assertThat(pick(Levels.settings(false, 100), "L1: 1[a-b]90 2[c-d]90", "L2: 3[c-z]"))
                .isEqualTo("L1[1] -> L2 move");
        assertThat(pick(Levels.settings(false, 5), "L1: 1[a-b] 2[c-d] 3[e-f] 4[g-h] 5[i-j]"))
                .as("four at most at once")
                .isEqualTo("L1[1 2 3 4] -> L2 move");
    }

    @Test
    void shouldNotMoveAFileWithTooManyGrandparents() {
        assertThat(pick(Levels.settings(false, 100), "L1: 1[a-b]90 2[m-n]20", "L2: 4[m-n]", "L3: 3[a-c]500"))
                .isEqualTo("L1[1] -> L2");
    }

    @Test
    void shouldPreferTheLeastOverlap() {
        assertThat(pick(Levels.settings(false, 5), "L1: 1[a-c] 2[d-f] 3[g-i]", "L2: 4[a-b] 5[c-d]20 6[e-f] 7[g-i]15"))
                .isEqualTo("L1[3] L2[7] -> L2");
    }

    @Test
    void shouldFollowTheOtherPriorities() {
        String[] version = {"L1: 1[a-c]30 3[d-f]40 2[g-i]20", "L2: 4[a-b] 5[d-f] 7[g-i]"};
        assertThat(pick(Levels.settings(false, 5, CompactionPriority.BY_COMPENSATED_SIZE), version))
                .isEqualTo("L1[3] L2[5] -> L2");
        assertThat(pick(Levels.settings(false, 5, CompactionPriority.OLDEST_LARGEST_SEQ_FIRST), version))
                .isEqualTo("L1[1] L2[4] -> L2");
        assertThat(pick(Levels.settings(false, 5, CompactionPriority.OLDEST_SMALLEST_SEQ_FIRST), version))
                .isEqualTo("L1[1] L2[4] -> L2");
    }

    @Test
    void shouldGoRoundRobinByKey() {
        CompactionSettings settings = Levels.settings(false, 25, CompactionPriority.ROUND_ROBIN);
        String[] version = {"L1: 1[a-c] 2[d-f] 3[g-i]", "L2: 4[a-b] 5[d-f] 7[g-i]"};
        assertThat(pick(settings, version)).isEqualTo("L1[1] L2[4] -> L2");
        assertThat(pick(settings, version)).isEqualTo("L1[2] L2[5] -> L2");
        assertThat(pick(settings, version)).isEqualTo("L1[3] L2[7] -> L2");
        assertThat(pick(settings, version)).isEqualTo("L1[1] L2[4] -> L2");
        assertThat(pick(Levels.settings(false, 12, CompactionPriority.ROUND_ROBIN), version))
                .as("as many as bring the level to its target")
                .isEqualTo("L1[2 3] L2[5 7] -> L2");
    }

    @Test
    void shouldNotCutAUserKeyInTwo() {
        assertThat(pick(
                        Levels.settings(false, 25),
                        "L1: 1[a-c@9] 2[c@8-c@5] 3[c@4-f] 4[g-h]",
                        "L2: 5[a-a] 6[e-f@9] 7[f@8-f@1] 8[g-h]200"))
                .isEqualTo("L1[1 2 3] L2[5 6 7] -> L2");
    }

    @Test
    void shouldTakeMoreOfTheStartLevelWhereThatCostsNothing() {
        assertThat(pick(Levels.settings(false, 5), "L1: 1[a-c] 2[d-f] 3[g-i]", "L2: 4[b-h]12"))
                .isEqualTo("L1[1 2 3] L2[4] -> L2");
    }

    @Test
    void shouldTakeNoMoreOfL0ThanTheFilesTakenBelowItReach() {
        // File 8 would need file 4 too: left below it, that overlapped the output, and what it holds came back.
        Version version = Levels.version("L0: 8[k-z] 7[c-d]", "L1: 3[a-m] 4[n-z]");
        RangeRequest request =
                new RangeRequest(0, 1, Levels.key("c", true), Levels.key("d", false), true, Long.MAX_VALUE, 1);
        Compaction compaction = new ManualPicker(version, Levels.settings(false, 1000), running)
                .next(request)
                .compaction();
        assertThat(compaction).isNotNull();
        assertThat(Levels.describe(Objects.requireNonNull(compaction))).isEqualTo("L0[7] L1[3] -> L1");
    }

    @Test
    void shouldTakeNoFileTwice() {
        CompactionSettings settings = Levels.settings(false, 5);
        String[] version = {"L1: 1[a-c]40 2[d-f]30 3[g-i]20", "L2: 4[a-b] 5[d-f]30 7[g-i]90"};
        assertThat(begin(settings, version)).isEqualTo("L1[1] L2[4] -> L2");
        assertThat(begin(settings, version)).isEqualTo("L1[2] L2[5] -> L2");
        assertThat(begin(settings, version)).isEqualTo("L1[3] L2[7] -> L2");
        assertThat(begin(settings, version)).isNull();
    }

    @Test
    void shouldNotWriteWhereAnotherCompactionWrites() {
        CompactionSettings settings = Levels.settings(false, 5);
        Version version = Levels.version("L1: 1[a-p]90 2[q-r]", "L2: 3[c-d]400 4[m-n]");
        running.begin(compaction(version, 2, 3, "c", "d"));
        assertThat(running.writesTo(3, new FileRanges(version), new FileRanges(version).of(version.files(2))))
                .isTrue();
        // file 1 needs file 3, which is busy
        assertThat(pick(settings, "L1: 1[a-p]90 2[q-r]", "L2: 3[c-d]400 4[m-n]"))
                .isEqualTo("L1[2] -> L2 move");
    }

    @Test
    void shouldMergeWithinL0WhileTheWayDownIsBlocked() {
        CompactionSettings settings = Levels.settings(false, 1000);
        String[] before = {"L0: 4[a-d] 3[a-d] 2[a-d] 1[a-d]", "L1: 9[a-z]"};
        assertThat(begin(settings, before)).isEqualTo("L0[4 3 2 1] L1[9] -> L1");
        String[] five = {"L0: 6[a-d] 5[a-d] 4[a-d] 3[a-d] 2[a-d] 1[a-d]", "L1: 9[a-z]"};
        assertThat(pick(settings, five)).as("too few").isNull();
        String[] more = {"L0: 8[a-d]5 7[a-d]4 6[a-d]3 5[a-d]2 4[a-d] 3[a-d] 2[a-d] 1[a-d]", "L1: 9[a-z]"};
        assertThat(pick(settings, more)).isEqualTo("L0[8 7 6 5] -> L0");
    }

    @Test
    void shouldMergeWithinL0WhereTheLevelBelowIsHuge() {
        assertThat(pick(Levels.settings(false, 1000), "L0: 4[a-d] 3[a-d] 2[a-d] 1[a-d]", "L1: 9[a-z]900"))
                .isEqualTo("L0[4 3 2 1] -> L0");
    }

    @Test
    void shouldKnowTheBottom() {
        Compaction last = compaction(Levels.version("L1: 1[a-c]", "L2: 2[x-z]"), 1, 2, "a", "c");
        assertThat(last.bottommost()).isTrue();
        Compaction above = compaction(Levels.version("L1: 1[a-c]", "L3: 2[b-z]"), 1, 2, "a", "c");
        assertThat(above.bottommost()).isFalse();
        assertThat(Levels.numbers(above.grandparents())).containsExactly(2L);
    }

    @Test
    void shouldTakeTheExclusiveEndOfARangeDeletionForNoKey() {
        FileRanges ranges = new FileRanges(Levels.version());
        io.sluice.store.base.Slice exclusive = io.sluice.store.base.Slice.wrap(io.sluice.store.base.InternalKey.encode(
                new org.agrona.concurrent.UnsafeBuffer("c".getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                io.sluice.store.base.InternalKey.trailer(
                        io.sluice.store.base.InternalKey.MAX_SEQUENCE, io.sluice.store.base.ValueType.RANGE_DELETION)));
        assertThat(ranges.compareBounds(exclusive, Levels.key("c", true))).isNegative();
        assertThat(ranges.compareBounds(Levels.key("c", true), exclusive)).isPositive();
        assertThat(ranges.compareBounds(Levels.key("b", true), exclusive)).isNegative();
    }

    private @Nullable String pick(CompactionSettings settings, String... version) {
        Compaction picked = picker.pick(Levels.version(version), settings, running, FileMetadata::size, 1);
        return picked == null ? null : Levels.describe(picked);
    }

    private @Nullable String begin(CompactionSettings settings, String... version) {
        Compaction picked = picker.pick(Levels.version(version), settings, running, FileMetadata::size, 1);
        if (picked == null) {
            return null;
        }
        running.begin(picked);
        return Levels.describe(picked);
    }

    private static Compaction compaction(Version version, int from, int to, String first, String last) {
        LevelState state =
                new LevelState(version, Levels.settings(false, 5), new RunningCompactions(), FileMetadata::size);
        Compaction made = new InputSelection(state)
                .complete(
                        from,
                        state.ranges.overlapping(from, Levels.key(first, true), Levels.key(last, false)),
                        to,
                        new InputSelection.Choice(CompactionReason.MANUAL_COMPACTION, 0, false, true, 1));
        return java.util.Objects.requireNonNull(made);
    }
}
