// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A store that is killed while a worker compacts for it. */
@Timeout(120)
class KilledStoreTest extends WorkerScenario {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private Process startStore(Path directory, String worker) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        StoreForTests.class.getName(),
                        directory.toString(),
                        worker)
                .redirectErrorStream(true)
                .redirectOutput(temporary.resolve("store.log").toFile())
                .start();
    }

    private static void check(Store store) throws StoreException {
        for (int i = 0; i < StoreForTests.KEYS; i++) {
            assertThat(store.get(StoreForTests.key(i))).isEqualTo(StoreForTests.value(i, 1));
        }
    }

    private static List<String> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.map(file -> directory.relativize(file).toString()).toList();
        }
    }

    @Test
    @Tag("B43")
    void shouldStopWorkForAStoreThatIsGoneWhichStartsAgainWithoutItsRemains() throws Exception {
        Path directory = root.resolve("db");
        Gate gate = new Gate();
        CompactionWorker worker =
                start(settings().waitLimit(Duration.ofSeconds(1)).orphanLimit(Duration.ofSeconds(1)), gate);
        Process store = startStore(directory, worker.url());
        try {
            await().atMost(LIMIT).until(() -> worker.status().running() == 1);
            gate.let(2);
            await().atMost(LIMIT)
                    .until(() -> files(directory).stream()
                            .anyMatch(file -> file.matches("owner-1/job-compaction-.*/attempt-1/.*2\\.sst")));
            store.destroyForcibly();
            assertThat(store.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } finally {
            store.destroyForcibly();
        }
        await().atMost(LIMIT).until(() -> {
            gate.let(1); // it notices between two files
            return worker.status().running() == 0;
        });
        assertThat(worker.status().failed()).isEqualTo(1);
        assertThat(files(directory)).noneMatch(file -> file.endsWith("RESULT"));

        gate.open();
        for (int start = 0; start < 2; start++) {
            try (Store again = StoreForTests.open(directory, StoreForTests.remote(worker.url(), "db"))) {
                check(again);
                again.compactRange(again.defaultColumnFamily());
                check(again);
                assertThat(files(directory)).as("what is left").noneMatch(file -> file.matches("(owner-1|deposed-).*"));
            }
        }
        assertThat(worker.status().finished()).isPositive();
    }
}
