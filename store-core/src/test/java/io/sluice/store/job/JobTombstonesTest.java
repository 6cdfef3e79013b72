// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.iterator.RangeTombstone;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JobTombstonesTest {
    private static RangeTombstone range(String start, String end, long sequence) {
        return new RangeTombstone(Slice.utf8(start), Slice.utf8(end), sequence);
    }

    private static JobTombstones of(List<Long> snapshots, RangeTombstone... tombstones) {
        return JobTombstones.of(
                BytewiseComparator.INSTANCE,
                snapshots,
                List.of(new JobTombstones.Input(List.of(tombstones), null, null)));
    }

    private static @Nullable Slice key(@Nullable String text) {
        return text == null ? null : Slice.utf8(text);
    }

    private static List<RangeTombstone> output(
            JobTombstones tombstones, @Nullable String lower, @Nullable String upper, boolean bottommost) {
        return tombstones.output(key(lower), key(upper), bottommost);
    }

    @Test
    void shouldKeepTheNewestOfEachStripe() {
        RangeTombstone[] nested = {range("a", "z", 9), range("a", "z", 7), range("a", "z", 5), range("a", "z", 3)};
        assertThat(output(of(List.of(), nested), null, null, false)).containsExactly(range("a", "z", 9));
        assertThat(output(of(List.of(6L), nested), null, null, false))
                .containsExactly(range("a", "z", 9), range("a", "z", 5));
        assertThat(output(of(List.of(3L, 6L, 8L), nested), null, null, false)).containsExactly(nested);
        assertThat(of(List.of(), nested).count()).isEqualTo(4);
    }

    @Test
    void shouldDropAtTheBottomWhatEveryReaderSees() {
        RangeTombstone[] nested = {range("a", "z", 9), range("a", "z", 7), range("a", "z", 5)};
        assertThat(output(of(List.of(), nested), null, null, true)).isEmpty();
        assertThat(output(of(List.of(6L), nested), null, null, true)).containsExactly(range("a", "z", 9));
        assertThat(output(of(List.of(6L, 8L), nested), null, null, true))
                .containsExactly(range("a", "z", 9), range("a", "z", 7));
    }

    @Test
    void shouldCutAtTheBordersOfOutputs() {
        JobTombstones tombstones = of(List.of(), range("b", "f", 9), range("h", "k", 7));
        assertThat(output(tombstones, null, "c", false)).containsExactly(range("b", "c", 9));
        assertThat(output(tombstones, "c", "i", false)).containsExactly(range("c", "f", 9), range("h", "i", 7));
        assertThat(output(tombstones, "i", null, false)).containsExactly(range("i", "k", 7));
        assertThat(output(tombstones, "f", "h", false)).isEmpty();
    }

    @Test
    void shouldTakeOfAnInputWhatIsWithinItsBounds() {
        JobTombstones tombstones = JobTombstones.of(
                BytewiseComparator.INSTANCE,
                List.of(),
                List.of(
                        new JobTombstones.Input(List.of(range("a", "z", 9)), Slice.utf8("c"), Slice.utf8("f")),
                        new JobTombstones.Input(List.of(range("a", "z", 9)), Slice.utf8("f"), Slice.utf8("h")),
                        new JobTombstones.Input(List.of(range("a", "b", 4)), Slice.utf8("k"), null)));
        assertThat(output(tombstones, null, null, false)).containsExactly(range("c", "f", 9), range("f", "h", 9));
    }
}
