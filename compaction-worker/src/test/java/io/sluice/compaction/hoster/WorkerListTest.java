// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class WorkerListTest {
    private static final Duration REST = Duration.ofSeconds(1);

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5); // a clock that wraps around
    private final RemoteWorker a = worker("a", 1);
    private final RemoteWorker b = worker("b", 30);
    private final RemoteWorker c = worker("c", 69);

    private static RemoteWorker worker(String host, int weight) {
        return RemoteWorker.of("http://" + host, "", "", weight);
    }

    private WorkerList list(LoadBalance balance, RemoteWorker... workers) {
        return new WorkerList(List.of(workers), balance, clock::get);
    }

    private static Map<RemoteWorker, Integer> picks(WorkerList list, int count, Set<RemoteWorker> avoided) {
        Map<RemoteWorker, Integer> picks = new HashMap<>();
        for (int i = 0; i < count; i++) {
            RemoteWorker picked = list.pick(avoided);
            assertThat(picked).isNotNull();
            picks.merge(picked == null ? worker("none", 1) : picked, 1, Integer::sum);
        }
        return picks;
    }

    @Tag("B9")
    @Test
    void shouldSpreadEvenlyOverHealthyWorkers() {
        WorkerList list = list(LoadBalance.ROUND_ROBIN, a, b, c);
        assertThat(picks(list, 300, Set.of())).containsOnly(Map.entry(a, 100), Map.entry(b, 100), Map.entry(c, 100));
        list.failed(b, REST);
        // a neighbour of one that rests gets no more than the others
        assertThat(picks(list, 300, Set.of())).containsOnly(Map.entry(a, 150), Map.entry(c, 150));
        assertThat(list.healthy()).isEqualTo(2);
        clock.addAndGet(REST.toNanos());
        assertThat(picks(list, 300, Set.of())).containsOnly(Map.entry(a, 100), Map.entry(b, 100), Map.entry(c, 100));
    }

    @Tag("B10")
    @Test
    void shouldFollowTheWeightsWithinTwoPerCent() {
        Map<RemoteWorker, Integer> picks = picks(list(LoadBalance.WEIGHT, a, b, c), 10_000, Set.of());
        assertThat(picks.get(a)).isCloseTo(100, within(2));
        assertThat(picks.get(b)).isCloseTo(3000, within(60));
        assertThat(picks.get(c)).isCloseTo(6900, within(138));
    }

    @Test
    void shouldNotGiveOneWorkerItsJobsInABunch() {
        WorkerList list = list(LoadBalance.WEIGHT, worker("x", 50), worker("y", 50));
        List<RemoteWorker> picks =
                IntStream.range(0, 10).mapToObj(i -> list.pick(Set.of())).toList();
        for (int i = 1; i < picks.size(); i++) {
            assertThat(picks.get(i)).isNotEqualTo(picks.get(i - 1));
        }
    }

    @Test
    void shouldNeverPickWhomAJobAvoids() {
        WorkerList list = list(LoadBalance.ROUND_ROBIN, a, b);
        assertThat(picks(list, 10, Set.of(a))).containsOnlyKeys(b);
        assertThat(list.pick(Set.of(a, b))).isNull();
        list.failed(b, REST);
        assertThat(picks(list, 10, Set.of(a))).containsOnlyKeys(b); // there is no other
    }

    @Test
    void shouldLetAWorkerRestLongerEachTimeUntilItSucceeds() {
        WorkerList list = list(LoadBalance.ROUND_ROBIN, a, b);
        list.failed(a, REST);
        list.failed(a, REST);
        clock.addAndGet(2 * REST.toNanos() - 1);
        assertThat(list.healthy()).isEqualTo(1);
        clock.addAndGet(1);
        assertThat(list.healthy()).isEqualTo(2);
        for (int i = 0; i < 100; i++) {
            list.failed(a, REST);
        }
        clock.addAndGet(Duration.ofMinutes(1).toNanos());
        assertThat(list.healthy()).isEqualTo(2);
        list.failed(a, REST);
        list.succeeded(a);
        assertThat(list.healthy()).isEqualTo(2);
    }

    @Test
    void shouldKeepTheStateOfWorkersThatStayInAChangedList() {
        WorkerList list = list(LoadBalance.ROUND_ROBIN, a, b);
        list.failed(a, REST);
        list.change(List.of(a, c), LoadBalance.ROUND_ROBIN);
        assertThat(picks(list, 10, Set.of())).containsOnlyKeys(c);
        list.failed(b, REST); // gone
        list.succeeded(b);
        assertThat(list.healthy()).isEqualTo(1);
    }
}
