// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.document.HosterDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Progress.State;
import io.sluice.compaction.mount.DynamicMounts;
import io.sluice.compaction.mount.FakeMounter;
import io.sluice.compaction.mount.MountTable;
import io.sluice.compaction.mount.Mounts;
import io.sluice.store.compaction.CompactionProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Jobs that name what is to be mounted for them. */
@Tag("B16")
class MountedStorageTest extends WorkerScenario {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static final MountTable TABLE =
            MountTable.parse("mounts", List.of("db1 nfs server:/exports vers=4.2", "* nfs server:/exports/open -"));

    private Path exports = Path.of("");
    private FakeMounter machine = new FakeMounter(Path.of(""));

    @BeforeEach
    void makeExports() throws IOException {
        exports = Files.createDirectory(temporary.resolve("exports"));
        machine = new FakeMounter(exports);
    }

    private WorkerSettings.Builder mounting() {
        return settings().mountRoot(temporary.resolve("mnt").toString()).mounts(new DynamicMounts(TABLE, machine));
    }

    /** A job on a store in an export, which the machine shows as the directory "content" of the mount. */
    private JobDocument job(TestStore store, int number, String instance, HosterDocument.@Nullable Mount mount)
            throws IOException {
        HosterDocument hoster = new HosterDocument("db", instance, "/shared", mount);
        JobDocument job = store.attempt(store.job(number, 1, 1), CompactionProgress.NONE, 600_000, hoster);
        return Jobs.with(job, "file:///shared/content/db", hoster);
    }

    private static HosterDocument.Mount nfs(String source, String options) {
        return new HosterDocument.Mount("nfs", source, options);
    }

    @Test
    void shouldMountForItsJobsAndUnmountBehindTheLast() throws Exception {
        TestStore store =
                new TestStore(Files.createDirectory(exports.resolve("a")).resolve("db"), "db1");
        JobDocument one = job(store, 1, "db1", nfs("server:/exports/a", "vers=4.2"));
        JobDocument two = job(store, 2, "db1", nfs("server:/exports/a", "vers=4.2"));
        Gate gate = new Gate();
        CompactionWorker worker = start(mounting(), gate);
        Client client = new Client(worker.url());
        String first = client.submit(one).token();
        String second = client.submit(two).token();
        await().atMost(LIMIT).until(() -> worker.status().running() == 2);
        gate.open();
        for (String token : List.of(first, second)) {
            Progress end = client.awaitEnd(token);
            assertThat(end.state()).as(String.valueOf(end.error())).isEqualTo(State.FINISHED);
        }
        await().atMost(LIMIT).until(() -> Files.isDirectory(exports.resolve("a/db")));
        assertThat(machine.calls().get(0)).isEqualTo("mount nfs server:/exports/a with vers=4.2");
        assertThat(machine.mountedBelow(temporary)).isEmpty();
        assertThat(store.storage.list("owner-1/job-compaction-1/attempt-1")).contains("RESULT");
        worker.close();
        assertThat(temporary.resolve("mnt").resolve(Mounts.DIRECTORY)).isEmptyDirectory();
    }

    @Test
    void shouldMountNothingThatItsOwnerDoesNotAllow() throws Exception {
        TestStore store =
                new TestStore(Files.createDirectory(exports.resolve("a")).resolve("db"), "db1");
        Client client = new Client(start(mounting()).url());
        for (JobDocument refused : List.of(
                job(store, 1, "db2", nfs("server:/exports/a", "vers=4.2")),
                job(store, 2, "db1", nfs("server:/elsewhere", "vers=4.2")),
                job(store, 3, "db1", nfs("server:/exports/a", "vers=4.2,suid")),
                job(store, 4, "db1", nfs("server:/exports/a -o suid", "")),
                job(store, 5, "db1", new HosterDocument.Mount("ext4", "server:/exports/a", "")))) {
            assertThat(Client.error(client.trySubmit(refused), 403).code()).isEqualTo("compaction.worker.mount");
        }
        assertThat(machine.calls()).isEmpty();
    }

    @Test
    void shouldNotLetAJobOutOfItsMount() throws Exception {
        Path export = Files.createDirectory(exports.resolve("a"));
        TestStore outside = new TestStore(root.resolve("db"), "db1");
        Files.createSymbolicLink(export.resolve("db"), outside.directory);
        Client client = new Client(start(mounting()).url());
        JobDocument link = job(outside, 1, "db1", nfs("server:/exports/a", ""));
        assertFails(client, link, "compaction.worker.root");
        JobDocument other = job(outside, 2, "db1", nfs("server:/exports/a", ""));
        for (String uri : List.of("file:///shared/../etc", "file:///sharedtoo", root + "/db", "file:/shared/%2e%2e")) {
            JobDocument elsewhere = Jobs.with(other, uri, other.hoster());
            assertThat(client.trySubmit(elsewhere).statusCode()).as(uri).isEqualTo(403);
        }
        await().atMost(LIMIT).until(() -> machine.mountedBelow(temporary).isEmpty() && Files.isDirectory(export));
    }

    @Test
    void shouldTellWhyItCouldNotMount() throws Exception {
        TestStore store = new TestStore(exports.resolve("db"), "db1");
        Client client = new Client(start(mounting()).url());
        assertFails(client, job(store, 1, "db1", nfs("server:/exports/gone", "")), "no such export");
        JobDocument noRoot = job(store, 2, "db1", nfs("server:/exports/gone", ""));
        HosterDocument hoster = new HosterDocument("db", "db1", null, nfs("server:/exports/gone", ""));
        assertThat(client.trySubmit(Jobs.with(noRoot, noRoot.storageUri(), hoster))
                        .statusCode())
                .isEqualTo(403);
    }

    private static void assertFails(Client client, JobDocument job, String problem) throws Exception {
        Progress end = client.awaitEnd(client.submit(job).token());
        assertThat(end.state()).isEqualTo(State.FAILED);
        assertThat(Objects.requireNonNull(end.error()).toString()).contains(problem);
    }

    @Test
    void shouldPassOverWhatIsToBeMountedWhereItMountsNothing() throws Exception {
        TestStore store = new TestStore(Files.createDirectories(root.resolve("db1/content/db")), "db1");
        Client client = new Client(start(settings().mountRoot(root.toString())).url());
        JobDocument job = job(store, 1, "db1", nfs("server:/anything", "whatever"));
        assertThat(client.awaitEnd(client.submit(job).token()).state()).isEqualTo(State.FINISHED);
    }

    @Test
    void shouldNeedAPlaceForMounts() {
        assertThatThrownBy(() ->
                        settings().mounts(new DynamicMounts(TABLE, machine)).build())
                .hasMessageContaining("mount root");
    }
}
