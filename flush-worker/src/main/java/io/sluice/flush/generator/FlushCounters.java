// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** The counts behind {@link RemoteFlushStatistics}. Safe for concurrent use. */
final class FlushCounters {
    @GuardedBy("this")
    private final Map<FallbackReason, Long> local = new EnumMap<>(FallbackReason.class);

    @GuardedBy("this")
    private final Map<FallbackReason, Long> failed = new EnumMap<>(FallbackReason.class);

    @GuardedBy("this")
    private final Map<String, Long> workers = new TreeMap<>();

    @GuardedBy("this")
    private long remote;

    @GuardedBy("this")
    private final Map<String, Long> shippedBy = new TreeMap<>();

    @GuardedBy("this")
    private final Map<String, Long> readBy = new TreeMap<>();

    @GuardedBy("this")
    private long late;

    synchronized void remote(String worker) {
        remote++;
        workers.merge(worker, 1L, Long::sum);
    }

    synchronized void local(FallbackReason reason) {
        local.merge(reason, 1L, Long::sum);
    }

    synchronized void failed(FallbackReason reason) {
        failed.merge(reason, 1L, Long::sum);
    }

    synchronized void shipped(String transport, long bytes) {
        shippedBy.merge(transport, bytes, Long::sum);
    }

    synchronized void read(String transport, long bytes) {
        readBy.merge(transport, bytes, Long::sum);
    }

    synchronized void late() {
        late++;
    }

    synchronized RemoteFlushStatistics snapshot() {
        return new RemoteFlushStatistics(
                remote,
                Map.copyOf(local),
                Map.copyOf(failed),
                shippedBy.values().stream().mapToLong(Long::longValue).sum(),
                Map.copyOf(shippedBy),
                Map.copyOf(readBy),
                Map.copyOf(workers),
                late);
    }
}
