// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.compaction.CompactionProgress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("B59")
class WorkFilesTest extends WorkerScenario {
    private static long count(Path directory) throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            return files.count();
        }
    }

    private static Path left(Path work, int number) throws Exception {
        Path path = Files.createDirectories(work.resolve("instance/1-" + number + "-1-" + "0".repeat(32)));
        Files.writeString(path.resolve("LOG"), "x");
        return Files.setLastModifiedTime(path, FileTime.fromMillis(1_000_000L + number));
    }

    @Test
    void shouldKeepTheLastOnesAlsoOfAnEarlierProcessAndNothingMore() throws Exception {
        Path work = temporary.resolve("work");
        for (int number = 1; number <= WorkFiles.MAX_KEPT + 3; number++) {
            left(work, number);
        }
        Path foreign = Files.createDirectories(work.resolve("instance/notes"));
        try (WorkFiles files = WorkFiles.open(work, true)) {
            assertThat(count(work.resolve("instance"))).isEqualTo(WorkFiles.MAX_KEPT + 1);
            assertThat(left(work, 1)).isDirectory();
            assertThat(work.resolve("instance/1-3-1-" + "0".repeat(32))).doesNotExist();
            Path next = files.create(new HostedAttempt(
                    "a".repeat(32),
                    store("db").attempt(store("db2").job(7, 1, 1), CompactionProgress.NONE),
                    "/x",
                    System::nanoTime));
            assertThat(next).isDirectory().hasFileName("1-7-1-" + "a".repeat(32));
            files.end(next);
            assertThat(next).isDirectory();
            assertThat(work.resolve("instance/1-4-1-" + "0".repeat(32))).doesNotExist();
        }
        assertThat(foreign).isDirectory();
    }

    @Test
    void shouldDeleteWhatAnEarlierProcessHasLeftAndFollowNoLink() throws Exception {
        Path work = temporary.resolve("work");
        Path outside = Files.createDirectories(temporary.resolve("outside"));
        Files.writeString(outside.resolve("precious"), "x");
        Files.createSymbolicLink(left(work, 1).resolve("link"), outside);
        Files.createSymbolicLink(work.resolve("instance/1-2-1-" + "0".repeat(32)), outside);
        WorkFiles.open(work, false).close();
        assertThat(work.resolve("instance/1-1-1-" + "0".repeat(32))).doesNotExist();
        assertThat(outside.resolve("precious")).exists();
    }
}
