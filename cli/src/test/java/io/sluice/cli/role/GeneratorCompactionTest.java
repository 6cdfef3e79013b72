// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import static io.sluice.cli.SluiceProcess.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.cli.SluiceProcess;
import io.sluice.testkit.process.TestProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A generator and a compaction worker, each a JVM of its own, and the file that tells the one of the other. */
class GeneratorCompactionTest {
    @TempDir
    private Path directory;

    private TestProcess startWorker() throws IOException {
        return SluiceProcess.of("worker", "--name=c1", "--http=127.0.0.1:0", "--storage-roots=" + directory)
                .start();
    }

    /** Writes the file for a worker that serves. */
    private Path configuration(TestProcess worker) throws Exception {
        String url = worker.awaitOut("ready c1 (http://127\\.0\\.0\\.1:[0-9]+)", LIMIT)
                .group(1);
        return Files.writeString(
                directory.resolve("deployment.yaml"),
                "Generator: {g1: {class: Generator, params: {column_families: 1, write_buffer_size: 1MiB}}}\n"
                        + "CompactionExecutorFactory: {dc: {class: DcompactEtcd, params: {dcompact_min_level: 0,"
                        + " http_workers: ['" + url + "']}}}\n");
    }

    private TestProcess startGenerator(Path file, String... args) throws IOException {
        return SluiceProcess.of("generator", "--config=" + file, "--db=" + directory.resolve("db"), "--json")
                .args(args)
                .start();
    }

    @Test
    void shouldCompactWhereTheFileSays() throws Exception {
        try (TestProcess worker = startWorker()) {
            Path file = configuration(worker);
            try (TestProcess generator = startGenerator(file, "--num=40000")) {
                assertThat(generator.awaitExit(LIMIT)).as(generator.toString()).isZero();
                JsonNode report = new ObjectMapper().readTree(generator.out());
                assertThat(report.get("compactions").get("c1").longValue()).isPositive();
                assertThat(report.get("compactions").has("local")).isFalse();
                assertThat(report.get("sst_builders").has("c1")).isTrue();
                assertThat(report.get("verified").longValue()).isEqualTo(40000);
            }
            try (TestProcess wrong = startGenerator(file, "--compaction-executor=other")) {
                assertThat(wrong.awaitExit(LIMIT)).isEqualTo(2);
                assertThat(wrong.err()).contains("deployment.yaml: CompactionExecutorFactory.other: missing");
            }
        }
    }

    @Test
    void shouldLeaveNothingOfAKilledStoresJobs() throws Exception {
        Path db = directory.resolve("db");
        try (TestProcess worker = startWorker()) {
            Path file = configuration(worker);
            try (TestProcess generator = startGenerator(file, "--num=100000000")) {
                await().pollInterval(Duration.ofMillis(5)).atMost(LIMIT).until(() -> outputs(db) > 0);
                generator.kill();
            }
            try (TestProcess again = startGenerator(file, "--num=40000")) {
                assertThat(again.awaitExit(LIMIT)).as(again.toString()).isZero();
            }
            assertThat(names(db)).noneMatch(name -> name.startsWith("deposed-"));
            List<String> owners =
                    names(db).stream().filter(name -> name.startsWith("owner-")).toList();
            assertThat(owners).containsExactly("owner-2");
            assertThat(names(db.resolve("owner-2"))).isEmpty();
        }
    }

    /** Files of attempts that are under way. */
    private static long outputs(Path db) {
        try (Stream<Path> files = Files.walk(db)) {
            return files.filter(file -> file.toString().matches(".*/attempt-[0-9]+/[^/]+"))
                    .count();
        } catch (UncheckedIOException | NoSuchFileException e) {
            return 0; // what was there has just gone
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
