// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.store.job.TableVerifier;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.RateLimiter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LocalCompactionExecutorTest {
    private final MemoryStorage storage = new MemoryStorage("compaction");
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final RateLimiter limiter = new RateLimiter(0, System::nanoTime);
    private final CompactionSettings settings = Levels.settings(false, 100);
    private Inputs inputs;
    private LocalCompactionExecutor executor;

    @BeforeEach
    void open() throws IOException {
        inputs = new Inputs(storage);
        executor = new LocalCompactionExecutor(storage, threads, threads, limiter, System::nanoTime, "host");
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
    }

    @Test
    void shouldKeepTheNewestOfEachKeyAndDropDeletionsAtTheBottom() throws Exception {
        inputs.table(1, "a@1=old", "b@2=old", "d@3=alone");
        inputs.table(0, "a@10=new", "b@11-", "c@12-");
        assertThat(entries(job(1, List.of()))).containsExactly("a@0=new", "d@0=alone");
    }

    @Test
    void shouldKeepDeletionsThatHideSomethingBelow() throws Exception {
        inputs.table(3, "b@1=bottom", "x@2=bottom");
        inputs.table(0, "a@10-", "b@11-", "b@9=hidden", "x@12=new");
        inputs.levels.get(1).clear();
        assertThat(entries(job(1, List.of()))).containsExactly("b@11-", "x@12=new");
    }

    @Test
    void shouldKeepWhatSnapshotsSee() throws Exception {
        inputs.table(1, "a@1=first", "b@2=first");
        inputs.table(0, "a@10=second", "b@11-");
        assertThat(entries(job(1, List.of(5L)))).containsExactly("a@10=second", "a@0=first", "b@11-", "b@0=first");
    }

    @Test
    void shouldDropWhatARangeDeletionCoversAndKeepIt() throws Exception {
        inputs.table(1, "a@1=x", "b@2=x", "c@3=x", "d@4=x");
        inputs.table(3, "c@0=bottom");
        inputs.table(0, "b@10~d", "c@11=new");
        CompactionJob job = job(1, List.of());
        CompactionResult result = run(job);
        assertThat(inputs.entries(result.outputs())).containsExactly("a@1=x", "c@11=new", "d@4=x", "b@10~d");
        assertThat(new CompactionVerifier(storage).verify(job, result, true)).hasSize(1);
    }

    @Test
    void shouldDropARangeDeletionAtTheBottom() throws Exception {
        inputs.table(1, "a@1=x", "b@2=x", "c@3=x");
        inputs.table(0, "b@10~d");
        assertThat(entries(job(1, List.of()))).containsExactly("a@0=x");
    }

    @Test
    void shouldKeepARangeDeletionForASnapshot() throws Exception {
        inputs.table(1, "b@2=x");
        inputs.table(0, "b@10~d");
        assertThat(entries(job(1, List.of(5L)))).containsExactly("b@0=x", "b@10~d");
    }

    @Test
    void shouldWriteAFileOfRangeDeletionsAlone() throws Exception {
        inputs.table(0, "b@10~d");
        inputs.table(1, "b@2=x");
        inputs.table(3, "b@1=x");
        CompactionJob job = job(1, List.of());
        CompactionResult result = run(job);
        assertThat(inputs.entries(result.outputs())).containsExactly("b@10~d");
        assertThat(new CompactionVerifier(storage).verify(job, result, true)).hasSize(1);
    }

    @Test
    void shouldCutRangeDeletionsWithTheFiles() throws Exception {
        fill(new Random(5));
        inputs.table(3, "key0000@0=x", "key0999@0=x");
        inputs.table(0, "key0100@90000~key0900");
        for (int subcompactions : new int[] {1, 4}) {
            CompactionJob job = job(subcompactions, List.of(89999L));
            CompactionResult result = run(job);
            assertThat(result.outputs().size()).isGreaterThan(2);
            assertThat(new CompactionVerifier(storage).verify(job, result, true))
                    .hasSameSizeAs(result.outputs());
            String next = "key0100";
            for (String entry : inputs.entries(result.outputs())) {
                int tilde = entry.indexOf('~');
                if (tilde > 0) {
                    assertThat(entry.substring(0, entry.indexOf('@'))).isEqualTo(next);
                    next = entry.substring(tilde + 1);
                }
            }
            assertThat(next).isEqualTo("key0900");
        }
    }

    @Test
    void shouldLeaveNothingWhereNothingIsLeft() throws Exception {
        inputs.table(1, "a@1=x");
        inputs.table(0, "a@10-");
        CompactionResult result = run(job(1, List.of()));
        assertThat(result.outputs()).isEmpty();
        assertThat(new CompactionVerifier(storage).verify(job(1, List.of()), result, true))
                .isEmpty();
    }

    @Test
    void shouldGiveTheSameWhateverTheRangesAre() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Map<String, String> model = fill(random);
        List<String> expected = model.entrySet().stream()
                .map(e -> e.getKey() + "@0=" + e.getValue())
                .toList();
        for (int subcompactions : new int[] {1, 2, 5}) {
            CompactionJob job = job(subcompactions, List.of());
            CompactionResult result = run(job);
            assertThat(inputs.entries(result.outputs())).as("seed " + seed).isEqualTo(expected);
            assertThat(result.inputEntries()).isEqualTo(4000);
            assertThat(result.statistics().get("subcompactions"))
                    .as("seed " + seed)
                    .isBetween((long) Math.min(2, subcompactions), (long) subcompactions);
            List<TableVerifier.Verified> verified = new CompactionVerifier(storage).verify(job, result, true);
            assertThat(verified).hasSameSizeAs(result.outputs());
            assertThat(verified.get(0).file().crc32c()).isPresent();
        }
    }

    @Test
    void shouldSplitFilesThatAllReachOverTheWholeRange() throws Exception {
        fill(new Random(6));
        inputs.levels.get(1).clear();
        CompactionResult result = run(job(4, List.of()));
        assertThat(result.statistics().get("subcompactions")).isEqualTo(4);
        long share = result.outputSize() / 4;
        assertThat(result.outputs())
                .allSatisfy(output -> assertThat(output.file().size()).isLessThan(2 * share));
    }

    @Test
    void shouldCutFilesAtTheirTargetSize() throws Exception {
        fill(new Random(1));
        CompactionResult result = run(job(1, List.of()));
        assertThat(result.outputs().size()).isGreaterThan(3);
        for (CompactionResult.Output output :
                result.outputs().subList(0, result.outputs().size() - 1)) {
            assertThat(output.file().size()).isBetween(4096L, 4096L * 2);
        }
    }

    @Test
    void shouldNotOverlapTooMuchOfTheLevelBelow() throws Exception {
        for (int i = 0; i < 40; i++) {
            inputs.table(2, String.format("k%02d@1=%s", i, "x".repeat(3000)), String.format("k%02d~@2=y", i));
        }
        List<String> sparse = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            sparse.add(String.format("k%02d+@%d=v", i, 100 + i));
        }
        inputs.table(0, sparse.toArray(new String[0]));
        CompactionSettings narrow = new CompactionSettings(
                7, 4, 20, 36, 100, 10, false, 1 << 20, 1, 4500, 0, 0, false, CompactionPriority.MIN_OVERLAPPING_RATIO);
        CompactionJob job = inputs.job(0, narrow, 1, List.of());
        CompactionResult result = run(job);
        assertThat(result.outputs().size()).isGreaterThan(10);
        FileRanges ranges = new FileRanges(inputs.version());
        for (CompactionResult.Output output : result.outputs()) {
            List<FileMetadata> below = ranges.overlapping(2, ranges.of(List.of(output.file())));
            assertThat(FileRanges.size(below)).isLessThan(3 * 4500);
        }
    }

    @Test
    void shouldRefuseAResultThatIsNotTheJobs() throws Exception {
        fill(new Random(2));
        CompactionJob job = job(1, List.of());
        CompactionResult good = run(job);
        refuse(job, good, r -> r.withId(new CompactionJobId("db", 1, 6)), "job");
        refuse(
                job,
                good,
                r -> r.withOutputs(List.of(good.outputs().get(1), good.outputs().get(0))),
                "first key");
        CompactionResult.Output first = good.outputs().get(0);
        refuse(
                job,
                good,
                r -> r.withOutput(
                        0, new CompactionResult.Output("000010.sst", first.file(), 0, first.entries(), "local")),
                "path");
        refuse(
                job,
                good,
                r -> r.withOutput(
                        0,
                        new CompactionResult.Output(
                                first.path(), first.file(), first.crc32c(), first.entries() - 1, "local")),
                "entries in the properties");
        refuse(
                job,
                good,
                r -> r.withOutput(
                        0,
                        new CompactionResult.Output(
                                first.path(), first.file(), first.crc32c() ^ 1, first.entries(), "local")),
                "CRC32C read back");
        refuse(
                job,
                good,
                r -> r.withOutput(
                        0,
                        new CompactionResult.Output(
                                first.path(),
                                first.file().withEpochNumber(99),
                                first.crc32c(),
                                first.entries(),
                                "local")),
                "epoch number");
    }

    @Test
    void shouldEndSoonWhereNobodyWantsTheResult() throws Exception {
        fill(new Random(3));
        limiter.bytesPerSecond(1024); // so that it would take a minute
        CompactionExecutor.Running running = executor.start(job(1, List.of()));
        running.abort();
        limiter.close();
        assertThatThrownBy(() -> running.result().get(10, TimeUnit.SECONDS)).hasMessageContaining("compaction.aborted");
        assertThat(storage.exists("owner-1/job-compaction-5/attempt-1")).isFalse();
    }

    @Test
    void shouldEndWhenItIsClosed() throws Exception {
        fill(new Random(4));
        executor.close();
        assertThatThrownBy(() -> executor.start(job(3, List.of())).result().get(10, TimeUnit.SECONDS))
                .hasMessageContaining("compaction.closed");
    }

    @Test
    void shouldWaitForItsRangesWhereItIsInterrupted() throws Exception {
        fill(new Random(7));
        AtomicReference<Thread> runner = new AtomicReference<>();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        FaultInjectingStorage slow = new FaultInjectingStorage(storage);
        slow.plan(call -> {
            if (call.operation() == FaultInjectingStorage.Operation.CREATE && Thread.currentThread() != runner.get()) {
                begun.countDown();
                awaitUnchecked(gate);
            }
            return null;
        });
        Executor jobs = job -> threads.execute(() -> {
            runner.set(Thread.currentThread());
            job.run();
        });
        CompletableFuture<CompactionResult> result = new LocalCompactionExecutor(
                        slow, jobs, threads, limiter, System::nanoTime, "host")
                .start(job(4, List.of()))
                .result();
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        Thread interrupted = Objects.requireNonNull(runner.get());
        await().until(() -> interrupted.getState() == Thread.State.WAITING);
        interrupted.interrupt();
        await().until(() -> !interrupted.isInterrupted() && interrupted.getState() == Thread.State.WAITING);
        assertThat(result).isNotDone();
        gate.countDown();
        assertThatThrownBy(() -> result.get(20, TimeUnit.SECONDS)).hasMessageContaining("compaction.aborted");
        assertThat(storage.exists("owner-1/job-compaction-5/attempt-1")).isFalse();
    }

    private static void awaitUnchecked(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void shouldFailWhereAnInputIsDamaged() throws Exception {
        FileMetadata file = inputs.table(0, "a@1=x");
        storage.delete(io.sluice.store.manifest.FileNames.table(file.number()));
        CompletableFuture<CompactionResult> result =
                executor.start(job(1, List.of())).result();
        assertThatThrownBy(() -> result.get(10, TimeUnit.SECONDS)).hasMessageContaining("000010.sst");
    }

    /** 4,000 entries over 1,000 keys on L0 and L1; returns what is left of them. */
    private Map<String, String> fill(Random random) throws IOException {
        Map<String, String> model = new TreeMap<>();
        long sequence = 1;
        List<String> level1 = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            String key = String.format("key%04d", i);
            level1.add(key + "@" + sequence++ + "=" + random.nextInt(1 << 30));
            model.put(key, level1.get(i).substring(level1.get(i).indexOf('=') + 1));
            if (level1.size() % 100 == 0) {
                inputs.table(1, level1.subList(i / 100 * 100, i + 1).toArray(new String[0]));
            }
        }
        for (int run = 0; run < 3; run++) {
            List<String> entries = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                String key = String.format("key%04d", random.nextInt(1000));
                if (random.nextInt(4) == 0) {
                    entries.add(key + "@" + sequence++ + "-");
                    model.remove(key);
                } else {
                    String value = String.valueOf(random.nextInt(1 << 30));
                    entries.add(key + "@" + sequence++ + "=" + value);
                    model.put(key, value);
                }
            }
            inputs.table(0, entries.toArray(new String[0]));
        }
        return model;
    }

    private CompactionJob job(int subcompactions, List<Long> snapshots) throws IOException {
        CompactionSettings small = new CompactionSettings(
                7, 4, 20, 36, 100, 10, false, 4096, 1, 1 << 20, 0, 0, false, settings.compactionPriority());
        return inputs.job(0, small, subcompactions, snapshots);
    }

    private List<String> entries(CompactionJob job) throws Exception {
        return inputs.entries(run(job).outputs());
    }

    private CompactionResult run(CompactionJob job) throws Exception {
        return executor.start(job).result().get(30, TimeUnit.SECONDS);
    }

    /** A result that can be changed. */
    private record Changed(CompactionResult result) {
        Changed withId(CompactionJobId id) {
            return new Changed(new CompactionResult(
                    id,
                    result.attempt(),
                    result.outputs(),
                    result.inputEntries(),
                    result.filterReports(),
                    result.builder(),
                    result.statistics()));
        }

        Changed withOutputs(List<CompactionResult.Output> outputs) {
            return new Changed(new CompactionResult(
                    result.id(),
                    result.attempt(),
                    outputs,
                    result.inputEntries(),
                    result.filterReports(),
                    result.builder(),
                    result.statistics()));
        }

        Changed withOutput(int index, CompactionResult.Output output) {
            List<CompactionResult.Output> outputs = new ArrayList<>(result.outputs());
            outputs.set(index, output);
            return withOutputs(outputs);
        }
    }

    private void refuse(CompactionJob job, CompactionResult good, UnaryOperator<Changed> change, String field) {
        CompactionResult bad = change.apply(new Changed(good)).result();
        assertThatThrownBy(() -> new CompactionVerifier(storage).verify(job, bad, true))
                .hasMessageContaining("compaction.verify")
                .hasMessageContaining(field + ":");
    }
}
