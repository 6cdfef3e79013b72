// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.mount.Mount;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How {@code mount} and {@code umount} are started, with programs in their place that note it. */
@Tag("B16")
class MountCommandsTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Mount NFS = new Mount("nfs", "10.0.0.5:/export", "vers=4.2");

    @TempDir
    private Path directory;

    private Path calls = Path.of("");
    private Path table = Path.of("");

    @BeforeEach
    void makeTable() throws IOException {
        calls = directory.resolve("calls");
        table = Files.createFile(directory.resolve("mountinfo"));
        program("mount", "");
        program("umount", "");
    }

    /** A program that writes down its arguments, each in brackets, and its environment's names. */
    private void program(String name, String then) throws IOException {
        Path file = directory.resolve(name);
        Files.writeString(
                file,
                "#!/bin/bash\n{ printf '" + name + "'; printf ' [%s]' \"$@\"; printf '\\n'; } >>'" + calls + "'\n"
                        + then + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    private MountCommands commands(Duration limit) {
        return new MountCommands(directory.resolve("mount"), directory.resolve("umount"), table, limit);
    }

    private List<String> calls() throws IOException {
        return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
    }

    @Test
    void shouldHandOnEachWordAsOneArgument() throws Exception {
        Path target = directory.resolve("a b;$(c)");
        commands(LIMIT).mount(NFS, target);
        commands(LIMIT).mount(new Mount("nfs4", "$(touch x):/`y` '\"", ""), target);
        commands(LIMIT).unmount(target);
        assertThat(calls())
                .containsExactly(
                        "mount [-t] [nfs] [-o] [vers=4.2,nosuid,nodev,noexec] [--] [10.0.0.5:/export] [" + target + "]",
                        "mount [-t] [nfs4] [-o] [nosuid,nodev,noexec] [--] [$(touch x):/`y` '\"] [" + target + "]",
                        "umount [--] [" + target + "]");
    }

    @Test
    void shouldHandOnNothingOfItsEnvironment() throws Exception {
        program("mount", "env >'" + directory.resolve("env") + "'");
        commands(LIMIT).mount(NFS, directory);
        assertThat(Files.readAllLines(directory.resolve("env")))
                .contains("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C")
                .noneMatch(line -> line.startsWith("HOME=") || line.startsWith("JAVA"));
    }

    @Test
    void shouldTellWhatAProgramSaidThatFailed() throws Exception {
        program("mount", "echo 'mount.nfs: Connection refused' >&2; exit 32");
        assertThatThrownBy(() -> commands(LIMIT).mount(NFS, directory))
                .isInstanceOfSatisfying(StoreException.class, e -> {
                    assertThat(e.code()).isEqualTo("compaction.worker.mount-failed");
                    assertThat(e.kind()).isEqualTo(Kind.IO);
                })
                .hasMessageContainingAll("status 32", "mount.nfs: Connection refused");
    }

    @Test
    void shouldEndWhatTakesTooLongWithAllThatItStarted() throws Exception {
        program("mount", "sleep 1000 & echo $! >'" + directory.resolve("child") + "'\nwait");
        Files.writeString(table, "1 2 0:3 / " + directory.resolve("m") + " rw - nfs x rw\n");
        assertThatThrownBy(() -> commands(Duration.ofSeconds(5)).mount(NFS, directory.resolve("m")))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TIMED_OUT));
        long child = Long.parseLong(Files.readString(directory.resolve("child")).strip());
        await().atMost(LIMIT)
                .until(() ->
                        ProcessHandle.of(child).filter(ProcessHandle::isAlive).isEmpty());
        assertThat(calls()).as("what it had mounted").contains("umount [--] [" + directory.resolve("m") + "]");
    }

    @Test
    void shouldDetachWhatIsBusy() throws Exception {
        program("umount", "[ \"$1\" = -l ]");
        commands(LIMIT).unmount(directory);
        assertThat(calls()).containsExactly("umount [--] [" + directory + "]", "umount [-l] [--] [" + directory + "]");
        program("umount", "echo no; exit 1");
        assertThatThrownBy(() -> commands(LIMIT).unmount(directory)).hasMessageContaining("no");
    }

    @Test
    void shouldFindMountsBelowADirectoryDeepestFirst() throws Exception {
        Files.writeString(table, """
                36 35 98:0 / /mnt/a rw,noatime master:1 - ext3 /dev/root rw
                37 35 98:0 / /mnt/a/deep\\040er/\\134 rw - nfs server:/x rw
                38 35 98:0 / /mnt/ab rw - nfs server:/x rw
                a broken line
                """);
        assertThat(commands(LIMIT).mountedBelow(Path.of("/mnt/a")))
                .containsExactly(Path.of("/mnt/a/deep er/\\"), Path.of("/mnt/a"));
        assertThat(commands(LIMIT).mountedBelow(Path.of("/mnt/b"))).isEmpty();
    }
}
