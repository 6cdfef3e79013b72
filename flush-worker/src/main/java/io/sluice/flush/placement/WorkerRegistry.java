// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.placement;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The workers that a memnode knows, their loads and what is reserved on them. Used by one thread.
 *
 * <p>A worker's load is what its last heartbeat said, less the jobs among it that this memnode assigned, plus this
 * memnode's reservations: so a job counts from its placement to its end, once, whether a heartbeat has seen it or not.
 *
 * <p>Invariant: a reservation counts on exactly one worker, from {@link #reserve} until its first {@link
 * Reservation#release} or until that registration of the worker ends.
 */
public final class WorkerRegistry {
    private final LongSupplier nanoClock;
    private final long timeoutNanos;
    private final Map<String, Worker> workers = new LinkedHashMap<>();
    private final Set<String> excluded = new HashSet<>();

    /**
     * An empty registry.
     *
     * @param timeoutNanos silence after which a worker counts as dead
     */
    public WorkerRegistry(LongSupplier nanoClock, long timeoutNanos) {
        this.nanoClock = nanoClock;
        this.timeoutNanos = timeoutNanos;
    }

    /** A worker as last heard of. */
    static final class Worker {
        final String id;
        long heardAtNanos;
        long placedLast;
        Load foreign = Load.NONE;
        int reserved;
        boolean leaving;
        boolean ended;

        Worker(String id, long now) {
            this.id = id;
            this.heardAtNanos = now;
        }

        Load load() {
            return new Load(foreign.storageBytesPerSecond(), foreign.jobs() + reserved);
        }
    }

    /** A place for one job on a worker. */
    public static final class Reservation {
        private final Worker worker;
        private boolean released;

        private Reservation(Worker worker) {
            this.worker = worker;
        }

        /** Whose it is. */
        public String workerId() {
            return worker.id;
        }

        /** Whether it counts: it was not released, and the worker has not died since. */
        public boolean isValid() {
            return !released && !worker.ended;
        }

        /** Gives the place back; again does nothing. */
        public void release() {
            if (!released) {
                released = true;
                worker.reserved--;
            }
        }
    }

    /** What the registry tells of a worker. */
    public record Status(String id, Load load, boolean alive) {}

    /** Enters a worker, afresh where it was known: what was reserved on its earlier life is void. */
    public void register(String id) {
        remove(id);
        workers.put(id, new Worker(id, nanoClock.getAsLong()));
    }

    /** Whether a worker is registered and was heard in time. */
    public boolean isAlive(String id) {
        Worker worker = workers.get(id);
        return worker != null && isAlive(worker);
    }

    /** Has a worker not chosen until {@link #include}, through later registrations too; false where it is not registered. */
    public boolean exclude(String id) {
        return workers.containsKey(id) && excluded.add(id);
    }

    /** Ends {@link #exclude}. */
    public void include(String id) {
        excluded.remove(id);
    }

    /** Has a worker not chosen in this life of its any more; what is reserved on it, counts on. */
    public void leave(String id) {
        Worker worker = workers.get(id);
        if (worker != null) {
            worker.leaving = true;
        }
    }

    /** Whether a worker is registered and has said that it leaves. */
    public boolean isLeaving(String id) {
        Worker worker = workers.get(id);
        return worker != null && worker.leaving;
    }

    /**
     * Takes a heartbeat.
     *
     * @param load the worker's whole load
     * @param assignedJobs jobs within {@code load} that this memnode assigned
     * @return false where the worker is not registered
     */
    public boolean heartbeat(String id, Load load, long assignedJobs) {
        Worker worker = workers.get(id);
        if (worker == null) {
            return false;
        }
        worker.heardAtNanos = nanoClock.getAsLong();
        worker.foreign = new Load(load.storageBytesPerSecond(), Math.max(0, load.jobs() - assignedJobs));
        return true;
    }

    /** Strikes a worker out; false where it was not in. */
    public boolean remove(String id) {
        Worker worker = workers.remove(id);
        if (worker == null) {
            return false;
        }
        worker.ended = true;
        return true;
    }

    /** Strikes out the workers that have been silent too long, and names them. */
    public List<String> expire() {
        List<String> dead = new ArrayList<>();
        for (Worker worker : workers.values()) {
            if (!isAlive(worker)) {
                dead.add(worker.id);
            }
        }
        dead.forEach(this::remove);
        return dead;
    }

    /** Workers that were heard in time and may be chosen. */
    public int aliveCount() {
        return alive().size();
    }

    /** All workers but the excluded ones, for people. */
    public List<Status> statuses() {
        List<Status> statuses = new ArrayList<>();
        for (Worker worker : workers.values()) {
            if (!excluded.contains(worker.id)) {
                statuses.add(new Status(worker.id, worker.load(), isAlive(worker)));
            }
        }
        return statuses;
    }

    /** The load of a worker, or null where it is not registered. */
    public @Nullable Load load(String id) {
        Worker worker = workers.get(id);
        return worker == null ? null : worker.load();
    }

    Collection<Worker> alive() {
        List<Worker> alive = new ArrayList<>();
        for (Worker worker : workers.values()) {
            if (isAlive(worker) && !worker.leaving && !excluded.contains(worker.id)) {
                alive.add(worker);
            }
        }
        return alive;
    }

    Reservation reserve(Worker worker) {
        worker.reserved++;
        return new Reservation(worker);
    }

    private boolean isAlive(Worker worker) {
        return nanoClock.getAsLong() - worker.heardAtNanos < timeoutNanos;
    }
}
