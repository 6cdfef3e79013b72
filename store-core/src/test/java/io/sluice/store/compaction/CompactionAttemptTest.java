// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionAttempt.Place;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Fault;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.RateLimiter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CompactionAttemptTest {
    private static final int KEYS = 300;

    private final MemoryStorage memory = new MemoryStorage("attempts");
    private final FaultInjectingStorage storage = new FaultInjectingStorage(memory);
    private final RateLimiter limiter = new RateLimiter(0, System::nanoTime);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private long nextNumber = 10;

    @AfterEach
    void close() {
        threads.shutdownNow();
    }

    /** Keeps what an attempt tells, and ends it after so many segments. */
    private static final class Recorder implements CompactionAttempt.Listener {
        CompactionProgress progress;
        private int left;

        Recorder(CompactionProgress from, int left) {
            this.progress = from;
            this.left = left;
        }

        @Override
        public void ranges(List<KeyRange> ranges) {
            progress = progress.withRanges(ranges);
        }

        @Override
        public void finished(CompactionSegment segment) throws IOException {
            if (left-- == 0) {
                throw new StoreException(Kind.REMOTE, "test.died", "the attempt ends here");
            }
            progress = progress.with(segment);
        }
    }

    @Test
    void shouldTellEachSegmentAndAdoptAllOfThem() throws Exception {
        CompactionJob job = randomJob(new Random(1), 3);
        Recorder first = new Recorder(CompactionProgress.NONE, Integer.MAX_VALUE);
        CompactionResult whole = run(job, first, "worker-1");
        assertThat(first.progress.ranges()).hasSize(3);
        assertThat(whole.outputs().size()).isGreaterThan(6);
        assertThat(first.progress.segments().stream()
                        .map(CompactionSegment::output)
                        .filter(output -> output != null))
                .containsExactlyInAnyOrderElementsOf(whole.outputs());
        List<String> expected = new Inputs(memory).entries(whole.outputs());

        Recorder second = new Recorder(first.progress, Integer.MAX_VALUE);
        CompactionResult adopted = run(job, second, "worker-2");
        assertThat(adopted.attempt()).isEqualTo(2);
        assertThat(adopted.builder()).isEqualTo("worker-2");
        assertThat(adopted.outputs())
                .allSatisfy(output -> assertThat(output.builder()).isEqualTo("worker-1"))
                .allSatisfy(output -> assertThat(output.path()).startsWith("owner-1/job-compaction-5/attempt-2/"));
        assertThat(adopted.inputEntries()).isEqualTo(whole.inputEntries());
        assertThat(adopted.statistics())
                .containsEntry("adopted_bytes", whole.outputSize())
                .containsEntry("bytes_written", 0L);
        assertThat(new Inputs(memory).entries(adopted.outputs())).isEqualTo(expected);
        assertThat(new CompactionVerifier(memory).verify(job, adopted, true)).hasSameSizeAs(whole.outputs());
        assertThat(memory.list("owner-1/job-compaction-5/attempt-1")).isEmpty();
        assertThat(second.progress.outputSize()).isEqualTo(whole.outputSize());
    }

    @Test
    void shouldComeToTheSameWhereverAttemptsEnd() throws Exception {
        long seed = System.nanoTime();
        for (int i = 0; i < 25; i++) {
            comesToTheSame(new Random(seed + i), "seed " + (seed + i));
        }
    }

    private void comesToTheSame(Random random, String what) throws Exception {
        int subcompactions = 1 + random.nextInt(3);
        CompactionJob job = randomJob(random, subcompactions);
        CompactionResult whole = run(job, CompactionAttempt.Listener.NONE, "local");
        List<String> expected = new Inputs(memory).entries(whole.outputs());

        CompactionProgress progress = CompactionProgress.NONE;
        CompactionResult resumed = null;
        for (int attempt = 2; resumed == null; attempt++) {
            // Those adopted are told too, so each attempt gets a little further than the one before.
            Recorder recorder = new Recorder(progress, progress.segments().size() + random.nextInt(3));
            try {
                resumed = run(job, recorder, "worker-" + attempt);
            } catch (StoreException died) {
                assertThat(died.code()).as(what).isEqualTo("test.died");
            }
            progress = recorder.progress;
        }
        assertThat(new Inputs(memory).entries(resumed.outputs())).as(what).isEqualTo(expected);
        assertThat(resumed.outputs()).as(what).hasSameSizeAs(whole.outputs());
        assertThat(resumed.outputs().stream().map(output -> output.file().largest()))
                .as(what)
                .containsExactlyElementsOf(whole.outputs().stream()
                        .map(output -> output.file().largest())
                        .toList());
        assertThat(resumed.inputEntries()).as(what).isEqualTo(whole.inputEntries());
        for (String counter : List.of(
                "input_deletions",
                "dropped_hidden",
                "dropped_obsolete",
                "dropped_by_filter",
                "dropped_by_range_deletion",
                "single_delete_mismatches",
                "merged_operands",
                "subcompactions")) {
            assertThat(resumed.statistics().get(counter))
                    .as(what + ", " + counter)
                    .isEqualTo(whole.statistics().get(counter));
        }
        assertThat(asked(resumed)).as(what).isEqualTo(asked(whole));
        new CompactionVerifier(memory).verify(job, resumed, true);
        new CompactionVerifier(memory).verify(job, whole, true);
        storage.deleteRecursively("owner-1");
    }

    @Test
    void shouldMakeAgainWhatIsLost() throws Exception {
        CompactionJob job = randomJob(new Random(2), 2);
        Recorder first = new Recorder(CompactionProgress.NONE, Integer.MAX_VALUE);
        CompactionResult whole = run(job, first, "worker-1");
        List<String> expected = new Inputs(memory).entries(whole.outputs());
        memory.delete(whole.outputs().get(1).path());
        CompactionResult again = run(job, new Recorder(first.progress, Integer.MAX_VALUE), "worker-2");
        assertThat(new Inputs(memory).entries(again.outputs())).isEqualTo(expected);
        assertThat(again.inputEntries()).isEqualTo(whole.inputEntries());
        assertThat(again.outputs().get(0).builder()).isEqualTo("worker-1");
        assertThat(again.outputs().get(1).builder()).isEqualTo("worker-2");
        new CompactionVerifier(memory).verify(job, again, true);
    }

    @Test
    void shouldCopyWhatItCannotRename() throws Exception {
        CompactionJob job = randomJob(new Random(3), 1);
        Recorder first = new Recorder(CompactionProgress.NONE, 3);
        assertThatThrownBy(() -> run(job, first, "worker-1")).hasMessageContaining("test.died");
        storage.failWhen(call -> call.operation() == Operation.RENAME, Fault.CROSS_DEVICE);
        CompactionResult result = run(job, new Recorder(first.progress, Integer.MAX_VALUE), "worker-2");
        assertThat(result.statistics().get("adopted_bytes")).isEqualTo(first.progress.outputSize());
        new CompactionVerifier(memory).verify(job, result, true);
        assertThat(memory.list("owner-1/job-compaction-5/attempt-1")).hasSize(1); // the fourth, which nobody heard of
    }

    @Test
    void shouldRefuseProgressThatLeadsElsewhere() throws Exception {
        CompactionJob job = randomJob(new Random(4), 2);
        Recorder recorder = new Recorder(CompactionProgress.NONE, Integer.MAX_VALUE);
        run(job, recorder, "worker-1");
        CompactionProgress good = recorder.progress;
        CompactionSegment segment = good.segments().get(0);
        CompactionResult.Output output = Objects.requireNonNull(segment.output());
        for (String path : List.of(
                "000010.sst",
                "owner-1/job-compaction-6/attempt-1/000001.sst",
                "owner-1/job-compaction-5/attempt-1/../../000001.sst",
                "owner-1/job-compaction-5/attempt-9/000001.sst",
                "owner-1/job-compaction-5/attempt-99999999999/000001.sst",
                "owner-1/job-compaction-5/attempt-1/000077.sst")) {
            CompactionResult.Output elsewhere = new CompactionResult.Output(
                    path, output.file(), output.crc32c(), output.entries(), output.builder());
            refuse(job, 9, good.with(with(segment, segment.range(), elsewhere)));
        }
        CompactionResult.Output numbered =
                new CompactionResult.Output(output.path(), output.file().withNumber(1L << 40), 0, 1, "worker-1");
        refuse(job, 9, good.with(with(segment, segment.range(), numbered)));
        Slice middle = Objects.requireNonNull(good.ranges().get(0).end());
        refuse(job, 9, new CompactionProgress(List.of(new KeyRange(null, middle)), good.segments()));
        refuse(job, 9, new CompactionProgress(List.of(KeyRange.ALL, KeyRange.ALL), List.of()));
        refuse(job, 9, new CompactionProgress(List.of(), good.segments()));
        refuse(job, 9, good.with(with(segment, new KeyRange(Slice.utf8("nowhere"), middle), output)));
        refuse(
                job,
                9,
                new CompactionProgress(
                        good.ranges(), List.of(with(segment, new KeyRange(null, Slice.utf8("zzz")), output))));
    }

    @Test
    void shouldMakeNoDirectory() throws Exception {
        CompactionJob job = randomJob(new Random(5), 1);
        CompactionAttempt attempt = new CompactionAttempt(
                place("worker-1"), job, 1, CompactionProgress.NONE, CompactionAttempt.Listener.NONE);
        assertThatThrownBy(attempt::run)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND));
        storage.rename("owner-1", "deposed-1");
        assertThatThrownBy(() -> CompactionAttempt.createDirectory(storage, job))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND));
    }

    @Test
    void shouldEndByTheFirstFailureAndTellHowFarItWas() throws Exception {
        CompactionJob job = randomJob(new Random(6), 3);
        int number = CompactionAttempt.createDirectory(storage, job);
        CompactionAttempt attempt = new CompactionAttempt(
                place("worker-1"), job, number, CompactionProgress.NONE, CompactionAttempt.Listener.NONE);
        assertThat(attempt.counts()).isEqualTo(new CompactionCounts(0, 0, 0, 0));
        storage.failWhen(
                call -> call.operation() == Operation.SYNC && call.name().endsWith("000005.sst"), Fault.NO_SPACE);
        assertThatThrownBy(attempt::run)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NO_SPACE));
        assertThat(attempt.counts().bytesRead()).isPositive();
        assertThat(attempt.counts().bytesWritten()).isPositive();
        storage.heal();

        CompactionAttempt aborted = new CompactionAttempt(
                place("worker-1"),
                job,
                CompactionAttempt.createDirectory(storage, job),
                CompactionProgress.NONE,
                CompactionAttempt.Listener.NONE);
        aborted.abort(new StoreException(Kind.TIMED_OUT, "test.late", "too late"));
        aborted.abort(new StoreException(Kind.CLOSED, "test.closed", "a second reason"));
        assertThatThrownBy(aborted::run).hasMessageContaining("test.late");
    }

    @Test
    void shouldRefuseAFiltersStateThatNobodyCanMakeAFilterOf() throws Exception {
        CompactionJob job = randomJob(new Random(7), 1);
        CompactionJob strange = new CompactionJob(
                job.id(),
                job.columnFamilyName(),
                job.compaction(),
                job.snapshots(),
                job.epochNumber(),
                job.tableOptions(),
                new CountingFilters('7'),
                Slice.utf8("strange"),
                job.identity(),
                job.storageUri(),
                job.ownerDirectory());
        assertThatThrownBy(() -> run(strange, CompactionAttempt.Listener.NONE, "worker-1"))
                .hasMessageContaining("test.state");
        assertThatThrownBy(() -> new CompactionJob(
                        job.id(),
                        job.columnFamilyName(),
                        job.compaction(),
                        job.snapshots(),
                        job.epochNumber(),
                        job.tableOptions(),
                        null,
                        Slice.utf8("x"),
                        job.identity(),
                        job.storageUri(),
                        job.ownerDirectory()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("factory none");
    }

    private void refuse(CompactionJob job, int number, CompactionProgress progress) {
        CompactionAttempt attempt =
                new CompactionAttempt(place("worker-9"), job, number, progress, CompactionAttempt.Listener.NONE);
        assertThatThrownBy(attempt::run)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("compaction.progress"));
    }

    private static CompactionSegment with(CompactionSegment segment, KeyRange range, CompactionResult.Output output) {
        return new CompactionSegment(
                range, output, segment.inputEntries(), segment.statistics(), segment.filterReport());
    }

    private static long asked(CompactionResult result) {
        return result.filterReports().stream()
                .mapToLong(report -> ByteBuffer.wrap(report.toByteArray()).getLong())
                .sum();
    }

    private CompactionResult run(CompactionJob job, CompactionAttempt.Listener listener, String builder)
            throws IOException {
        int number = CompactionAttempt.createDirectory(storage, job);
        CompactionProgress from = listener instanceof Recorder recorder ? recorder.progress : CompactionProgress.NONE;
        return new CompactionAttempt(place(builder), job, number, from, listener).run();
    }

    private Place place(String builder) {
        return new Place(storage, threads, limiter, System::nanoTime, "host-of-" + builder, builder);
    }

    /** A job of several hundred entries of all kinds, with a filter, into a level above another. */
    private CompactionJob randomJob(Random random, int subcompactions) throws IOException {
        Inputs inputs = new Inputs(memory);
        inputs.nextNumber = nextNumber;
        nextNumber += 10;
        inputs.options = Inputs.OPTIONS.withMergeOperator(MergeOperators.stringAppend());
        inputs.filters = new CountingFilters('7');
        long sequence = 1;
        for (int level : new int[] {3, 1, 0, 0}) {
            List<String> entries = new ArrayList<>();
            for (int i = 0; i < KEYS; i++) {
                String key = String.format("key%04d", random.nextInt(KEYS));
                int kind = random.nextInt(20);
                String value = Long.toHexString(random.nextLong()) + random.nextInt(100_000);
                entries.add(
                        kind < 3
                                ? key + "@" + sequence + "-"
                                : kind < 7 ? key + "@" + sequence + "+" + value : key + "@" + sequence + "=" + value);
                sequence++;
            }
            if (level < 3) {
                int at = random.nextInt(KEYS - 50);
                entries.add(String.format("key%04d@%d~key%04d", at, sequence++, at + 1 + random.nextInt(40)));
            }
            inputs.table(level, entries.toArray(new String[0]));
        }
        if (random.nextBoolean()) {
            inputs.levels.get(3).clear();
        }
        CompactionSettings settings = new CompactionSettings(
                7, 4, 20, 36, 100, 10, false, 1024, 1, 1 << 20, 0, 0, false, CompactionPriority.MIN_OVERLAPPING_RATIO);
        List<Long> snapshots = random.nextBoolean() ? List.of() : List.of(sequence / 3, sequence / 2);
        return inputs.job(0, settings, subcompactions, snapshots);
    }
}
