// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.document.ErrorDocument;
import io.sluice.compaction.document.FilterDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.JobName;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Progress.State;
import io.sluice.compaction.document.ResultDocument;
import io.sluice.compaction.document.ResultFile;
import io.sluice.compaction.plugin.TestPlugIns;
import io.sluice.store.base.Slice;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionProgress;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.compaction.CompactionVerifier;
import io.sluice.store.manifest.FileNames;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attempts in processes of their own, and plug-ins that end these. */
@Timeout(120)
class ChildExecutionTest extends WorkerScenario {
    /** What the plug-in does at a key in the middle; outputs before it are finished by then. */
    private static final String AT_KEY = "if (name.equals(\"key06000\")) { %s }";

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private Path jars = Path.of("");
    private Path work = Path.of("");

    @BeforeEach
    void createDirectories() throws IOException {
        jars = Files.createDirectory(temporary.resolve("plug-ins"));
        work = temporary.resolve("work");
    }

    private WorkerSettings.Builder processes() {
        return settings().children(ChildForTests.starter(jars)).workRoot(work);
    }

    private void plugIn(String instance, String statements) throws IOException {
        TestPlugIns.jar("!", statements)
                .write(Files.createDirectories(jars.resolve(instance)).resolve("p.jar"));
    }

    /** The next attempt at a job with the plug-in's filter. */
    private static JobDocument filtered(TestStore store, CompactionJob job, CompactionProgress progress)
            throws IOException {
        return withFilter(
                store.attempt(job, progress),
                new FilterDocument(TestPlugIns.MARKS, Slice.wrap("state".getBytes(UTF_8))));
    }

    private static JobDocument withFilter(JobDocument job, FilterDocument filter) {
        return new JobDocument(
                job.version(),
                job.codeVersion(),
                job.hoster(),
                job.job(),
                job.attempt(),
                job.timeoutMs(),
                job.storageUri(),
                job.columnFamily(),
                job.compaction(),
                job.snapshots(),
                job.epochNumber(),
                job.options(),
                filter,
                job.identity(),
                job.ranges(),
                job.segments());
    }

    private static String untilThereIs(Path file) {
        return "while (!new java.io.File(\"" + file + "\").exists()) { Thread.onSpinWait(); }";
    }

    private static List<ProcessHandle> children() {
        return ProcessHandle.current().children().toList();
    }

    private static ErrorDocument error(Progress end) {
        assertThat(end.state()).isEqualTo(State.FAILED);
        return Objects.requireNonNull(end.error());
    }

    @Test
    @Tag("B30")
    void shouldCompactInAProcessOfItsOwnAndTellOfEachOutput() throws Exception {
        Path go = temporary.resolve("go");
        plugIn("instance", AT_KEY.formatted(untilThereIs(go)));
        TestStore store = store("db");
        CompactionWorker worker = start(processes());
        Client client = new Client(worker.url());
        CompactionJob job = store.job(1, 8, 1);
        String token =
                client.submit(filtered(store, job, CompactionProgress.NONE)).token();
        Progress first = client.await(token, 0);
        assertThat(first.segments()).as("before the end").isNotEmpty();
        assertThat(first.state()).isEqualTo(State.RUNNING);
        assertThat(client.probe(token).bytesRead()).isPositive();
        List<ProcessHandle> processes = children();
        assertThat(processes).hasSize(1);
        Files.createFile(go);
        Progress end = client.awaitEnd(token);
        assertThat(end.state()).as("%s", end.error()).isEqualTo(State.FINISHED);
        ResultDocument result = Objects.requireNonNull(end.result());
        CompactionResult made = result.compactionResult();
        assertThat(made.builder()).isEqualTo("w1");
        assertThat(made.filterReports()).isNotEmpty();
        assertThat(store.entries(made.outputs()))
                .hasSize(TestStore.KEYS)
                .containsEntry(TestStore.key(17), TestStore.value(17) + "!state")
                .containsEntry(TestStore.key(18), TestStore.value(18));
        new CompactionVerifier(store.storage).verify(job, made, true);
        assertThat(ResultFile.read(store.storage, JobName.of(job.id()), 1)).isEqualTo(result);
        await().atMost(LIMIT).until(() -> !processes.get(0).isAlive());
        await().atMost(LIMIT).until(() -> worker.status().finished() == 1);
    }

    @ParameterizedTest
    @Tag("B30")
    @CsvSource(
            delimiter = '|',
            value = {
                "System.exit(0);|with exit code 0",
                "Runtime.getRuntime().halt(7);|with exit code 7",
                "long[][] all = new long[1 << 20][]; for (int i = 0; i < all.length; i++) { all[i] = new long[1 << 16]; }"
                        + "|OutOfMemoryError",
                "try { new ProcessBuilder(\"kill\", \"-9\", \"\" + ProcessHandle.current().pid()).start().waitFor(); }"
                        + " catch (Exception e) { throw new IllegalStateException(e); }|by signal 9"
            })
    void shouldLoseNoMoreThanTheAttemptWhereItsProcessDies(String statements, String told) throws Exception {
        Path go = temporary.resolve("go");
        plugIn("instance", AT_KEY.formatted(untilThereIs(go) + statements));
        TestStore store = store("db");
        CompactionWorker worker = start(processes());
        Client client = new Client(worker.url());
        CompactionJob job = store.job(1, 8, 1);
        String token =
                client.submit(filtered(store, job, CompactionProgress.NONE)).token();
        client.await(token, 0);
        Files.createFile(go);
        Progress end = client.awaitEnd(token);
        assertThat(error(end).code()).isEqualTo("compaction.child.died");
        assertThat(error(end).message()).contains(told);
        assertThat(error(end).retryable()).isTrue();
        Progress reached = client.probe(token);
        List<String> finished = reached.segments().stream()
                .map(segment -> Objects.requireNonNull(segment.output()).file().number())
                .map(FileNames::table)
                .toList();
        assertThat(finished).isNotEmpty();
        assertThat(store.storage.list(job.attemptDirectory(1)))
                .as("what another attempt can adopt, and nothing that was not finished")
                .containsExactlyInAnyOrderElementsOf(finished);

        plugIn("instance", "");
        CompactionProgress recorded = new CompactionProgress(
                reached.keyRanges(),
                reached.segments().stream()
                        .map(segment -> segment.segment(JobName.of(job.id())))
                        .toList());
        Progress next =
                client.awaitEnd(client.submit(filtered(store, job, recorded)).token());
        assertThat(next.state()).as("%s", next.error()).isEqualTo(State.FINISHED);
        assertThat(store.entries(
                        Objects.requireNonNull(next.result()).compactionResult().outputs()))
                .hasSize(TestStore.KEYS)
                .containsEntry(TestStore.key(7997), TestStore.value(7997) + "!state");
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
    }

    @Test
    @Tag("B30")
    void shouldEndTheProcessOfAnAttemptThatIsStoppedWhateverItDoes() throws Exception {
        plugIn("instance", AT_KEY.formatted("while (true) { Thread.onSpinWait(); }"));
        TestStore store = store("db");
        CompactionWorker worker = start(processes());
        Client client = new Client(worker.url());
        String token = client.submit(filtered(store, store.job(1, 8, 1), CompactionProgress.NONE))
                .token();
        client.await(token, 0);
        List<ProcessHandle> processes = children();
        assertThat(processes).hasSize(1);
        client.shutdown(token);
        assertThat(error(client.awaitEnd(token)).code()).isEqualTo("compaction.worker.stopped");
        assertThat(processes.get(0).isAlive()).isFalse();
        await().atMost(LIMIT).until(() -> worker.status().running() == 0);
    }

    @Test
    @Tag("B30")
    void shouldEndTheProcessOfAnAttemptWhereTheWorkerIsKilled() throws Exception {
        plugIn("instance", AT_KEY.formatted("while (true) { Thread.onSpinWait(); }"));
        TestStore store = store("db");
        Process worker = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        WorkerForTests.class.getName(),
                        root.toString(),
                        jars.toString())
                .redirectError(temporary.resolve("worker.log").toFile())
                .start();
        try (BufferedReader out = worker.inputReader()) {
            Client client = new Client(out.readLine());
            String token = client.submit(filtered(store, store.job(1, 8, 1), CompactionProgress.NONE))
                    .token();
            client.await(token, 0);
            List<ProcessHandle> processes = worker.descendants().toList();
            assertThat(processes).hasSize(1);
            worker.toHandle().destroyForcibly();
            await().atMost(LIMIT).until(() -> !processes.get(0).isAlive());
        } finally {
            worker.destroyForcibly().waitFor();
        }
    }

    @Test
    void shouldTellWhereAProcessCannotStart() throws Exception {
        TestStore store = store("db");
        Client client = new Client(start(settings()
                        .children((log, directory) -> new ProcessBuilder(
                                        Path.of(System.getProperty("java.home"), "bin", "java")
                                                .toString(),
                                        "-XX:NoSuchFlag")
                                .redirectError(log.toFile())
                                .start())
                        .workRoot(work))
                .url());
        String token = client.submit(store.attempt(store.job(1, 1, 1), CompactionProgress.NONE))
                .token();
        assertThat(error(client.awaitEnd(token)).message()).contains("with exit code 1", "NoSuchFlag");
    }

    @Test
    void shouldNotBelieveWhatIsNoWordOfTheAttempts() throws Exception {
        TestStore store = store("db");
        Client client = new Client(start(settings()
                        .children((log, directory) -> new ProcessBuilder("cat", "/dev/zero")
                                .redirectError(log.toFile())
                                .start())
                        .workRoot(work))
                .url());
        String token = client.submit(store.attempt(store.job(1, 1, 1), CompactionProgress.NONE))
                .token();
        assertThat(error(client.awaitEnd(token)).code()).startsWith("compaction.");
        assertThat(children()).isEmpty();
    }

    @ParameterizedTest
    @Tag("B59")
    @CsvSource({"true", "false"})
    void shouldDeleteOrKeepWhatAProcessLeaves(boolean deletes) throws Exception {
        Path go = temporary.resolve("go");
        plugIn(
                "instance",
                AT_KEY.formatted(
                        "System.err.println(\"what it said\"); System.out.println(\"noise\");" + untilThereIs(go)));
        TestStore store = store("db");
        CompactionWorker worker =
                start(processes().deleteWorkFiles(deletes).maxParallel(1).maxWaiting(0));
        Client client = new Client(worker.url());
        String token = client.submit(filtered(store, store.job(1, 2, 1), CompactionProgress.NONE))
                .token();
        JobDocument rejected = store.attempt(store.job(2, 2, 1), CompactionProgress.NONE);
        assertThat(client.trySubmit(rejected).statusCode()).isEqualTo(503);
        Files.createFile(go);
        assertThat(client.awaitEnd(token).state()).isEqualTo(State.FINISHED);
        await().atMost(LIMIT).until(() -> worker.status().running() == 0);
        List<String> left = files(work.resolve("instance"));
        if (deletes) {
            assertThat(left).isEmpty();
        } else {
            String directory = "1-1-1-" + token;
            assertThat(left).containsExactlyInAnyOrder(directory + "/LOG", directory + "/LOG.child");
            assertThat(Files.readString(
                            work.resolve("instance").resolve(directory).resolve("LOG.child")))
                    .contains("what it said", "noise");
        }
        assertThat(store.storage.list("owner-1/job-compaction-2/attempt-1"))
                .as("what a rejected job leaves")
                .isEmpty();
    }

    private static List<String> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> directory.relativize(file).toString())
                    .toList();
        }
    }
}
