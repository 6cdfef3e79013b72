// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.RangeTombstone;
import io.sluice.store.job.CompactionIterator;
import io.sluice.store.job.CompactionStatistics;
import io.sluice.store.job.JobTombstones;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.sst.TableSummary;
import io.sluice.store.sst.TableWriter;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Compacts one range of a job's keys into SSTs in the attempt's directory. Used once, by one thread. */
final class CompactionRun {
    private final CompactionJob job;
    private final KeyComparator comparator;
    private final String directory;
    private final AtomicInteger fileNumbers;
    private final String hostId;
    private final String builder;
    private final CompactionInput.Check check;
    private final OutputFiles files;
    private final JobTombstones tombstones;

    private final CompactionStatistics statistics = new CompactionStatistics();
    private final List<CompactionResult.Output> outputs = new ArrayList<>();
    private final UnsafeBuffer lastUserKey = new UnsafeBuffer(new byte[256]);
    private int lastUserKeyLength = -1;

    /** The first user key that may be in the present output, or null. */
    private @Nullable Slice outputStart;

    private @Nullable WritableFile file;
    private @Nullable TableWriter writer;
    private int fileNumber;

    /** Creates an output. */
    @FunctionalInterface
    interface OutputFiles {
        WritableFile create(String path) throws IOException;
    }

    /** Who builds, where, and over what range deletions: the same for all ranges of an attempt. */
    record Attempt(
            String directory,
            AtomicInteger fileNumbers,
            String hostId,
            String builder,
            OutputFiles files,
            CompactionInput.Check check,
            JobTombstones tombstones) {}

    CompactionRun(CompactionJob job, Attempt attempt) {
        this.job = job;
        this.comparator = job.tableOptions().comparator();
        this.directory = attempt.directory();
        this.fileNumbers = attempt.fileNumbers();
        this.hostId = attempt.hostId();
        this.builder = attempt.builder();
        this.files = attempt.files();
        this.check = attempt.check();
        this.tombstones = attempt.tombstones();
    }

    /** What was counted. */
    CompactionStatistics statistics() {
        return statistics;
    }

    /** Runs it; where it throws, what it wrote is left in the attempt's directory. */
    List<CompactionResult.Output> run(KeyRange range, SortedRunIterator.TableOpener opener) throws IOException {
        try (InternalIterator input = new CompactionInput(job.compaction(), comparator, range, opener, check)) {
            CompactionFilterFactory filters = job.filterFactory();
            CompactionIterator entries = new CompactionIterator(
                    input,
                    comparator,
                    job.snapshots(),
                    job.tableOptions().mergeOperator(),
                    filters == null ? null : filters.create(),
                    tombstones.covering(),
                    new JobPlacement(job.compaction(), comparator),
                    statistics);
            OutputCutter cutter = new OutputCutter(job.compaction(), comparator);
            outputStart = range.start();
            for (entries.seekToFirst(); entries.isValid(); entries.next()) {
                add(entries.key(), entries.value(), cutter);
            }
            finish(range.end());
            return outputs;
        } finally {
            abandon();
        }
    }

    private void add(DirectBuffer key, DirectBuffer value, OutputCutter cutter) throws IOException {
        TableWriter open = writer;
        if (isNewUserKey(key)) {
            if (cutter.cutsBefore(key, open == null ? 0 : open.fileSize(), open != null)) {
                finish(userKey(key));
                open = null;
            }
            remember(key);
        }
        if (open == null) {
            open = begin();
        }
        open.add(key, value);
    }

    private TableWriter begin() throws IOException {
        fileNumber = fileNumbers.incrementAndGet();
        WritableFile created = files.create(path());
        file = created;
        TableWriter opened = new TableWriter(created, job.tableOptions(), identity());
        writer = opened;
        return opened;
    }

    /** Ends the present output; {@code end} is the first user key that does not belong into it, or null. */
    private void finish(@Nullable Slice end) throws IOException {
        List<RangeTombstone> ranges =
                tombstones.output(outputStart, end, job.compaction().bottommost());
        outputStart = end;
        TableWriter open = writer;
        if (open == null && ranges.isEmpty()) {
            return;
        }
        if (open == null) {
            open = begin();
        }
        for (RangeTombstone tombstone : ranges) {
            open.addRangeDeletion(tombstone);
        }
        WritableFile target = file;
        if (target == null) {
            throw new AssertionError("a writer without a file");
        }
        long entries = open.entryCount();
        TableSummary summary = open.finish();
        target.sync();
        outputs.add(new CompactionResult.Output(path(), metadata(summary), summary.crc32c(), entries));
        writer = null;
        file = null;
        open.close();
        target.close();
    }

    private void abandon() throws IOException {
        TableWriter open = writer;
        WritableFile target = file;
        writer = null;
        file = null;
        if (open != null) {
            open.close();
        }
        if (target != null) {
            target.close();
        }
    }

    private String path() {
        return directory + "/" + FileNames.table(fileNumber);
    }

    private FileMetadata metadata(TableSummary summary) {
        return new FileMetadata(
                fileNumber,
                summary.size(),
                summary.smallest(),
                summary.largest(),
                summary.smallestSequence(),
                summary.largestSequence(),
                job.epochNumber(),
                job.identity().creationTime(),
                job.identity().fileCreationTime());
    }

    private TableIdentity identity() {
        TableIdentity given = job.identity();
        return new TableIdentity(
                given.columnFamilyId(),
                given.columnFamilyName(),
                given.dbId(),
                given.dbSessionId(),
                hostId,
                builder,
                fileNumber,
                given.creationTime(),
                given.oldestKeyTime(),
                given.fileCreationTime());
    }

    private static Slice userKey(DirectBuffer internalKey) {
        return Slice.copyOf(new UnsafeBuffer(internalKey, 0, InternalKey.userKeyLength(internalKey)));
    }

    private boolean isNewUserKey(DirectBuffer key) {
        int length = InternalKey.userKeyLength(key);
        return lastUserKeyLength < 0 || comparator.compare(key, 0, length, lastUserKey, 0, lastUserKeyLength) != 0;
    }

    private void remember(DirectBuffer key) {
        int length = InternalKey.userKeyLength(key);
        if (length > lastUserKey.capacity()) {
            lastUserKey.wrap(new byte[Math.max(length, (int) Math.min(2L * lastUserKey.capacity(), 1 << 30))]);
        }
        lastUserKey.putBytes(0, key, 0, length);
        lastUserKeyLength = length;
    }
}
