// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("B16")
class MountsTest {
    private static final Mount A = new Mount("nfs", "server:/a", "vers=4.2");
    private static final Mount B = new Mount("nfs", "server:/b", "");

    @TempDir
    private Path directory;

    private Path root = Path.of("");
    private FakeMounter machine = new FakeMounter(Path.of(""));

    @BeforeEach
    void makeExports() throws IOException {
        root = directory.resolve("mounts/here");
        Files.createDirectories(directory.resolve("exports/a"));
        Files.createDirectories(directory.resolve("exports/b"));
        machine = new FakeMounter(directory.resolve("exports"));
    }

    private List<Path> leftBelowRoot() throws IOException {
        try (Stream<Path> all = Files.walk(root.resolve(Mounts.DIRECTORY))) {
            return all.skip(1).toList();
        }
    }

    @Test
    void shouldMountOnceForAllThatNameTheSameAndUnmountWhenTheLastEnds() throws Exception {
        try (Mounts mounts = Mounts.open(root, machine)) {
            Mounts.Mounted first = mounts.acquire(A);
            Mounts.Mounted second = mounts.acquire(new Mount(A.type(), A.source(), A.options()));
            Mounts.Mounted other = mounts.acquire(B);
            assertThat(second.directory()).isEqualTo(first.directory());
            assertThat(other.directory()).isNotEqualTo(first.directory());
            first.close();
            first.close();
            assertThat(machine.calls()).containsExactly("mount " + A, "mount " + B);
            second.close();
            assertThat(machine.calls()).containsExactly("mount " + A, "mount " + B, "unmount");
            assertThat(second.directory()).doesNotExist();
            try (Mounts.Mounted again = mounts.acquire(A)) {
                assertThat(again.directory().resolve("content")).isDirectory();
            }
            other.close();
            assertThat(machine.mountedBelow(directory)).isEmpty();
        }
        assertThat(leftBelowRoot()).isEmpty();
    }

    @Test
    void shouldLetNobodyElseIn() throws Exception {
        try (Mounts mounts = Mounts.open(root, machine);
                Mounts.Mounted mounted = mounts.acquire(A)) {
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(mounted.directory().getParent())))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void shouldLeaveNothingOfAMountThatFails() throws Exception {
        try (Mounts mounts = Mounts.open(root, machine)) {
            Mount missing = new Mount("nfs", "server:/missing", "");
            assertThatThrownBy(() -> mounts.acquire(missing)).hasMessageContaining("no such export");
            assertThat(leftBelowRoot()).noneMatch(path -> path.endsWith("1"));
            Files.createDirectories(directory.resolve("exports/missing"));
            mounts.acquire(missing).close();
            assertThat(machine.mountedBelow(directory)).isEmpty();
        }
    }

    @Test
    void shouldUseAMountAgainThatCouldNotBeTakenAway() throws Exception {
        try (Mounts mounts = Mounts.open(root, machine)) {
            Mounts.Mounted mounted = mounts.acquire(A);
            machine.failToUnmount(true);
            mounted.close();
            assertThat(mounted.directory().resolve("content")).isDirectory();
            try (Mounts.Mounted again = mounts.acquire(A)) {
                assertThat(again.directory()).isEqualTo(mounted.directory());
                machine.failToUnmount(false);
            }
            assertThat(machine.calls()).containsExactly("mount " + A, "unmount");
        }
    }

    @Test
    void shouldTakeAwayWhatAnotherProcessHasLeftButNotWhatOneUses() throws Exception {
        Mounts inUse = Mounts.open(root, machine);
        Mounts.Mounted used = inUse.acquire(A);
        // As of a process that was killed: a directory with a mount in it, and nobody has its lock.
        Path left = Files.createDirectories(root.resolve(Mounts.DIRECTORY).resolve("worker-left/7"));
        Files.createFile(left.resolveSibling("LOCK"));
        machine.mount(B, left.toRealPath());
        try (Mounts mounts = Mounts.open(root, machine)) {
            assertThat(left.getParent()).doesNotExist();
            assertThat(directory.resolve("exports/b")).isDirectory();
            assertThat(used.directory().resolve("content")).isDirectory();
            mounts.acquire(B).close();
        }
        used.close();
        inUse.close();
        assertThat(leftBelowRoot()).isEmpty();
    }

    @Test
    void shouldNeverDeleteWhatIsInAMountThatStays() throws Exception {
        Path left = Files.createDirectories(root.resolve(Mounts.DIRECTORY).resolve("worker-left/7"));
        machine.mount(B, left.toRealPath());
        machine.failToUnmount(true);
        try (Mounts mounts = Mounts.open(root, machine)) {
            assertThat(left.resolve("content")).isDirectory();
            machine.failToUnmount(false);
            mounts.acquire(A).close();
        }
        Mounts.open(root, machine).close();
        assertThat(directory.resolve("exports/b")).isDirectory();
        assertThat(leftBelowRoot()).isEmpty();
    }

    @Test
    void shouldUnmountAllAtItsEndAndMountNoMore() throws Exception {
        Mounts mounts = Mounts.open(root, machine);
        Mounts.Mounted mounted = mounts.acquire(A);
        mounts.close();
        assertThat(machine.mountedBelow(directory)).isEmpty();
        assertThat(leftBelowRoot()).isEmpty();
        mounted.close();
        mounts.close();
        assertThatThrownBy(() -> mounts.acquire(A)).isInstanceOf(StoreException.class);
        assertThat(machine.calls()).containsExactly("mount " + A, "unmount");
    }

    @Test
    void shouldKeepCountWithManyAtOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (Mounts mounts = Mounts.open(root, machine)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Mount mount = i % 2 == 0 ? A : B;
                all.add(threads.submit(() -> {
                    for (int round = 0; round < 50; round++) {
                        try (Mounts.Mounted mounted = mounts.acquire(mount)) {
                            assertThat(mounted.directory().resolve("content")).isDirectory();
                        }
                    }
                    return true;
                }));
            }
            for (Future<?> one : all) {
                one.get(60, TimeUnit.SECONDS);
            }
            assertThat(machine.mountedBelow(directory)).isEmpty();
        } finally {
            threads.shutdownNow();
        }
        assertThat(leftBelowRoot()).isEmpty();
    }
}
