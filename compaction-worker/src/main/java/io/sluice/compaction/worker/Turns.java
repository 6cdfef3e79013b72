// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is. The stores that have attempts waiting take turns: first the one that has the least of the worker, of
 * those the one whose last turn was longest ago. What goes first within a store says {@link Urgency}. So it is no matter
 * to the others how many attempts a store has. A store is known by its instance name. Not safe for concurrent use.
 */
final class Turns {
    /** Stores whose last turn is remembered. */
    private static final int MAX_STORES = 1024;

    private final Map<String, Long> lastTurns = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MAX_STORES;
        }
    };
    private long turns;

    /** An attempt has its turn. */
    void begin(HostedAttempt attempt) {
        turns++;
        lastTurns.put(store(attempt), turns);
    }

    /** Those that wait, the one whose turn it is first. */
    List<HostedAttempt> order(List<HostedAttempt> waiting, List<HostedAttempt> running, long nowNanos) {
        Map<String, Integer> shares = new HashMap<>();
        running.forEach(attempt -> shares.merge(store(attempt), attempt.subcompactions(), Integer::sum));
        Map<String, List<HostedAttempt>> byStore = byStore(waiting);
        List<String> stores = new ArrayList<>(byStore.keySet());
        Map<String, Long> turnOf = new HashMap<>();
        stores.forEach(store -> turnOf.put(store, lastTurns.getOrDefault(store, 0L)));
        stores.sort(Comparator.comparing((String store) -> shares.getOrDefault(store, 0))
                .thenComparing(store -> turnOf.getOrDefault(store, 0L)));
        byStore.values().forEach(attempts -> sort(attempts, nowNanos));
        List<HostedAttempt> order = new ArrayList<>(waiting.size());
        for (int round = 0; order.size() < waiting.size(); round++) {
            for (String store : stores) {
                List<HostedAttempt> attempts = byStore.getOrDefault(store, List.of());
                if (round < attempts.size()) {
                    order.add(attempts.get(round));
                }
            }
        }
        return order;
    }

    /**
     * Which one makes room for {@code added} where there is none: the last that came of the store with the most, where
     * that is more than {@code added}'s has; else null.
     *
     * @param waiting with {@code added}
     */
    static @Nullable HostedAttempt displaced(List<HostedAttempt> waiting, HostedAttempt added) {
        Map<String, List<HostedAttempt>> byStore = byStore(waiting);
        List<HostedAttempt> most = byStore.getOrDefault(store(added), List.of());
        for (List<HostedAttempt> attempts : byStore.values()) {
            if (attempts.size() > most.size()) {
                most = attempts;
            }
        }
        HostedAttempt last = most.get(most.size() - 1);
        return store(last).equals(store(added)) ? null : last;
    }

    private static Map<String, List<HostedAttempt>> byStore(List<HostedAttempt> attempts) {
        Map<String, List<HostedAttempt>> byStore = new LinkedHashMap<>();
        attempts.forEach(attempt -> byStore.computeIfAbsent(store(attempt), store -> new ArrayList<>())
                .add(attempt));
        return byStore;
    }

    private static void sort(List<HostedAttempt> attempts, long nowNanos) {
        Map<HostedAttempt, Double> urgencies = new HashMap<>();
        attempts.forEach(attempt -> urgencies.put(
                attempt,
                Urgency.of(
                        nowNanos - attempt.acceptedNanos(),
                        attempt.compaction().inputSize(),
                        attempt.compaction().startLevel(),
                        attempt.document().attempt())));
        attempts.sort((a, b) -> Double.compare(urgencies.getOrDefault(b, 0.0), urgencies.getOrDefault(a, 0.0)));
    }

    private static String store(HostedAttempt attempt) {
        return attempt.document().hoster().instanceName();
    }
}
