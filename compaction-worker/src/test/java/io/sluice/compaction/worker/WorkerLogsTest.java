// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.document.Progress.State;
import io.sluice.store.compaction.CompactionProgress;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is told of jobs, and stays. */
@Timeout(120)
class WorkerLogsTest extends WorkerScenario {
    private WorkerSettings.Builder keeping() {
        return settings().workRoot(temporary.resolve("work"));
    }

    private static String text(Client client, String path) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = client.get(path);
        assertThat(answer.statusCode()).as(path).isEqualTo(200);
        assertThat(answer.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
        return new String(answer.body(), UTF_8);
    }

    private String compacted(CompactionWorker worker, TestStore store, int number) throws Exception {
        Client client = new Client(worker.url());
        long before = worker.status().finished();
        String token = client.submit(store.attempt(store.job(number, 4, 1), CompactionProgress.NONE))
                .token();
        assertThat(client.awaitEnd(token).state()).isEqualTo(State.FINISHED);
        await().atMost(Duration.ofSeconds(30)).until(() -> worker.status().finished() > before);
        return token;
    }

    private Path left(String token) throws IOException {
        try (Stream<Path> directories = Files.list(temporary.resolve("work/instance"))) {
            return directories
                    .filter(path -> path.toString().endsWith(token))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    @Tag("B56")
    void shouldShowWhatAJobDidAlsoAfterTheWorkerWasStartedAnew() throws Exception {
        TestStore store = store("db");
        CompactionWorker first = start(keeping());
        String token = compacted(first, store, 1);
        String page = text(new Client(first.url()), "/job?token=" + token);
        assertThat(page).contains("Before and after", "000010.sst", "key00000", "8,000", ">Log<", "finished: ");
        first.close();

        Client client = new Client(start(keeping()).url());
        assertThat(client.get("/job?token=" + token).statusCode()).isEqualTo(404);
        assertThat(text(client, "/logs")).contains("1/1 attempt 1", "instance", "log?token=" + token);
        assertThat(text(client, "/log?token=" + token))
                .contains("before: 2 files", "8000 entries", "key07999", "state finished", "finished: ");
    }

    @Test
    @Tag("B56")
    void shouldShowNothingButItsOwnLogs() throws Exception {
        TestStore store = store("db");
        CompactionWorker first = start(keeping());
        String linked = compacted(first, store, 1);
        String moved = compacted(first, store, 2);
        first.close();
        Path secret = Files.writeString(temporary.resolve("secret"), "a secret of the machine");
        Files.delete(left(linked).resolve(WorkFiles.LOG_NAME));
        Files.createSymbolicLink(left(linked).resolve(WorkFiles.LOG_NAME), secret);
        Path target = temporary.resolve("elsewhere");
        Files.move(left(moved), target);
        Files.createSymbolicLink(temporary.resolve("work/instance/1-2-1-" + moved), target);

        Client client = new Client(start(keeping()).url());
        assertThat(client.get("/log?token=" + moved).statusCode())
                .as("a directory that is a link")
                .isEqualTo(404);
        for (String path : List.of(
                "/log?token=" + linked,
                "/log?token=../../secret",
                "/log?token=..%2F..%2Fsecret",
                "/log?token=" + secret,
                "/log?token=" + linked + "%2F..%2F..%2F..%2Fsecret",
                "/log/../secret",
                "/log/..%2fsecret",
                "/work/instance",
                "/instance/1-1-1-" + linked + "/LOG")) {
            HttpResponse<byte[]> answer = client.get(path);
            assertThat(answer.statusCode()).as(path).isGreaterThanOrEqualTo(400);
            assertThat(new String(answer.body(), UTF_8)).as(path).doesNotContain("a secret of the machine");
        }
    }

    @Test
    @Tag("B56")
    void shouldKeepABoundedLengthOfWhatAProcessSays() throws Exception {
        TestStore store = store("db");
        CompactionWorker first = start(keeping());
        String token = compacted(first, store, 1);
        Path log = left(token).resolve(WorkFiles.CHILD_LOG_NAME);
        Files.writeString(log, "x".repeat(WorkFiles.MAX_LOG) + "<the end>");
        Client client = new Client(first.url());
        String shown = text(client, "/log?process=1&token=" + token);
        assertThat(shown).hasSize(WorkFiles.MAX_LOG).endsWith("<the end>");
        assertThat(text(client, "/job?token=" + token)).contains("log?process=1&amp;token=" + token);
        assertThat(text(client, "/logs")).contains("log?process=1&amp;token=" + token);
    }

    @Test
    @Tag("B56")
    void shouldShowWhatTheProcessOfAJobSaid() throws Exception {
        Path plugIns = Files.createDirectory(temporary.resolve("plug-ins"));
        TestStore store = store("db");
        CompactionWorker worker = start(keeping().children(ChildForTests.starter(plugIns)));
        String token = compacted(worker, store, 1);
        Client client = new Client(worker.url());
        assertThat(text(client, "/job?token=" + token)).contains("log?process=1&amp;token=" + token);
        assertThat(client.get("/log?process=1&token=" + token).statusCode()).isEqualTo(200);
        assertThat(text(client, "/log?token=" + token)).contains("state finished");
    }

    @Test
    @Tag("B59")
    void shouldKeepNothingWhereThatIsSet() throws Exception {
        TestStore store = store("db");
        CompactionWorker worker = start(keeping().deleteWorkFiles(true));
        String token = compacted(worker, store, 1);
        assertThat(temporary.resolve("work")).isEmptyDirectory();
        Client client = new Client(worker.url());
        assertThat(text(client, "/log?token=" + token)).as("it is remembered").contains("state finished");
        assertThat(client.get("/log?process=1&token=" + token).statusCode()).isEqualTo(404);
        assertThat(text(client, "/logs")).contains("None is kept.");
    }
}
