// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.document.PlugIns;
import io.sluice.compaction.plugin.PlugInSource;
import io.sluice.compaction.worker.CompactionWorker;
import io.sluice.compaction.worker.WorkerSettings;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Stores on a disk, and the workers that compact for them. */
@Timeout(60)
class CompactionOnWorkersTest {
    private static final int KEYS = 2000;
    private static final String SECRET = "0123456789abcdef";

    @TempDir
    private Path directory;

    private final List<CompactionWorker> workers = new ArrayList<>();

    @AfterEach
    void closeWorkers() {
        workers.forEach(CompactionWorker::close);
    }

    private CompactionWorker worker(String id, @Nullable String secret) throws IOException {
        CompactionWorker worker = CompactionWorker.start(
                WorkerSettings.builder(
                                id,
                                "host",
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                                List.of(directory.toString()))
                        .secret(secret)
                        .waitLimit(Duration.ofSeconds(5))
                        .build(),
                uri -> Storages.open(uri, Map.of()),
                PlugInSource.of(PlugIns.BUILT_IN),
                new RateLimiter(0, System::nanoTime),
                System::nanoTime,
                new SecureRandom());
        workers.add(worker);
        return worker;
    }

    private RemoteCompactionSettings.Builder settings() {
        return RemoteCompactionSettings.builder()
                .httpWorkers(workers.stream()
                        .map(worker -> RemoteWorker.of(worker.url()))
                        .toList())
                .dcompactMinLevel(0)
                .retrySleepTime(Duration.ofMillis(20));
    }

    private Store open(String name, RemoteCompaction remote) throws StoreException {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .remoteCompactionExecutor(remote)
                .build();
        ColumnFamilyOptions family = ColumnFamilyOptions.builder()
                .disableAutoCompactions(true)
                .targetFileSizeBase(16 << 10)
                .build();
        return Store.open(options, directory.resolve(name), List.of(new ColumnFamilyDescriptor("default", family)));
    }

    private static void fill(Store store, int round) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            store.put(key(i), value(i, round));
        }
        store.flush(FlushOptions.DEFAULT);
    }

    private static void check(Store store, int round) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            assertThat(store.get(key(i))).isEqualTo(value(i, round));
        }
    }

    private static byte[] key(int number) {
        return String.format("key%06d", number).getBytes(UTF_8);
    }

    private static byte[] value(int number, int round) {
        byte[] value = new byte[100];
        new Random(number * 31L + round).nextBytes(value);
        return value;
    }

    @Tag("B13")
    @Test
    void shouldCompactOnSeveralWorkers() throws Exception {
        worker("w1", null);
        worker("w2", null);
        RemoteCompaction remote = new RemoteCompaction(settings().build());
        try (Store store = open("a", remote)) {
            fill(store, 0);
            for (int round = 1; round <= 4; round++) {
                fill(store, round);
                store.compactRange(store.defaultColumnFamily());
                check(store, round);
            }
            await().until(() -> remote.statistics().remoteJobs() == 4);
            // One whose last job has just ended may still be busy, so it may not be two and two.
            assertThat(remote.statistics().workerJobs()).containsOnlyKeys("w1", "w2");
            assertThat(remote.statistics().failedAttempts()).isEmpty();
        }
    }

    @Test
    void shouldCompactForSeveralStores() throws Exception {
        worker("w1", null);
        RemoteCompaction remote = new RemoteCompaction(settings().build());
        try (Store a = open("a", remote);
                Store b = open("b", remote)) {
            for (Store store : List.of(a, b)) {
                fill(store, 0);
                fill(store, 1);
            }
            for (Store store : List.of(a, b)) {
                store.compactRange(store.defaultColumnFamily());
                check(store, 1);
            }
            await().until(() -> remote.statistics().remoteJobs() == 2);
        }
    }

    @Test
    void shouldShowItsSecretAndGoElsewhereWhereItIsAnother() throws Exception {
        worker("w1", "another secret of a worker");
        worker("w2", SECRET);
        Path secret = Files.writeString(directory.resolve("secret"), SECRET);
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        RemoteCompaction remote =
                new RemoteCompaction(settings().secretFile(secret.toString()).build());
        try (Store store = open("a", remote)) {
            fill(store, 0);
            fill(store, 1);
            store.compactRange(store.defaultColumnFamily());
            check(store, 1);
            await().until(() -> remote.statistics().remoteJobs() == 1);
            assertThat(remote.statistics().workerJobs()).containsOnlyKeys("w2");
            assertThat(remote.statistics().failedAttempts()).containsOnly(Map.entry(FallbackReason.WORKER_ERROR, 1L));
        }
    }

    @Test
    void shouldGoElsewhereWhereAWorkerLeaves() throws Exception {
        CompactionWorker leaving = worker("w1", null);
        worker("w2", null);
        RemoteCompaction remote = new RemoteCompaction(settings().build());
        try (Store store = open("a", remote)) {
            fill(store, 0);
            fill(store, 1);
            leaving.close();
            store.compactRange(store.defaultColumnFamily());
            check(store, 1);
            await().until(() -> remote.statistics().remoteJobs() == 1);
            assertThat(remote.statistics().workerJobs()).containsOnlyKeys("w2");
        }
    }
}
