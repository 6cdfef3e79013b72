// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How fast workers compact, for each column family of one store: a mean that forgets, so that it follows the data, the
 * options and the workers as they change. Safe for concurrent use.
 */
final class SpeedEstimate {
    /** The share of the latest job: after 10 jobs, 90 % of what is known is of them. */
    private static final double SHARE_OF_LATEST = 0.2;
    /** More column families than a store usually has; beyond, those unused longest are forgotten. */
    private static final int MAX_FAMILIES = 1024;

    @GuardedBy("this")
    private final Map<String, Double> bytesPerSecond = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Double> eldest) {
            return size() > MAX_FAMILIES;
        }
    };

    /** Bytes of input in a second; {@code initial} where nothing was measured yet. */
    synchronized double of(String columnFamily, double initial) {
        return bytesPerSecond.getOrDefault(columnFamily, initial);
    }

    /**
     * Takes in a job that a worker did.
     *
     * @param bytes of its input
     * @param nanos that the worker took, from when it began
     */
    synchronized void measured(String columnFamily, long bytes, long nanos) {
        if (bytes <= 0 || nanos <= 0) {
            return; // tells nothing
        }
        double latest = bytes * 1e9 / nanos;
        bytesPerSecond.merge(columnFamily, latest, (known, measured) -> known + SHARE_OF_LATEST * (measured - known));
    }
}
