// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.Slice;
import io.sluice.store.manifest.FileMetadata;
import java.util.List;
import java.util.Map;

/**
 * What a compaction made. Nothing in it is believed before {@code CompactionVerifier} has held it against the job and the
 * files.
 *
 * @param id the job's
 * @param attempt the attempt that made it
 * @param outputs the SSTs, by key; none where nothing was left
 * @param inputEntries entries read, range deletions among them; those that adopted outputs were made of count too
 * @param filterReports what a {@link io.sluice.store.base.StatefulCompactionFilterFactory}'s filters found, by key; none
 *     is empty
 * @param builder who ran the attempt: {@code local}, or the worker's id
 * @param statistics named counters and times (ns); those of {@link CompactionAttempt#run}, to which an executor may add
 */
public record CompactionResult(
        CompactionJobId id,
        int attempt,
        List<Output> outputs,
        long inputEntries,
        List<Slice> filterReports,
        String builder,
        Map<String, Long> statistics) {
    /**
     * One SST.
     *
     * @param path its present name within the storage
     * @param file for the manifest, but for its number: that is its place among the attempt's files, from 1 on
     * @param crc32c of the whole file, unmasked, unsigned
     * @param entries in it, range deletions among them
     * @param builder who built it, as it stands in its properties; another than the result's where it was adopted
     */
    public record Output(String path, FileMetadata file, long crc32c, long entries, String builder) {}

    /** Makes lists and map unmodifiable. */
    public CompactionResult {
        outputs = List.copyOf(outputs);
        filterReports = List.copyOf(filterReports);
        statistics = Map.copyOf(statistics);
    }

    /** Bytes of the SSTs. */
    public long outputSize() {
        return outputs.stream().mapToLong(output -> output.file().size()).sum();
    }

    /** Entries of the SSTs. */
    public long outputEntries() {
        return outputs.stream().mapToLong(Output::entries).sum();
    }
}
