// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

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
 * @param inputEntries entries read, range deletions among them
 * @param builder {@code local} or the worker's id
 * @param statistics named counters and times (ns) of the run
 */
public record CompactionResult(
        CompactionJobId id,
        int attempt,
        List<Output> outputs,
        long inputEntries,
        String builder,
        Map<String, Long> statistics) {
    /**
     * One SST.
     *
     * @param path its present name within the storage
     * @param file for the manifest, but for its number: that is its place among the attempt's files, from 1 on
     * @param crc32c of the whole file, unmasked, unsigned
     * @param entries in it
     */
    public record Output(String path, FileMetadata file, long crc32c, long entries) {}

    /** Makes list and map unmodifiable. */
    public CompactionResult {
        outputs = List.copyOf(outputs);
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
