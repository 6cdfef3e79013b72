// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import java.util.Map;

/**
 * What remote flush did since the start. A value.
 *
 * @param remoteFlushes jobs that a worker built
 * @param localFlushes jobs that came to this process, by reason
 * @param failedAttempts attempts that came to nothing, by reason
 * @param bytesShipped written to memnodes
 * @param shippedBy the same, by what carried them: {@code rdma}, {@code tcp}
 * @param readBy bytes that workers read for the SSTs that they built, by what carried them
 * @param workerJobs jobs built, by worker
 * @param lateAnswers outcomes of attempts that were given up, ignored
 */
public record RemoteFlushStatistics(
        long remoteFlushes,
        Map<FallbackReason, Long> localFlushes,
        Map<FallbackReason, Long> failedAttempts,
        long bytesShipped,
        Map<String, Long> shippedBy,
        Map<String, Long> readBy,
        Map<String, Long> workerJobs,
        long lateAnswers) {}
