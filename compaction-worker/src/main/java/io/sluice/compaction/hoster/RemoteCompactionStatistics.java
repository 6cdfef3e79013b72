// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import java.util.Map;

/**
 * What remote compaction did since the start, over all stores of one {@link RemoteCompaction}. A value.
 *
 * @param remoteJobs jobs that a worker did and the store installed
 * @param remoteInputBytes of those
 * @param belowMinLevel jobs that stayed here because of {@code dcompact_min_level}
 * @param localJobs jobs that should have gone out and were compacted here, by reason
 * @param failedAttempts attempts that came to nothing, by reason
 * @param workerJobs jobs done, by the worker's name
 * @param adoptedSegments finished parts of earlier attempts that later ones began with
 */
public record RemoteCompactionStatistics(
        long remoteJobs,
        long remoteInputBytes,
        long belowMinLevel,
        Map<FallbackReason, Long> localJobs,
        Map<FallbackReason, Long> failedAttempts,
        Map<String, Long> workerJobs,
        long adoptedSegments) {}
