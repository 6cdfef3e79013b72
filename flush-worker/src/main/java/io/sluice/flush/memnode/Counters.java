// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import java.util.LinkedHashMap;
import java.util.Map;

/** Named counts of events. Used by the memnode's control thread. */
final class Counters {
    static final String PLACED = "placed";
    static final String PLACED_AGAIN = "placed_again";
    static final String GENERATOR_LESS_LOADED = "generator_less_loaded";
    static final String NO_WORKER = "no_worker";
    static final String JOBS_ASSIGNED = "jobs_assigned";
    static final String JOBS_FINISHED = "jobs_finished";
    static final String JOBS_LOST = "jobs_lost";
    static final String MEMORY_BUSY = "memory_busy";
    static final String GRANTS = "grants";
    static final String GRANTS_RELEASED = "grants_released";
    static final String GRANTS_RECLAIMED = "grants_reclaimed";
    static final String WORKERS_LOST = "workers_lost";
    static final String WORKERS_REFUSED = "workers_refused";

    private final Map<String, Long> counts = new LinkedHashMap<>();

    void add(String name) {
        add(name, 1);
    }

    void add(String name, long amount) {
        counts.merge(name, amount, Long::sum);
    }

    Map<String, Long> snapshot() {
        return Map.copyOf(counts);
    }
}
