// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An attempt at a job, as lists tell of it. A value.
 *
 * @param token names it
 * @param instance the store's instance name
 * @param store the store's name for people
 * @param columnFamily its name
 * @param epoch the opening of the store
 * @param number the job's within it
 * @param attempt from 1 on
 * @param state in lower case: waiting, running, finished, failed, handed-back
 * @param reason why it was chosen, in RocksDB's words
 * @param inputLevels which it reads
 * @param outputLevel which it writes
 * @param subcompactions ranges that it may compact at a time
 * @param inputFiles their number
 * @param inputBytes their size
 * @param inputEntries read so far
 * @param bytesRead so far
 * @param bytesWritten so far
 * @param outputs files finished or adopted so far
 * @param acceptedMs when it came, since 1970
 * @param waitedMs until it began, or so far
 * @param ranMs since it began, until it ended
 * @param error why it ended, or null
 */
public record JobView(
        String token,
        String instance,
        String store,
        String columnFamily,
        long epoch,
        long number,
        int attempt,
        String state,
        String reason,
        List<Integer> inputLevels,
        int outputLevel,
        int subcompactions,
        int inputFiles,
        long inputBytes,
        long inputEntries,
        long bytesRead,
        long bytesWritten,
        int outputs,
        long acceptedMs,
        long waitedMs,
        long ranMs,
        @Nullable String error) {
    /** Makes the list unmodifiable. */
    public JobView {
        inputLevels = List.copyOf(inputLevels);
    }

    /** Whether it may still be stopped. */
    @JsonIgnore
    public boolean isLive() {
        return state.equals("waiting") || state.equals("running");
    }

    /** The job and attempt for people. */
    public String name() {
        return epoch + "/" + number + " attempt " + attempt;
    }

    /** Where from and where to. */
    public String levels() {
        StringBuilder levels = new StringBuilder();
        inputLevels.forEach(
                level -> levels.append(levels.isEmpty() ? "L" : " + L").append(level));
        return levels + " to L" + outputLevel;
    }
}
