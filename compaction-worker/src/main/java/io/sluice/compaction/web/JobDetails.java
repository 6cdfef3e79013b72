// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import java.util.List;
import java.util.Map;

/**
 * An attempt at a job with all that its page tells. A value.
 *
 * @param job what lists tell of it
 * @param before files that it reads, at most {@link #MAX_FILES}
 * @param after files that it has finished, at most so many
 * @param afterBytes of all those
 * @param afterEntries of all those
 * @param statistics of the parts that are finished, by name
 * @param log its lines
 */
public record JobDetails(
        JobView job,
        List<FileView> before,
        List<FileView> after,
        long afterBytes,
        long afterEntries,
        Map<String, Long> statistics,
        List<String> log) {
    /** Files of one side that are shown. */
    public static final int MAX_FILES = 200;

    /** Makes lists and map unmodifiable. */
    public JobDetails {
        before = List.copyOf(before);
        after = List.copyOf(after);
        statistics = Map.copyOf(statistics);
        log = List.copyOf(log);
    }
}
