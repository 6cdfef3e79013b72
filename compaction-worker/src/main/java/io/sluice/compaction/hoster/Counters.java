// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** The counts behind {@link RemoteCompactionStatistics}. Safe for concurrent use. */
final class Counters {
    /** Workers behind a proxy come and go under new names. */
    private static final int MAX_WORKERS = 1000;

    @GuardedBy("this")
    private final Map<FallbackReason, Long> local = new EnumMap<>(FallbackReason.class);

    @GuardedBy("this")
    private final Map<FallbackReason, Long> failed = new EnumMap<>(FallbackReason.class);

    @GuardedBy("this")
    private final Map<String, Long> workers = new TreeMap<>();

    @GuardedBy("this")
    private long remote;

    @GuardedBy("this")
    private long remoteBytes;

    @GuardedBy("this")
    private long belowMinLevel;

    @GuardedBy("this")
    private long adopted;

    synchronized void remote(String worker, long inputBytes) {
        remote++;
        remoteBytes += inputBytes;
        String name = workers.containsKey(worker) || workers.size() < MAX_WORKERS ? worker : "others";
        workers.merge(name, 1L, Long::sum);
    }

    synchronized void local(FallbackReason reason) {
        local.merge(reason, 1L, Long::sum);
    }

    synchronized void failed(FallbackReason reason) {
        failed.merge(reason, 1L, Long::sum);
    }

    synchronized void belowMinLevel() {
        belowMinLevel++;
    }

    synchronized void adopted(int segments) {
        adopted += segments;
    }

    synchronized RemoteCompactionStatistics snapshot() {
        return new RemoteCompactionStatistics(
                remote,
                remoteBytes,
                belowMinLevel,
                Map.copyOf(local),
                Map.copyOf(failed),
                Map.copyOf(workers),
                adopted);
    }
}
