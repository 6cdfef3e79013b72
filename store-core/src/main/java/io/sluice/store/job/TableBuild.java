// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.RangeTombstone;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.sst.TableOptions;
import io.sluice.store.sst.TableSummary;
import io.sluice.store.sst.TableWriter;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Turns sorted entries into one SST. The same entries, options and identity give the same bytes, wherever it runs. What
 * is left out is told by {@link CompactionIterator}. Immutable, and safe for concurrent use.
 */
public final class TableBuild {
    /** Input entries between two calls of {@link Progress}. */
    public static final int PROGRESS_INTERVAL = 1024;

    private final TableOptions options;
    private final TableIdentity identity;
    private final List<Long> snapshots;
    private final long epochNumber;
    private final LongSupplier nanoClock;

    /** Is told now and then how far a build is, and ends it by throwing. Called by the building thread. */
    @FunctionalInterface
    public interface Progress {
        /** Called every {@link #PROGRESS_INTERVAL} input entries. What it throws ends the build. */
        void at(long inputEntries, long bytesWritten) throws IOException;
    }

    /**
     * A build.
     *
     * @param identity its original file number becomes the number in the file's metadata
     * @param snapshots sequence numbers that readers hold, ascending
     * @param epochNumber for the file's metadata
     * @param nanoClock for statistics
     * @throws IllegalArgumentException where the snapshots are not in order
     */
    public TableBuild(
            TableOptions options,
            TableIdentity identity,
            List<Long> snapshots,
            long epochNumber,
            LongSupplier nanoClock) {
        this.options = options;
        this.identity = identity;
        this.snapshots = List.copyOf(snapshots);
        new SnapshotStripes(
                this.snapshots); // refuses those that are not in order, here and not in the middle of a build
        this.epochNumber = epochNumber;
        this.nanoClock = nanoClock;
    }

    /**
     * Reads the iterators from their first entries to their ends, writes the table and syncs the file. Iterators and file
     * stay the caller's, to close, and to delete where there is no table or this throws.
     *
     * @param entries all but range deletions
     * @param rangeDeletions those of each memtable: keys are starts, values ends
     * @param file empty
     */
    public TableBuildResult run(
            InternalIterator entries, List<InternalIterator> rangeDeletions, WritableFile file, Progress progress)
            throws IOException {
        long start = nanoClock.getAsLong();
        JobTombstones tombstones = JobTombstones.read(options.comparator(), snapshots, rangeDeletions);
        CompactionStatistics counts = new CompactionStatistics();
        try (TableWriter writer = new TableWriter(file, options, identity)) {
            InternalIterator counted = new ProgressIterator(entries, count -> progress.at(count, writer.fileSize()));
            CompactionIterator left = new CompactionIterator(
                    counted,
                    options.comparator(),
                    snapshots,
                    options.mergeOperator(),
                    null, // as in RocksDB, whose filters see no flush unless they ask for it
                    tombstones.covering(),
                    KeyPlacement.FLUSH,
                    counts);
            for (left.seekToFirst(); left.isValid(); left.next()) {
                writer.add(left.key(), left.value());
            }
            for (RangeTombstone tombstone : tombstones.output(null, null, false)) {
                writer.addRangeDeletion(tombstone);
            }
            long input = counts.inputEntries() + tombstones.count();
            long output = writer.entryCount();
            if (output == 0) {
                return new TableBuildResult(null, 0, input, 0, Map.of(), statistics(start, input, 0, 0));
            }
            TableSummary summary = writer.finish();
            file.sync();
            return new TableBuildResult(
                    metadata(summary),
                    summary.crc32c(),
                    input,
                    output,
                    summary.properties().asMap(),
                    statistics(start, input, output, summary.size()));
        }
    }

    private FileMetadata metadata(TableSummary summary) {
        return new FileMetadata(
                identity.originalFileNumber(),
                summary.size(),
                summary.smallest(),
                summary.largest(),
                summary.smallestSequence(),
                summary.largestSequence(),
                epochNumber,
                identity.creationTime(),
                identity.fileCreationTime());
    }

    private Map<String, Long> statistics(long start, long input, long output, long bytes) {
        return Map.of(
                "input_entries", input,
                "output_entries", output,
                "dropped_entries", Math.max(0, input - output), // cut range deletions are more than they were
                "bytes_written", bytes,
                "build_ns", nanoClock.getAsLong() - start);
    }
}
