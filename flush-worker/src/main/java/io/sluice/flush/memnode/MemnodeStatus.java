// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import io.sluice.flush.placement.WorkerRegistry;
import io.sluice.transport.ConnectionPath;
import io.sluice.transport.PeerIdentity;
import java.util.List;
import java.util.Map;

/**
 * What a memnode tells people. A value.
 *
 * @param capacity bytes that it lends in all
 * @param inUse bytes lent
 * @param grants memtables held
 * @param generators registered
 * @param workers with their loads
 * @param assignments jobs that count on a worker: placed and not done
 * @param paths what data go by between it and each generator and worker that is registered
 * @param counters events since the start, by name
 */
public record MemnodeStatus(
        long capacity,
        long inUse,
        int grants,
        int generators,
        List<WorkerRegistry.Status> workers,
        int assignments,
        Map<PeerIdentity, ConnectionPath> paths,
        Map<String, Long> counters) {}
