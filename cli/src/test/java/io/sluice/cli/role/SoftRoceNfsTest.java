// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.cli.SluiceProcess;
import io.sluice.cli.process.MountCommands;
import io.sluice.compaction.hoster.RemoteCompaction;
import io.sluice.compaction.hoster.RemoteCompactionSettings;
import io.sluice.compaction.hoster.RemoteWorker;
import io.sluice.compaction.mount.Mount;
import io.sluice.compaction.mount.Mounts;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.testkit.process.TestProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A worker that mounts NFS for its jobs, from the kernel's server to the kernel's client, in the guest. */
@Tag("soft-roce")
@Tag("B16")
@Timeout(600)
class SoftRoceNfsTest {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final int KEYS = 500;

    private static NfsServer server;

    @TempDir
    private Path directory;

    @BeforeAll
    static void serve() throws Exception {
        server = NfsServer.start();
    }

    @AfterAll
    static void stopServing() throws Exception {
        server.close();
    }

    private TestProcess worker(Path mountRoot) throws Exception {
        Path mounts = Files.writeString(directory.resolve("mounts"), "db1 nfs 127.0.0.1:/ vers=4.2\n");
        TestProcess worker = SluiceProcess.of(
                        "worker",
                        "--name=c1",
                        "--http=127.0.0.1:0",
                        "--mounts-file=" + mounts,
                        "--storage-roots=" + mountRoot)
                .environment("NFS_MOUNT_ROOT", mountRoot.toString())
                .environment("NFS_DYNAMIC_MOUNT", "1")
                .environment("SLUICE_LOG", "info")
                .start();
        return worker;
    }

    private static Store open(Path path, String url, String source) throws StoreException {
        RemoteCompaction remote = new RemoteCompaction(RemoteCompactionSettings.builder()
                .httpWorkers(List.of(RemoteWorker.of(url)))
                .dcompactMinLevel(0)
                .instanceName("db1")
                .hosterRoot(NfsServer.EXPORT.toString())
                .nfsMountSource(source)
                .nfsMountOptions("vers=4.2")
                .httpTimeout(Duration.ofSeconds(60))
                .overallTimeout(Duration.ofSeconds(200))
                .httpMaxRetry(1)
                .build());
        ColumnFamilyOptions family = ColumnFamilyOptions.builder()
                .disableAutoCompactions(true)
                .targetFileSizeBase(16 << 10)
                .build();
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .dbWriteBufferSize(64 << 20)
                .remoteCompactionExecutor(remote)
                .build();
        return Store.open(options, path, List.of(new ColumnFamilyDescriptor("default", family)));
    }

    private static void fill(Store store) throws StoreException {
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < KEYS; i++) {
                store.put(("key" + i).getBytes(UTF_8), ("value " + i + " of " + round).getBytes(UTF_8));
            }
            store.flush(FlushOptions.DEFAULT);
        }
    }

    private static void check(Store store) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            assertThat(store.get(("key" + i).getBytes(UTF_8))).isEqualTo(("value " + i + " of 1").getBytes(UTF_8));
        }
    }

    @Test
    void shouldCompactOnAFileSystemThatTheWorkerMountsForTheJob() throws Exception {
        Path mountRoot = Files.createDirectory(directory.resolve("mnt"));
        try (TestProcess worker = worker(mountRoot)) {
            String url = worker.awaitOut("ready c1 (http://127\\.0\\.0\\.1:[0-9]+)", LIMIT)
                    .group(1);
            try (Store store = open(NfsServer.EXPORT.resolve("db1"), url, "127.0.0.1:/")) {
                fill(store);
                store.compactRange(store.defaultColumnFamily());
                check(store);
            }
            assertThat(worker.err()).contains("mounted nfs 127.0.0.1:/ with vers=4.2 at " + mountRoot);
            await().atMost(LIMIT).untilAsserted(() -> {
                assertThat(worker.err()).contains("unmounted nfs 127.0.0.1:/");
                assertThat(NfsServer.mountsBelow(mountRoot)).isEmpty();
            });
            // What the owner did not allow is not mounted, and the job fails.
            try (Store store = open(NfsServer.EXPORT.resolve("db2"), url, "127.0.0.2:/")) {
                fill(store);
                assertThatThrownBy(() -> store.compactRange(store.defaultColumnFamily()))
                        .hasMessageContaining("compaction.worker.mount");
                check(store);
            }
            // What is not there fails with the words of mount.nfs.
            try (Store store = open(NfsServer.EXPORT.resolve("db3"), url, "127.0.0.1:/nowhere")) {
                fill(store);
                assertThatThrownBy(() -> store.compactRange(store.defaultColumnFamily()))
                        .hasMessageContainingAll("mount.nfs", "compaction.worker.mount-failed");
            }
            worker.terminate();
            assertThat(worker.awaitExit(LIMIT)).as(worker.toString()).isZero();
            assertThat(mountRoot.resolve(Mounts.DIRECTORY)).isEmptyDirectory();
        }
    }

    @Test
    void shouldShareAMountAmongItsJobsWithoutProgramsOrDevices() throws Exception {
        Path mountRoot = directory.resolve("shared");
        Files.writeString(NfsServer.EXPORT.resolve("seen"), "yes");
        try (Mounts mounts = Mounts.open(mountRoot, MountCommands.ofThisMachine())) {
            Mount nfs = new Mount("nfs", "127.0.0.1:/", "vers=4.2");
            try (Mounts.Mounted first = mounts.acquire(nfs)) {
                try (Mounts.Mounted second = mounts.acquire(nfs)) {
                    assertThat(second.directory()).isEqualTo(first.directory());
                    assertThat(second.directory().resolve("seen")).hasContent("yes");
                    List<String> lines = NfsServer.mountsBelow(mountRoot);
                    assertThat(lines).hasSize(1);
                    assertThat(lines.get(0)).contains("nfs4", "nosuid", "nodev", "noexec", "vers=4.2");
                }
                assertThat(first.directory().resolve("seen")).exists();
            }
            assertThat(NfsServer.mountsBelow(mountRoot)).isEmpty();
            assertThat(NfsServer.EXPORT.resolve("seen")).exists();
            // A file that is open does not keep it in its place.
            Mounts.Mounted busy = mounts.acquire(nfs);
            try (var open = Files.newInputStream(busy.directory().resolve("seen"))) {
                busy.close();
                assertThat(NfsServer.mountsBelow(mountRoot)).isEmpty();
                assertThat(new String(open.readAllBytes(), UTF_8)).isEqualTo("yes");
            }
        }
    }

    @Test
    void shouldTakeAwayAtItsStartWhatAKilledWorkerHasLeft() throws Exception {
        Path mountRoot = Files.createDirectory(directory.resolve("left"));
        Files.writeString(NfsServer.EXPORT.resolve("kept"), "yes");
        try (TestProcess killed = TestProcess.java(MountHolder.class.getName(), "-Xmx128m")
                .args(mountRoot.toString(), "127.0.0.1:/")
                .start()) {
            killed.awaitOut("mounted at .*", LIMIT);
            killed.kill();
            killed.awaitExit(LIMIT);
        }
        assertThat(NfsServer.mountsBelow(mountRoot)).hasSize(1);
        try (TestProcess worker = worker(mountRoot)) {
            worker.awaitOut("ready c1", LIMIT);
            assertThat(NfsServer.mountsBelow(mountRoot)).isEmpty();
            assertThat(NfsServer.EXPORT.resolve("kept")).hasContent("yes");
        }
    }
}
