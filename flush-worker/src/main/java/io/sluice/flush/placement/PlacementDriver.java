// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.placement;

import io.sluice.flush.placement.WorkerRegistry.Reservation;
import io.sluice.flush.placement.WorkerRegistry.Worker;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Decides who runs a flush: the least loaded live worker, or the generator itself where every worker carries more than
 * it would. Among equals the one whose last placement is longest ago. Used by one thread.
 */
public final class PlacementDriver {
    /** Differences below this are noise of floating point. */
    private static final double EPSILON = 1e-9;

    private final WorkerRegistry registry;
    private final LoadLimits limits;
    private long placements;

    /** A driver over a registry. */
    public PlacementDriver(WorkerRegistry registry, LoadLimits limits) {
        this.registry = registry;
        this.limits = limits;
    }

    /** How a placement came out. */
    public enum Verdict {
        /** A worker is reserved. */
        WORKER,
        /** Every worker's load is above the generator's with this flush: it should flush itself. */
        GENERATOR_LESS_LOADED,
        /** No worker lives that may be chosen. */
        NO_WORKER
    }

    /** A verdict, with the reservation where it is {@link Verdict#WORKER}. */
    public record Placement(Verdict verdict, @Nullable Reservation reservation) {}

    /**
     * Places a flush.
     *
     * @param generator its load without this flush
     * @param avoided workers that may not be chosen
     */
    public Placement place(Load generator, Collection<String> avoided) {
        Worker best = leastLoaded(avoided);
        if (best == null) {
            return new Placement(Verdict.NO_WORKER, null);
        }
        if (limits.score(best.load()) > limits.score(generator.plusJob()) + EPSILON) {
            return new Placement(Verdict.GENERATOR_LESS_LOADED, null);
        }
        return reserve(best);
    }

    /** Places a flush that a worker was too busy for on another, whatever the generator's load. */
    public Placement placeAgain(Collection<String> avoided) {
        Worker best = leastLoaded(avoided);
        return best == null ? new Placement(Verdict.NO_WORKER, null) : reserve(best);
    }

    private Placement reserve(Worker worker) {
        worker.placedLast = ++placements;
        return new Placement(Verdict.WORKER, registry.reserve(worker));
    }

    private @Nullable Worker leastLoaded(Collection<String> avoided) {
        Worker best = null;
        double bestScore = Double.MAX_VALUE;
        for (Worker worker : registry.alive()) {
            if (avoided.contains(worker.id)) {
                continue;
            }
            double score = limits.score(worker.load());
            boolean less = score < bestScore - EPSILON;
            boolean tie = !less && score <= bestScore + EPSILON;
            if (best == null || less || (tie && worker.placedLast < best.placedLast)) {
                best = worker;
                bestScore = score;
            }
        }
        return best;
    }
}
