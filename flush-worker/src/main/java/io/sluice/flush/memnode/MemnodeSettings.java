// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import io.sluice.flush.placement.LoadLimits;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * The settings of a memnode. A value.
 *
 * @param id its name, unique in the cluster
 * @param listen where generators and workers reach it; port 0 takes a free one
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
        LoadLimits limits,
        Duration workerTimeout,
        Duration checkInterval,
        Duration generatorGrace,
        Duration callTimeout,
        Duration drainTimeout) {
    /** Checks the ranges. */
    public MemnodeSettings {
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
                LoadLimits.DEFAULT,
                Duration.ofMillis(2500),
                Duration.ofMillis(500),
                Duration.ofSeconds(10),
                Duration.ofSeconds(2),
                Duration.ofSeconds(10));
    }

    /** The same with other limits. */
    public MemnodeSettings withLimits(LoadLimits value) {
        return new MemnodeSettings(
                id, listen, value, workerTimeout, checkInterval, generatorGrace, callTimeout, drainTimeout);
    }

    /** The same with other times. */
    public MemnodeSettings withTimes(Duration worker, Duration check, Duration grace, Duration call, Duration drain) {
        return new MemnodeSettings(id, listen, limits, worker, check, grace, call, drain);
    }
}
