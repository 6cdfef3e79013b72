// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StatefulCompactionFilterFactory;
import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionProgress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a job, as a store submits it: {@link CompactionJob} with all that it carries, and what earlier attempts
 * have left.
 *
 * @param version {@link #VERSION}
 * @param codeVersion the store's release: {@link CodeVersions#current}
 * @param hoster whose job it is
 * @param job which; the owner's directory follows from it
 * @param attempt 1 to 1,000,000; equal for submissions of the same attempt alone
 * @param timeoutMs milliseconds from its acceptance on after which nobody waits for the attempt any more, 1 to 7 days'
 * @param storageUri the store's directory
 * @param columnFamily its name
 * @param compaction the files, and how they are compacted
 * @param snapshots sequence numbers, ascending
 * @param epochNumber for the outputs' metadata, at least 0
 * @param options the bytes' options
 * @param filter the compaction filter, absent for none
 * @param identity for the outputs' properties
 * @param ranges of {@link CompactionProgress}; none in a first attempt
 * @param segments of {@link CompactionProgress}, as the store recorded them; all of earlier attempts
 */
public record JobDocument(
        int version,
        String codeVersion,
        HosterDocument hoster,
        JobName job,
        int attempt,
        long timeoutMs,
        String storageUri,
        String columnFamily,
        CompactionDocument compaction,
        List<Long> snapshots,
        long epochNumber,
        OptionsDocument options,
        @MayBeAbsent @Nullable FilterDocument filter,
        IdentityDocument identity,
        List<RangeDocument> ranges,
        List<SegmentDocument> segments)
        implements Document {
    static final int MAX_ATTEMPTS = 1_000_000;

    private static final long MAX_TIMEOUT_MS = 7 * 24 * 3_600_000L;

    /** Checks the ranges. */
    public JobDocument {
        snapshots = List.copyOf(snapshots);
        ranges = List.copyOf(ranges);
        segments = List.copyOf(segments);
        Check.version(version);
        Check.name("code_version", codeVersion);
        Check.range("attempt", attempt, 1, MAX_ATTEMPTS);
        Check.range("timeout_ms", timeoutMs, 1, MAX_TIMEOUT_MS);
        Check.name("storage_uri", storageUri);
        Check.text("column_family", columnFamily, Check.MAX_NAME_LENGTH);
        Check.atLeast("epoch_number", epochNumber, 0);
        long last = -1;
        for (long snapshot : snapshots) {
            Check.range("snapshots", snapshot, last + 1, InternalKey.MAX_SEQUENCE);
            last = snapshot;
        }
        for (SegmentDocument segment : segments) {
            OutputDocument output = segment.output();
            if (output != null && output.attempt() >= attempt) {
                throw new IllegalArgumentException(
                        "a segment of attempt " + output.attempt() + " in attempt " + attempt);
            }
        }
    }

    /**
     * The document of one attempt at a job.
     *
     * @param attempt above that of every output in {@code progress}
     * @param timeoutMs how long the attempt is waited for
     * @throws IllegalArgumentException where something is out of range, or the job's owner directory is not its epoch's
     */
    public static JobDocument of(
            CompactionJob job, int attempt, long timeoutMs, CompactionProgress progress, HosterDocument hoster) {
        JobName name = JobName.of(job.id());
        if (!name.ownerDirectory().equals(job.ownerDirectory())) {
            throw new IllegalArgumentException(
                    "owner directory " + job.ownerDirectory() + ", expected " + name.ownerDirectory());
        }
        CompactionFilterFactory factory = job.filterFactory();
        return new JobDocument(
                VERSION,
                CodeVersions.current(),
                hoster,
                name,
                attempt,
                timeoutMs,
                job.storageUri(),
                job.columnFamilyName(),
                CompactionDocument.of(job.compaction()),
                job.snapshots(),
                job.epochNumber(),
                OptionsDocument.of(job.tableOptions()),
                factory == null ? null : new FilterDocument(factory.name(), job.filterState()),
                IdentityDocument.of(job.identity()),
                progress.ranges().stream().map(RangeDocument::of).toList(),
                progress.segments().stream().map(SegmentDocument::of).toList());
    }

    /**
     * The job, with the plug-ins of this process.
     *
     * @throws StoreException {@code NOT_SUPPORTED} {@code compaction.document.plug-in} for a plug-in that is unknown
     *     here, or that takes no state where the job has one, or the other way round
     */
    public CompactionJob compactionJob(PlugIns plugIns) throws StoreException {
        CompactionFilterFactory factory = null;
        Slice state = null;
        if (filter != null) {
            factory = plugIns.filterFactory(filter.factory());
            state = filter.state();
            if ((state != null) != (factory instanceof StatefulCompactionFilterFactory)) {
                throw PlugIns.unknown(
                        "compaction filter factory",
                        filter.factory() + (state == null ? " without a state" : " with a state"),
                        "one of that name that " + (state == null ? "needs a state" : "takes none"));
            }
        }
        return new CompactionJob(
                job.id(),
                columnFamily,
                compaction.compaction(),
                snapshots,
                epochNumber,
                options.tableOptions(plugIns),
                factory,
                state,
                identity.tableIdentity(),
                storageUri,
                job.ownerDirectory());
    }

    /** What earlier attempts have left. */
    public CompactionProgress progress() {
        return new CompactionProgress(
                ranges.stream().map(RangeDocument::range).toList(),
                segments.stream().map(segment -> segment.segment(job)).toList());
    }
}
