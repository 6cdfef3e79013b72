// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.storage.hadoop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.manifest.Epoch;
import io.sluice.store.manifest.ManifestOptions;
import io.sluice.store.manifest.VersionEdit;
import io.sluice.store.manifest.VersionSet;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.StorageContract;
import io.sluice.store.storage.Storages;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(MiniHdfs.Shared.class)
class HadoopStorageTest extends StorageContract {
    private static final AtomicInteger ROOTS = new AtomicInteger();

    @TempDir
    static Path directory;

    private static MiniHdfs hdfs;

    private String root = "";

    @BeforeAll
    static void takeHdfs(MiniHdfs shared) {
        hdfs = shared;
    }

    @Override
    protected Storage newStorage() throws IOException {
        root = hdfs.uri() + "/stores/" + ROOTS.incrementAndGet();
        return Storages.open(root, Map.of());
    }

    @Test
    @Tag("A18")
    void shouldTellTheCrcOfAFileOfSeveralBlocks() throws IOException {
        byte[] data = new byte[300_001];
        new Random(1).nextBytes(data);
        try (Storage small = Storages.open(root, Map.of("dfs.blocksize", "65536"));
                WritableFile file = small.create("a")) {
            file.append(new UnsafeBuffer(data), 0, data.length);
        }
        CRC32C crc = new CRC32C();
        crc.update(data);
        assertThat(storage.crc32c("a")).isEqualTo(OptionalLong.of(crc.getValue()));
    }

    @Test
    void shouldTellNoCrcWhereTheFileHasAnotherChecksum() throws IOException {
        try (Storage other = Storages.open(root, Map.of("dfs.checksum.type", "CRC32"));
                WritableFile file = other.create("a")) {
            file.append(new UnsafeBuffer(new byte[100]), 0, 100);
        }
        assertThat(storage.crc32c("a")).isEmpty();
    }

    @Test
    void shouldDeleteWhatADeadHolderLeftUnnamedWhenTheLockIsTaken() throws IOException {
        org.apache.hadoop.fs.Path at = new org.apache.hadoop.fs.Path(root);
        hdfs.cluster().getFileSystem().mkdirs(new org.apache.hadoop.fs.Path(at, ".new-" + UUID.randomUUID()));
        hdfs.cluster().getFileSystem().mkdirs(new org.apache.hadoop.fs.Path(at, ".newer"));
        storage.lock("LOCK").close();
        assertThat(storage.list("")).containsExactlyInAnyOrder("LOCK", ".newer");
    }

    @Test
    void shouldKeepADeposedWriterFromAppendingOnceItsFileIsSealed() throws IOException {
        try (Storage deposed = Storages.open(root, Map.of())) {
            WritableFile log = deposed.create("log");
            log.append(new UnsafeBuffer("synced".getBytes(UTF_8)), 0, 6);
            log.sync();
            storage.seal("log");
            assertThat(storage.length("log")).isEqualTo(6);
            Throwable late = catchThrowable(() -> {
                log.append(new UnsafeBuffer("late".getBytes(UTF_8)), 0, 4);
                log.sync();
            });
            assertThat(late).isInstanceOf(StoreException.class);
            assertThat(read("log")).isEqualTo("synced".getBytes(UTF_8));
            assertThatThrownBy(log::sync).isInstanceOf(StoreException.class);
        } catch (StoreException e) {
            // closing the deposed client may report its lost file as well
            assertThat(e.code()).isNotEmpty();
        }
    }

    @Test
    void shouldFenceAPredecessorsManifest() throws IOException {
        try (Storage deposed = Storages.open(root, Map.of())) {
            VersionSet before = VersionSet.open(deposed, Epoch.take(deposed), ManifestOptions.defaults());
            before.logAndApply(new VersionEdit().lastSequence(7));
            try (VersionSet after = VersionSet.open(storage, Epoch.take(storage), ManifestOptions.defaults())) {
                assertThat(after.lastSequence()).isEqualTo(7);
                assertThat(after.dbId()).isEqualTo(before.dbId());
                assertThatThrownBy(() -> before.logAndApply(new VersionEdit().lastSequence(8)))
                        .isInstanceOfSatisfying(
                                StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FENCED));
                after.logAndApply(new VersionEdit().lastSequence(9));
            }
            try (VersionSet again = VersionSet.open(storage, Epoch.take(storage), ManifestOptions.defaults())) {
                assertThat(again.lastSequence()).isEqualTo(9);
            }
        }
    }

    @Test
    void shouldReadIntoDirectAndHeapMemory() throws IOException {
        byte[] data = new byte[100_000];
        new Random(2).nextBytes(data);
        try (WritableFile file = storage.create("a")) {
            file.append(new UnsafeBuffer(data), 0, data.length);
        }
        UnsafeBuffer direct = new UnsafeBuffer(ByteBuffer.allocateDirect(data.length + 8), 8, data.length);
        try (ReadableFile file = storage.open("a")) {
            file.read(1, direct, 2, data.length - 2);
            byte[] found = new byte[data.length - 2];
            direct.getBytes(2, found);
            byte[] heap = new byte[data.length];
            file.read(1, new UnsafeBuffer(heap, 2, data.length - 2), 0, data.length - 2);
            for (int i = 0; i < found.length; i++) {
                assertThat(found[i]).isEqualTo(data[i + 1]);
                assertThat(heap[i + 2]).isEqualTo(data[i + 1]);
            }
        }
    }

    @Test
    void shouldNameTheHolderOfALockAndTakeItOverOnceThatIsDead() throws Exception {
        Process holder = startHolder(root, Map.of());
        try {
            assertHeldBy(holder);
        } finally {
            holder.destroyForcibly().waitFor();
        }
        hdfs.cluster().setLeasePeriod(1000, 60 * 60_000);
        try {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .untilAsserted(() -> storage.lock("LOCK").close());
        } finally {
            hdfs.cluster().setLeasePeriod(60_000, 60 * 60_000);
        }
    }

    private static Process startHolder(String uri, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LockHolder.class.getName(),
                        uri)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        return builder.start();
    }

    private void assertHeldBy(Process holder) {
        assertThat(holder.inputReader().lines().anyMatch("HOLDING"::equals))
                .as("the lock is taken")
                .isTrue();
        assertThatThrownBy(() -> storage.lock("LOCK"))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LOCKED))
                .hasMessageContaining("pid " + holder.pid());
    }

    /** The directory of a core-site.xml that names the cluster as the default. */
    private static Path configurationDirectory() throws IOException {
        Path conf = Files.createDirectories(directory.resolve("conf"));
        Files.writeString(
                conf.resolve("core-site.xml"),
                "<configuration><property><name>fs.defaultFS</name><value>" + hdfs.uri()
                        + "</value></property></configuration>");
        return conf;
    }

    @Test
    @Tag("A22")
    void shouldHonourTheConfigurationDirectoryOfTheEnvironment() throws Exception {
        String path = root.substring(hdfs.uri().length());
        Process holder = startHolder(
                "hdfs://" + path,
                Map.of("HADOOP_CONF_DIR", configurationDirectory().toString()));
        try {
            assertHeldBy(holder);
        } finally {
            holder.destroyForcibly().waitFor();
        }
    }

    @Test
    @Tag("A22")
    void shouldHonourAConfigurationDirectory() throws IOException {
        Path conf = configurationDirectory();
        Files.writeString(
                conf.resolve("hdfs-site.xml"),
                "<configuration><property><name>dfs.blocksize</name><value>65536</value></property></configuration>");
        String path = root.substring(hdfs.uri().length());
        write("a", "x");
        try (Storage same = Storages.open("hdfs://" + path, Map.of("hadoop.conf.dir", conf.toString()))) {
            assertThat(same.uri()).isEqualTo(storage.uri());
            assertThat(same.exists("a")).isTrue();
        }
        assertFails(
                () -> Storages.open(root, Map.of("hadoop.conf.dir", directory + "/nosuch")),
                Kind.INVALID_ARGUMENT,
                "storage.conf-dir",
                "nosuch");
    }

    @Test
    void shouldTellSoonThatHdfsIsDown() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        long start = System.nanoTime();
        try (Storage down = Storages.open("hdfs://127.0.0.1:" + port + "/store", Map.of())) {
            assertFails(down::createRoot, Kind.IO, "storage.unreachable", "/store");
        }
        assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start)).isLessThan(20);
    }

    @Test
    void shouldNameAUriWithoutHostOrPath() {
        assertFails(() -> Storages.open("hdfs://host:1", Map.of()), Kind.INVALID_ARGUMENT, "storage.bad-uri", "host");
        assertFails(() -> Storages.open("hdfs:///a", Map.of()), Kind.INVALID_ARGUMENT, "storage.bad-uri", "hdfs:///a");
    }

    @Test
    void shouldKeepTheRootToItsUser() throws IOException {
        try (var fileSystem = org.apache.hadoop.fs.FileSystem.newInstance(
                java.net.URI.create(root), new org.apache.hadoop.conf.Configuration())) {
            assertThat(fileSystem
                            .getFileStatus(new org.apache.hadoop.fs.Path(root))
                            .getPermission()
                            .toShort())
                    .isEqualTo((short) 0700);
        }
        assertThat(storage.usableSpace().orElseThrow()).isPositive();
    }

    /** Takes a lock and waits to be killed. */
    static final class LockHolder {
        private LockHolder() {}

        public static void main(String[] arguments) throws Exception {
            try (Storage storage = Storages.open(arguments[0], Map.of());
                    Storage.FileLock ignored = storage.lock("LOCK")) {
                System.out.println("HOLDING");
                System.out.flush();
                Thread.currentThread().join();
            }
        }
    }
}
