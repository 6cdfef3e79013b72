// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

class LocalStorageTest extends StorageContract {
    @TempDir
    Path directory;

    @Override
    protected Storage newStorage() {
        return new LocalStorage(directory.resolve("parent/root"));
    }

    @Test
    void shouldBeFoundByItsUriAndByItsPath() throws IOException {
        write("a", "x");
        for (String uri :
                new String[] {storage.uri(), directory.resolve("parent/root").toString()}) {
            try (Storage same = Storages.open(uri, Map.of())) {
                assertThat(same.uri())
                        .isEqualTo(storage.uri())
                        .startsWith("file:///")
                        .endsWith("parent/root");
                assertThat(same.exists("a")).isTrue();
            }
        }
    }

    @Test
    void shouldNameAnUnknownScheme() {
        assertFails(
                () -> Storages.open("nosuch://a/b", Map.of()), Kind.NOT_SUPPORTED, "storage.unknown-scheme", "nosuch");
        assertFails(() -> Storages.open("file://host/b", Map.of()), Kind.INVALID_ARGUMENT, "storage.bad-uri", "host");
        assertFails(() -> Storages.open("h ttp:x", Map.of()), Kind.INVALID_ARGUMENT, "storage.bad-uri", "h ttp");
    }

    @Test
    void shouldRefuseSymbolicLinksThatLeadOut() throws IOException {
        Path root = directory.resolve("parent/root");
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Files.writeString(outside.resolve("secret"), "s");
        Files.createSymbolicLink(root.resolve("out"), outside);
        Files.createSymbolicLink(root.resolve("secret"), outside.resolve("secret"));
        Files.createSymbolicLink(root.resolve("dangling"), outside.resolve("new"));
        Files.createDirectory(root.resolve("d"));
        Files.createSymbolicLink(root.resolve("in"), root.resolve("d"));
        assertFails(() -> storage.open("out/secret"), Kind.INVALID_ARGUMENT, "storage.escape", "out/secret");
        assertFails(() -> storage.open("secret"), Kind.INVALID_ARGUMENT, "storage.escape", "secret");
        assertFails(() -> storage.create("dangling"), Kind.INVALID_ARGUMENT, "storage.escape", "dangling");
        assertFails(() -> storage.deleteRecursively("out"), Kind.INVALID_ARGUMENT, "storage.escape", "out");
        assertThat(outside.resolve("secret")).exists();
        write("in/a", "x");
        assertThat(read("d/a")).isEqualTo("x".getBytes(UTF_8));
    }

    @Test
    void shouldNotFollowLinksOutWhenDeleting() throws IOException {
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Files.writeString(outside.resolve("kept"), "s");
        storage.createDirectory("d");
        Files.createSymbolicLink(directory.resolve("parent/root/d/link"), outside);
        assertThat(storage.deleteRecursively("d")).isTrue();
        assertThat(outside.resolve("kept")).exists();
    }

    @Test
    void shouldTellAFullDiskFromOtherErrors() throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "needs /dev/full");
        WritableFile file = new LocalWritableFile("full", new FileOutputStream(full.toFile(), true));
        append(file, "x");
        assertFails(file::flush, Kind.NO_SPACE, "storage.no-space", "full");
        assertFails(() -> append(file, "y"), Kind.NO_SPACE, "storage.no-space", "full");
        file.close();
    }

    @Test
    void shouldKeepWritingForAnInterruptedThread() throws IOException {
        try (WritableFile file = storage.create("a")) {
            Thread.currentThread().interrupt();
            append(file, "12");
            file.flush();
            file.sync();
            assertThat(Thread.interrupted()).isTrue();
            append(file, "345");
        }
        assertThat(read("a")).isEqualTo("12345".getBytes(UTF_8));
    }

    @Test
    void shouldKeepReadingAfterAReaderWasInterrupted() throws IOException {
        write("a", "12345");
        UnsafeBuffer target = new UnsafeBuffer(new byte[5]);
        try (ReadableFile file = storage.open("a")) {
            Thread.currentThread().interrupt();
            file.read(0, target, 0, 5);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(target.getStringWithoutLengthUtf8(0, 5)).isEqualTo("12345");
            file.read(1, target, 0, 4);
            assertThat(target.getStringWithoutLengthUtf8(0, 4)).isEqualTo("2345");
        }
    }

    @Test
    void shouldFailReadsAfterClose() throws IOException {
        write("a", "12345");
        ReadableFile file = storage.open("a");
        file.close();
        assertFails(() -> file.read(0, new UnsafeBuffer(new byte[5]), 0, 5), Kind.CLOSED, "storage.closed", "a");
    }

    @Test
    void shouldKeepRocksDbOutWhileItHoldsTheLock() throws Exception {
        Path ldb = Path.of("/usr/bin/ldb");
        assumeTrue(Files.isExecutable(ldb), "Debian's rocksdb-tools are not installed");
        String path = directory.resolve("parent/root").toString();
        assertThat(runPut(ldb, path)).isZero();
        try (Storage.FileLock ignored = storage.lock("LOCK")) {
            assertFails(() -> storage.open("LOCK"), Kind.IO, "storage.io", "LOCK");
            assertThat(runPut(ldb, path)).isNotZero();
        }
        assertThat(runPut(ldb, path)).isZero();
    }

    @Test
    void shouldNameTheHolderInAnotherProcess() throws Exception {
        Process holder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        LockHolder.class.getName(),
                        directory.resolve("parent/root").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(holder.getInputStream().read()).isEqualTo('L');
            assertThatThrownBy(() -> storage.lock("LOCK"))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LOCKED))
                    .hasMessageContaining("pid " + holder.pid());
        } finally {
            holder.destroyForcibly().waitFor();
        }
        storage.lock("LOCK").close();
    }

    @Test
    void shouldLeaveALockFileThatRocksDbTakes() throws RocksDBException, IOException {
        // An fcntl lock is the process's: within one, RocksDB's own table and ours do not know of each other. What can
        // be shown here is that RocksDB opens a directory whose LOCK file we wrote into.
        storage.lock("LOCK").close();
        assertThat(storage.length("LOCK")).isZero();
        RocksDB.loadLibrary();
        try (Options options = new Options().setCreateIfMissing(true)) {
            RocksDB.open(options, directory.resolve("parent/root").toString()).close();
        }
    }

    private static int runPut(Path ldb, String path) throws IOException, InterruptedException {
        return new ProcessBuilder(ldb.toString(), "--db=" + path, "--create_if_missing", "put", "k", "v")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    /** Takes a lock and waits to be killed. */
    static final class LockHolder {
        private LockHolder() {}

        public static void main(String[] arguments) throws Exception {
            try (Storage storage = new LocalStorage(Path.of(arguments[0]));
                    Storage.FileLock ignored = storage.lock("LOCK")) {
                System.out.print("L");
                System.out.flush();
                Thread.currentThread().join();
            }
        }
    }

    @Test
    void shouldSyncADirectoryForAnInterruptedThreadAndKeepItsInterrupt() throws IOException {
        storage.createRoot();
        Thread.currentThread().interrupt();
        storage.syncDirectory("");
        assertThat(Thread.interrupted()).isTrue();
    }
}
