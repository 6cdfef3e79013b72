// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.job.JobTombstones;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a job: the one routine that compacts, in the store's process and elsewhere alike. It adopts what earlier
 * attempts have finished, cuts what is left into outputs, and tells of each output as soon as it is finished, so that
 * another attempt can go on behind it. The outputs are the same, byte for byte but for builder, host and number, whichever
 * attempts they came of, as long as the plug-ins are functions of their arguments.
 *
 * <p>It writes only files in its own directory, {@link CompactionJob#attemptDirectory}, which {@link #createDirectory} has
 * made, and takes no file but those it adopts out of others. It makes no directory: one whose owner was deposed, or whose
 * job was given up, fails at its next file with {@code NOT_FOUND}. Where it fails, its finished outputs stay, to be
 * adopted; who has started it deletes the directory, or leaves that to the engine.
 *
 * <p>Run once, by one thread. The other methods are safe for concurrent use.
 */
public final class CompactionAttempt {
    private final Place place;
    private final CompactionJob job;
    private final int number;
    private final CompactionProgress from;
    private final Listener listener;
    private final AttemptFiles files;
    private final AdoptedOutputs adopting;
    private final LongAdder inputEntries = new LongAdder();
    private final AtomicInteger outputs = new AtomicInteger();
    /** Why it ends before its time: it was aborted, or a range failed. */
    private final AtomicReference<@Nullable Throwable> end = new AtomicReference<>();
    /** Held while the listener is told, so that it hears one thing at a time. */
    private final Object telling = new Object();

    @GuardedBy("telling")
    private long adoptedBytes;

    /**
     * Where attempts run, and by whom.
     *
     * @param storage the store's directory
     * @param subcompactions runs all ranges of a job but the first, which the caller of {@link #run} does; must not be
     *     the threads that call it. A range that it rejects runs on the caller's
     * @param limiter of what is written
     * @param nanoClock for statistics
     * @param hostId for the tables' properties
     * @param builder for the tables' properties and the result: {@link LocalCompactionExecutor#BUILDER} in the store's
     *     process, elsewhere the worker's id, which is another than that
     */
    public record Place(
            Storage storage,
            Executor subcompactions,
            RateLimiter limiter,
            LongSupplier nanoClock,
            String hostId,
            String builder) {}

    /**
     * Hears how an attempt comes on; {@link CompactionProgress} keeps it. Called on the attempt's threads, by one at a time,
     * all of which it holds up, so it returns soon. What it throws ends the attempt.
     */
    public interface Listener {
        /** One that keeps nothing. */
        Listener NONE = new Listener() {};

        /**
         * The ranges that are compacted beside each other, in order, together all keys. Called once, before all else.
         * Those of the progress that the attempt began with, where that has any.
         */
        default void ranges(List<KeyRange> ranges) throws IOException {}

        /**
         * A further segment is finished, or was adopted: then its file stands in this attempt's directory now. The
         * segments of a range come in order; those of several ranges come mixed.
         */
        default void finished(CompactionSegment segment) throws IOException {}
    }

    /**
     * An attempt.
     *
     * @param number whose directory is there already, and empty
     * @param from what earlier attempts at the job have come to, or {@link CompactionProgress#NONE}. A file of it that is
     *     not there any more, or has another size, is made again, with all behind it in its range
     */
    public CompactionAttempt(Place place, CompactionJob job, int number, CompactionProgress from, Listener listener) {
        this.place = place;
        this.job = job;
        this.number = number;
        this.from = from;
        this.listener = listener;
        this.files = new AttemptFiles(
                place.storage(), place.limiter(), job.tableOptions().comparator());
        this.adopting = new AdoptedOutputs(place.storage(), job, number);
    }

    /**
     * Makes the directory of the next attempt that nobody has taken yet, in the job's directory, which is made too where
     * it is missing. Only the owner of the store does this, never a worker.
     *
     * @return the attempt's number, from 1 on
     * @throws StoreException {@code NOT_FOUND} where the owner's directory was renamed away by a newer owner
     */
    public static int createDirectory(Storage storage, CompactionJob job) throws IOException {
        storage.createDirectory(job.jobDirectory());
        int attempt = 1;
        while (!storage.createDirectory(job.attemptDirectory(attempt))) {
            attempt++;
        }
        return attempt;
    }

    /**
     * Compacts. Returns, or throws, when no thread works on it any more.
     *
     * <p>The result's statistics are the sums over its segments ({@code input_deletions}, {@code dropped_hidden}, {@code
     * dropped_obsolete}, {@code dropped_by_filter}, {@code dropped_by_range_deletion}, {@code single_delete_mismatches},
     * {@code merged_operands}), and of this attempt {@code subcompactions}, {@code compaction_ns}, {@code bytes_read},
     * {@code bytes_written}, {@code adopted_bytes}.
     *
     * @throws StoreException what {@link #abort} was given; {@code compaction.progress} where the progress contradicts
     *     itself; {@code compaction.input.size} or {@code CORRUPTION} of others where an input is not what it should be;
     *     {@code compaction.failed} where a plug-in threw; else what the storage says
     */
    public CompactionResult run() throws IOException {
        checkEnd();
        long start = place.nanoClock().getAsLong();
        List<List<CompactionSegment>> finished = from.byRange(job.tableOptions().comparator());
        int highestNumber = adopting.check(from);
        JobTombstones tombstones = new InputTombstones(job, files::open).read();
        List<KeyRange> ranges = from.ranges();
        if (ranges.isEmpty()) {
            ranges =
                    new SubcompactionRanges(job.compaction(), job.tableOptions().comparator(), files::open).cut();
        }
        tellRanges(ranges);
        CompactionRun.Attempt attempt = new CompactionRun.Attempt(
                job,
                job.attemptDirectory(number),
                new AtomicInteger(highestNumber),
                place.hostId(),
                place.builder(),
                files,
                this::passed,
                tombstones);
        List<List<CompactionSegment>> segments = new ArrayList<>();
        List<FutureTask<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < ranges.size(); i++) {
            KeyRange range = ranges.get(i);
            List<CompactionSegment> before = finished.isEmpty() ? List.of() : finished.get(i);
            List<CompactionSegment> ofRange = new ArrayList<>();
            segments.add(ofRange);
            tasks.add(new FutureTask<>(() -> runRange(attempt, range, before, ofRange), null));
        }
        runAll(tasks);
        return result(segments, tombstones.count(), place.nanoClock().getAsLong() - start);
    }

    /** Makes {@link #run} end soon with this error, unless it ends otherwise before. The first call counts. */
    public void abort(StoreException reason) {
        end.compareAndSet(null, reason);
    }

    /** How far it is. */
    public CompactionCounts counts() {
        return new CompactionCounts(inputEntries.sum(), files.bytesRead(), files.bytesWritten(), outputs.get());
    }

    private void runRange(
            CompactionRun.Attempt attempt,
            KeyRange range,
            List<CompactionSegment> finished,
            List<CompactionSegment> segments) {
        try {
            Slice start = range.start();
            boolean isWhole = false;
            for (CompactionSegment segment : finished) {
                CompactionSegment adopted = adopt(segment);
                if (adopted == null) {
                    break;
                }
                segments.add(adopted);
                start = segment.range().end();
                isWhole = start == null || start.equals(range.end());
            }
            if (!isWhole) {
                boolean goesOn = !segments.isEmpty();
                new CompactionRun(attempt, new KeyRange(start, range.end()), goesOn).run(segment -> {
                    segments.add(segment);
                    tell(segment, false);
                });
            }
        } catch (IOException | RuntimeException | Error e) {
            end.compareAndSet(null, e); // ends the other ranges, whose work is for nothing
        }
    }

    /** The segment with its file in this attempt's directory; null where the file is lost. */
    private @Nullable CompactionSegment adopt(CompactionSegment segment) throws IOException {
        checkEnd();
        CompactionResult.Output output = segment.output();
        CompactionSegment adopted = segment;
        if (output != null) {
            CompactionResult.Output moved = adopting.take(output);
            if (moved == null) {
                return null;
            }
            adopted = new CompactionSegment(
                    segment.range(), moved, segment.inputEntries(), segment.statistics(), segment.filterReport());
        }
        tell(adopted, true);
        return adopted;
    }

    private void tellRanges(List<KeyRange> ranges) throws IOException {
        synchronized (telling) {
            listener.ranges(ranges);
        }
    }

    private void tell(CompactionSegment segment, boolean isAdopted) throws IOException {
        CompactionResult.Output output = segment.output();
        synchronized (telling) {
            if (output != null) {
                outputs.incrementAndGet();
                adoptedBytes += isAdopted ? output.file().size() : 0;
            }
            listener.finished(segment);
        }
    }

    /** Runs the first here and the others beside; returns, or throws, when none runs any more. */
    private void runAll(List<FutureTask<Void>> tasks) throws IOException {
        for (FutureTask<Void> task : tasks.subList(1, tasks.size())) {
            try {
                place.subcompactions().execute(task);
            } catch (RejectedExecutionException e) {
                task.run();
            }
        }
        tasks.get(0).run();
        boolean interrupted = false;
        for (FutureTask<Void> task : tasks) {
            interrupted |= await(task);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        checkEnd();
    }

    /** Waits also where it is interrupted, which aborts the whole; returns whether it was. */
    private boolean await(FutureTask<Void> task) {
        boolean interrupted = false;
        for (; ; ) {
            try {
                var unused = task.get();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
                abort(aborted(job, "its thread was interrupted"));
            } catch (ExecutionException e) {
                throw new AssertionError("a range keeps its failure", e);
            }
        }
    }

    private void passed(int entries) throws IOException {
        inputEntries.add(entries);
        checkEnd();
    }

    private void checkEnd() throws IOException {
        Throwable cause = end.get();
        if (cause instanceof IOException e) {
            throw e;
        }
        if (cause != null) {
            throw new StoreException(
                    Kind.IO, "compaction.failed", "compaction " + job.id() + ": a range failed: " + cause, cause);
        }
    }

    /** The error of an attempt that is not wanted any more. */
    static StoreException aborted(CompactionJob job, String why) {
        return new StoreException(Kind.CLOSED, "compaction.aborted", "compaction " + job.id() + " ended: " + why);
    }

    private CompactionResult result(List<List<CompactionSegment>> byRange, long rangeDeletions, long nanos) {
        Map<String, Long> statistics = new LinkedHashMap<>();
        List<CompactionResult.Output> made = new ArrayList<>();
        List<Slice> reports = new ArrayList<>();
        long input = rangeDeletions;
        for (List<CompactionSegment> segments : byRange) {
            for (CompactionSegment segment : segments) {
                input += segment.inputEntries();
                segment.statistics().forEach((name, count) -> statistics.merge(name, count, Long::sum));
                CompactionResult.Output output = segment.output();
                if (output != null) {
                    made.add(output);
                }
                if (segment.filterReport().length() > 0) {
                    reports.add(segment.filterReport());
                }
            }
        }
        statistics.put("subcompactions", (long) byRange.size());
        statistics.put("compaction_ns", nanos);
        statistics.put("bytes_read", files.bytesRead());
        statistics.put("bytes_written", files.bytesWritten());
        synchronized (telling) {
            statistics.put("adopted_bytes", adoptedBytes);
        }
        return new CompactionResult(job.id(), number, made, input, reports, place.builder(), statistics);
    }
}
