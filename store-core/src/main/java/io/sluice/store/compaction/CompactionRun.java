// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.CompactionFilter;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Compacts one range of a job's keys into SSTs in the attempt's directory. Used once, by one thread.
 *
 * <p>A segment ends where the first entry of the next output stands: the input was read, and the filter asked, up to that
 * entry. Whoever goes on behind a segment reads that again, and counts from there on.
 */
final class CompactionRun {
    private static final Slice NO_REPORT = Slice.wrap(new byte[0]);

    private final CompactionJob job;
    private final KeyComparator comparator;
    private final Attempt attempt;
    private final KeyRange range;
    private final @Nullable CompactionFilter filter;

    private final CompactionStatistics statistics = new CompactionStatistics();
    private long toldEntries;
    private Map<String, Long> told = statistics.asMap();
    private final UnsafeBuffer lastUserKey = new UnsafeBuffer(new byte[256]);
    private int lastUserKeyLength = -1;

    /** Whether the first entry is one up to which the segment before has counted. */
    private boolean goesOn;
    /** The first user key that may be in the present output, or null. */
    private @Nullable Slice outputStart;

    private @Nullable WritableFile file;
    private @Nullable TableWriter writer;
    private int fileNumber;

    /** Takes what is finished. */
    @FunctionalInterface
    interface Segments {
        void finished(CompactionSegment segment) throws IOException;
    }

    /** Who builds, where, and over what range deletions: the same for all ranges of an attempt. */
    record Attempt(
            CompactionJob job,
            String directory,
            AtomicInteger fileNumbers,
            String hostId,
            String builder,
            AttemptFiles files,
            CompactionInput.Check check,
            JobTombstones tombstones) {}

    /** A run over a range, which {@code goesOn} behind a segment of an earlier attempt or begins one of the job's. */
    CompactionRun(Attempt attempt, KeyRange range, boolean goesOn) throws StoreException {
        this.attempt = attempt;
        this.job = attempt.job();
        this.comparator = job.tableOptions().comparator();
        this.range = range;
        this.goesOn = goesOn;
        this.outputStart = range.start();
        this.filter = job.newFilter();
    }

    /** Runs it; where it throws, what it wrote is left in the attempt's directory. */
    void run(Segments segments) throws IOException {
        try (InternalIterator input =
                new CompactionInput(job.compaction(), comparator, range, attempt.files()::open, attempt.check())) {
            CompactionIterator entries = new CompactionIterator(
                    input,
                    comparator,
                    job.snapshots(),
                    job.tableOptions().mergeOperator(),
                    filter,
                    attempt.tombstones().covering(),
                    new JobPlacement(job.compaction(), comparator),
                    statistics);
            OutputCutter cutter = new OutputCutter(job.compaction(), comparator);
            for (entries.seekToFirst(); entries.isValid(); entries.next()) {
                if (goesOn) {
                    goesOn = false;
                    var unused = forgetCounts();
                }
                add(entries.key(), entries.value(), cutter, segments);
            }
            finish(range.end(), segments);
        } finally {
            abandon();
        }
    }

    private void add(DirectBuffer key, DirectBuffer value, OutputCutter cutter, Segments segments) throws IOException {
        TableWriter open = writer;
        if (isNewUserKey(key)) {
            if (cutter.cutsBefore(key, open == null ? 0 : open.fileSize(), open != null)) {
                finish(userKey(key), segments);
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
        fileNumber = attempt.fileNumbers().incrementAndGet();
        WritableFile created = attempt.files().create(path());
        file = created;
        TableWriter opened = new TableWriter(created, job.tableOptions(), identity());
        writer = opened;
        return opened;
    }

    /** Ends the present output; {@code end} is the first user key that does not belong into it, or null. */
    private void finish(@Nullable Slice end, Segments segments) throws IOException {
        KeyRange finished = new KeyRange(outputStart, end);
        CompactionResult.Output output = finishOutput(finished);
        Map<String, Long> counts = new HashMap<>();
        statistics.asMap().forEach((name, count) -> counts.put(name, count - told.getOrDefault(name, 0L)));
        long entries = statistics.inputEntries() - toldEntries;
        Slice report = forgetCounts();
        outputStart = end;
        segments.finished(new CompactionSegment(finished, output, entries, counts, report));
    }

    /** Counts from here on; what the filter had found so far. */
    private Slice forgetCounts() throws StoreException {
        toldEntries = statistics.inputEntries();
        told = statistics.asMap();
        return filter == null || job.filterState() == null
                ? NO_REPORT
                : FilterBytes.checked("a report", filter.takeReport());
    }

    private CompactionResult.@Nullable Output finishOutput(KeyRange finished) throws IOException {
        List<RangeTombstone> ranges = attempt.tombstones()
                .output(finished.start(), finished.end(), job.compaction().bottommost());
        TableWriter open = writer;
        if (open == null && ranges.isEmpty()) {
            return null;
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
        writer = null;
        file = null;
        open.close();
        target.close();
        return new CompactionResult.Output(path(), metadata(summary), summary.crc32c(), entries, attempt.builder());
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
        return attempt.directory() + "/" + FileNames.table(fileNumber);
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
                attempt.hostId(),
                attempt.builder(),
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
