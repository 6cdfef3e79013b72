// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import java.util.List;
import java.util.Map;

/**
 * One compaction, as listeners learn of it. A value.
 *
 * @param id the job
 * @param columnFamilyName whose files they are
 * @param reason why
 * @param startLevel the highest level that files come from
 * @param outputLevel where the result goes
 * @param trivialMove whether files only change their level
 * @param inputFiles numbers of the SSTs compacted
 * @param inputBytes their bytes
 * @param inputEntries entries read; 0 before completion, and for a move
 * @param outputFiles numbers of the SSTs made; none before completion
 * @param outputBytes their bytes
 * @param outputEntries entries in them
 * @param builder {@code local} or the worker's id; empty before completion, and for a move
 * @param attempt the attempt that made the files; 0 before completion
 * @param durationNanos from the start of the job until now, ns
 * @param statistics named counters and times (ns) of the run; empty before completion
 */
public record CompactionInfo(
        CompactionJobId id,
        String columnFamilyName,
        CompactionReason reason,
        int startLevel,
        int outputLevel,
        boolean trivialMove,
        List<Long> inputFiles,
        long inputBytes,
        long inputEntries,
        List<Long> outputFiles,
        long outputBytes,
        long outputEntries,
        String builder,
        int attempt,
        long durationNanos,
        Map<String, Long> statistics) {
    /** Makes lists and map unmodifiable. */
    public CompactionInfo {
        inputFiles = List.copyOf(inputFiles);
        outputFiles = List.copyOf(outputFiles);
        statistics = Map.copyOf(statistics);
    }
}
