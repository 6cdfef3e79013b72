// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import io.sluice.flush.placement.LoadLimits;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * The settings of a memnode. A value.
 *
 * @param id its name, unique in the cluster
 * @param listen where generators and workers reach it; port 0 takes a free one
 * @param tenants generators, by name, that get memory of their own: each an equal part of the pool, the others one more
 *     together
 * @param limits what counts as full load in placement
 * @param workerTimeout silence after which a worker is dead
 * @param checkInterval how often timeouts are looked for
 * @param generatorGrace how long the memory of a generator that is gone is kept for its return
 * @param callTimeout longest wait for a worker's answer
 * @param drainTimeout longest that an orderly stop waits for memory to be given back
 */
public record MemnodeSettings(
        String id,
        InetSocketAddress listen,
        List<String> tenants,
        LoadLimits limits,
        Duration workerTimeout,
        Duration checkInterval,
        Duration generatorGrace,
        Duration callTimeout,
        Duration drainTimeout) {
    /** Checks the ranges. */
    public MemnodeSettings {
        tenants = List.copyOf(tenants);
        if (Set.copyOf(tenants).size() < tenants.size()) {
            throw new IllegalArgumentException("tenants=" + tenants + ", expected each once");
        }
        if (id.isEmpty()) {
            throw new IllegalArgumentException("id is empty");
        }
        for (Duration duration : new Duration[] {workerTimeout, checkInterval, callTimeout}) {
            if (duration.toMillis() < 1) {
                throw new IllegalArgumentException("duration=" + duration + ", expected at least 1 ms");
            }
        }
    }

    /** The defaults: seed limits, worker timeout 2.5 s checked every 500 ms, grace 10 s, calls 2 s, drain 10 s. */
    public static MemnodeSettings of(String id, InetSocketAddress listen) {
        return new MemnodeSettings(
                id,
                listen,
                List.of(),
                LoadLimits.DEFAULT,
                Duration.ofMillis(2500),
                Duration.ofMillis(500),
                Duration.ofSeconds(10),
                Duration.ofSeconds(2),
                Duration.ofSeconds(10));
    }

    /** The same with other tenants. */
    public MemnodeSettings withTenants(List<String> value) {
        return new MemnodeSettings(
                id, listen, value, limits, workerTimeout, checkInterval, generatorGrace, callTimeout, drainTimeout);
    }

    /** The same with other limits. */
    public MemnodeSettings withLimits(LoadLimits value) {
        return new MemnodeSettings(
                id, listen, tenants, value, workerTimeout, checkInterval, generatorGrace, callTimeout, drainTimeout);
    }

    /** The same with other times. */
    public MemnodeSettings withTimes(Duration worker, Duration check, Duration grace, Duration call, Duration drain) {
        return new MemnodeSettings(id, listen, tenants, limits, worker, check, grace, call, drain);
    }
}
