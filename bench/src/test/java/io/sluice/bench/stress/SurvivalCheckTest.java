// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.bench.stress.Journal.Entry;
import io.sluice.bench.stress.Journal.Kind;
import io.sluice.store.base.ValueType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What counts as lost: a check that finds nothing must be one that would. */
class SurvivalCheckTest {
    private static final KeySpace SPACE = new KeySpace(2, 16);

    private final List<Entry> entries = new ArrayList<>();
    private final long[][][] found = Baseline.empty(SPACE).states();

    private static Change put(int family, int key, long id) {
        return new Change(ValueType.VALUE, family, key, key + 1, id);
    }

    private static Change merge(int family, int key, long id) {
        return new Change(ValueType.MERGE, family, key, key + 1, id);
    }

    private void wrote(long start, long end, Kind kind, Change... changes) {
        entries.add(new Entry(start, end, kind, List.of(changes)));
    }

    private List<String> findings(boolean manualWalFlush, boolean closed) {
        Baseline baseline =
                new Baseline(1, manualWalFlush, Baseline.empty(SPACE).states());
        return new SurvivalCheck(baseline, entries, closed).findings(found);
    }

    @Test
    void shouldAskForEveryLoggedWriteThatReturned() {
        wrote(1, 2, Kind.LOGGED, put(0, 3, 70));
        wrote(3, 4, Kind.LOGGED, merge(0, 3, 71));
        found[0][3] = new long[] {70};
        assertThat(findings(false, false)).singleElement().asString().contains("column family 0, key 3", "46");
        found[0][3] = new long[] {70, 71};
        assertThat(findings(false, false)).isEmpty();
    }

    @Test
    void shouldFindWhatNobodyWrote() {
        found[1][2] = new long[] {9};
        assertThat(findings(false, false)).singleElement().asString().contains("column family 1, key 2 has 9");
    }

    @Test
    void shouldFindADeletedKeyThatIsBack() {
        wrote(1, 2, Kind.LOGGED, put(0, 3, 70));
        wrote(3, 4, Kind.LOGGED, new Change(ValueType.RANGE_DELETION, 0, 1, 9, 71));
        assertThat(findings(false, false)).isEmpty();
        found[0][3] = new long[] {70};
        assertThat(findings(false, false)).hasSize(1);
    }

    @Test
    void shouldLeaveOpenWhatHadNotReturned() {
        wrote(1, 2, Kind.LOGGED, put(0, 3, 70));
        wrote(3, 0, Kind.LOGGED, put(0, 3, 71), put(1, 4, 72));
        found[0][3] = new long[] {70};
        assertThat(findings(false, false)).isEmpty();
        found[0][3] = new long[] {71};
        found[1][4] = new long[] {72};
        assertThat(findings(false, false)).isEmpty();
    }

    @Test
    void shouldFindATornBatch() {
        wrote(1, 0, Kind.LOGGED, put(0, 3, 71), put(1, 4, 72));
        found[0][3] = new long[] {71};
        assertThat(findings(false, false)).singleElement().asString().contains("torn between column families");
        entries.clear();
        wrote(1, 0, Kind.UNLOGGED, put(0, 3, 71), put(0, 4, 72));
        assertThat(findings(false, false)).singleElement().asString().contains("torn within a column family");
        entries.clear();
        wrote(1, 0, Kind.UNLOGGED, put(0, 3, 71), put(1, 4, 72));
        assertThat(findings(false, false)).isEmpty();
    }

    @Test
    void shouldLetUnloggedWritesBeLostFromTheNewestBack() {
        wrote(1, 2, Kind.UNLOGGED, put(0, 1, 70));
        wrote(3, 4, Kind.UNLOGGED, put(0, 2, 71));
        assertThat(findings(false, false)).isEmpty();
        found[0][1] = new long[] {70};
        assertThat(findings(false, false)).isEmpty();
        found[0][1] = Change.ABSENT;
        found[0][2] = new long[] {71};
        assertThat(findings(false, false)).singleElement().asString().contains("an unlogged write", "is lost");
        entries.set(1, new Entry(3, 4, Kind.UNLOGGED, List.of(put(1, 2, 71))));
        found[0][2] = Change.ABSENT;
        found[1][2] = new long[] {71};
        assertThat(findings(false, false)).as("each column family by itself").isEmpty();
    }

    @Test
    void shouldAskForUnloggedWritesOnceTheyWereFlushed() {
        wrote(1, 2, Kind.UNLOGGED, put(0, 1, 70));
        wrote(3, 4, Kind.FLUSH, put(1, 0, 0));
        assertThat(findings(false, false)).isEmpty();
        wrote(5, 0, Kind.FLUSH, put(0, 0, 0));
        assertThat(findings(false, false)).isEmpty();
        wrote(6, 7, Kind.FLUSH, put(0, 0, 0));
        assertThat(findings(false, false)).hasSize(1);
    }

    @Test
    void shouldKeepLoggedWritesAmongLostUnloggedOnes() {
        wrote(1, 2, Kind.UNLOGGED, put(0, 1, 70));
        wrote(3, 4, Kind.LOGGED, merge(0, 1, 71));
        wrote(5, 6, Kind.UNLOGGED, merge(0, 1, 72));
        found[0][1] = new long[] {71};
        assertThat(findings(false, false)).isEmpty();
        found[0][1] = new long[] {70, 71};
        assertThat(findings(false, false)).isEmpty();
        found[0][1] = new long[] {71, 72};
        assertThat(findings(false, false)).hasSize(1);
        found[0][1] = new long[] {70};
        assertThat(findings(false, false)).hasSize(1);
    }

    @Test
    void shouldAskWithManualWalFlushForWhatWasSyncedOrFlushedAndForAPrefix() {
        wrote(1, 2, Kind.LOGGED, put(0, 1, 70));
        wrote(3, 4, Kind.LOGGED, put(1, 2, 71));
        assertThat(findings(true, false)).isEmpty();
        found[1][2] = new long[] {71};
        assertThat(findings(true, false)).singleElement().asString().contains("a logged write is lost");
        found[1][2] = Change.ABSENT;
        wrote(5, 6, Kind.LOG_FLUSH, put(0, 0, 0));
        assertThat(findings(true, false)).hasSize(2);
        entries.set(2, new Entry(5, 6, Kind.SYNCED, List.of(put(0, 5, 73))));
        assertThat(findings(true, false)).hasSize(3);
    }

    @Test
    void shouldAskForEverythingAfterClosing() {
        wrote(1, 2, Kind.UNLOGGED, put(0, 1, 70));
        assertThat(findings(false, true)).hasSize(1);
        found[0][1] = new long[] {70};
        assertThat(findings(false, true)).isEmpty();
    }
}
