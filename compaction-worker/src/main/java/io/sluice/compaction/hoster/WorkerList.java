// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The workers of a store, and whose turn it is. Each pick gives every candidate credit by its weight and takes the one
 * that has most, which pays for all (nginx's smooth weighted round robin): shares are exact, whoever is a candidate, and
 * no worker gets its jobs in a bunch. Round robin is the same with equal weights. A worker that failed is left out for a
 * while that doubles with each failure in a row, unless there is no other. Safe for concurrent use.
 */
final class WorkerList {
    private static final Duration MAX_REST = Duration.ofMinutes(1);

    private final LongSupplier nanoClock;

    /** By the URL: a worker that stays in a changed list keeps its state. */
    @GuardedBy("this")
    private Map<URI, State> states = new LinkedHashMap<>();

    @GuardedBy("this")
    private LoadBalance loadBalance = LoadBalance.ROUND_ROBIN;

    private static final class State {
        final RemoteWorker worker;
        long credit;
        int failures;
        long restUntil;
        long hits;

        State(RemoteWorker worker) {
            this.worker = worker;
        }
    }

    WorkerList(List<RemoteWorker> workers, LoadBalance loadBalance, LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        change(workers, loadBalance);
    }

    /** Takes another list for the next picks. */
    synchronized void change(List<RemoteWorker> workers, LoadBalance balance) {
        Map<URI, State> changed = new LinkedHashMap<>();
        for (RemoteWorker worker : workers) {
            State before = states.get(worker.url());
            boolean same = before != null && before.worker.equals(worker) && balance == loadBalance;
            changed.put(worker.url(), same ? before : new State(worker));
        }
        states = changed;
        loadBalance = balance;
    }

    /** The next worker that is not avoided, or null where there is none. */
    synchronized @Nullable RemoteWorker pick(Set<RemoteWorker> avoided) {
        long now = nanoClock.getAsLong();
        List<State> candidates = new ArrayList<>();
        List<State> resting = new ArrayList<>();
        for (State state : states.values()) {
            if (!avoided.contains(state.worker)) {
                (isHealthy(state, now) ? candidates : resting).add(state);
            }
        }
        if (candidates.isEmpty()) {
            candidates = resting;
        }
        State best = null;
        long total = 0;
        for (State state : candidates) {
            int weight = loadBalance == LoadBalance.WEIGHT ? state.worker.weight() : 1;
            total += weight;
            state.credit += weight;
            if (best == null || state.credit > best.credit) {
                best = state;
            }
        }
        if (best == null) {
            return null;
        }
        best.credit -= total;
        best.hits++;
        return best.worker;
    }

    /** The worker answered as it should. */
    synchronized void succeeded(RemoteWorker worker) {
        State state = states.get(worker.url());
        if (state != null) {
            state.failures = 0;
        }
    }

    /** The worker failed: it rests, at first for {@code rest}. */
    synchronized void failed(RemoteWorker worker, Duration rest) {
        State state = states.get(worker.url());
        if (state != null) {
            long nanos = rest.toNanos() << Math.min(state.failures, 6);
            state.failures++;
            state.restUntil = nanoClock.getAsLong() + Math.min(nanos, MAX_REST.toNanos());
        }
    }

    /**
     * How a worker does.
     *
     * @param hits how often it was picked
     * @param failures in a row
     * @param restNanos how long it is still left out, 0 where it is not
     */
    record Standing(RemoteWorker worker, long hits, int failures, long restNanos) {}

    /** All workers, in the order of the list. */
    synchronized List<Standing> standings() {
        long now = nanoClock.getAsLong();
        return states.values().stream()
                .map(state -> new Standing(
                        state.worker, state.hits, state.failures, isHealthy(state, now) ? 0 : state.restUntil - now))
                .toList();
    }

    /** Workers that don't rest. */
    synchronized int healthy() {
        long now = nanoClock.getAsLong();
        return (int)
                states.values().stream().filter(state -> isHealthy(state, now)).count();
    }

    private static boolean isHealthy(State state, long now) {
        return state.failures == 0 || now - state.restUntil >= 0;
    }
}
