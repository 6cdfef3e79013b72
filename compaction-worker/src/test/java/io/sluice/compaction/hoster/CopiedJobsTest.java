// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.document.PlugIns;
import io.sluice.config.ConfigException;
import io.sluice.config.StoreConfiguration;
import io.sluice.store.Store;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Fault;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.LocalStorage;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A store that workers can't see: its jobs are copied to a directory that they can. */
@Timeout(60)
class CopiedJobsTest {
    @TempDir
    private Path directory;

    private final RealWorkers workers = new RealWorkers();
    private Path shared = Path.of("");
    private FaultInjectingStorage storage = new FaultInjectingStorage(new LocalStorage(Path.of("")));

    @BeforeEach
    void createDirectories() throws IOException {
        shared = Files.createDirectory(directory.resolve("shared"));
        storage = new FaultInjectingStorage(
                new LocalStorage(directory.resolve("private").resolve("db")));
        Files.createDirectory(directory.resolve("private"));
    }

    @AfterEach
    void closeAll() throws IOException {
        workers.close();
        storage.close();
    }

    private RemoteCompactionSettings.Builder settings() {
        return workers.settings().copySstFiles(true).hosterRoot(shared.toString());
    }

    /** All that lies in the shared directory, but for the directories that stay. */
    private List<String> leftovers() throws IOException {
        try (Stream<Path> files = Files.walk(shared)) {
            return files.map(file -> shared.relativize(file).toString())
                    .filter(name -> name.contains("/"))
                    .toList();
        }
    }

    @Tag("B35")
    @Test
    void shouldCopyInputsAtOnceAndOutputsBackAndCleanUp() throws Exception {
        workers.start("w1", shared);
        RemoteCompaction remote = new RemoteCompaction(settings().build());
        CountDownLatch copies = new CountDownLatch(2);
        storage.plan(call -> {
            boolean isCopy = Thread.currentThread().getName().startsWith("sluice-remote-copy-");
            if (call.operation() == Operation.OPEN && isCopy) {
                copies.countDown();
                meet(copies);
            }
            return null;
        });
        try (Store store = Rounds.open(storage, remote)) {
            Rounds.write(store, 0);
            Rounds.write(store, 1);
            Rounds.compact(store);
            Rounds.check(store, 1);
            assertThat(copies.getCount()).isZero();
            await().until(() -> remote.statistics().remoteJobs() == 1);
            assertThat(remote.statistics().workerJobs()).containsOnlyKeys("w1");
            await().untilAsserted(() -> assertThat(leftovers()).isEmpty());
            assertThat(storage.list("owner-1")).isEmpty();
        }
        try (Store store = Rounds.open(storage, new RemoteCompaction(settings().build()))) {
            Rounds.check(store, 1);
        }
    }

    private static void meet(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Tag("B35")
    @Test
    void shouldNotInstallACopyThatIsNotWhatTheWorkerMade() throws Exception {
        workers.start(
                "w1",
                shared,
                uri -> {
                    FaultInjectingStorage hook = new FaultInjectingStorage(Storages.open(uri, Map.of()));
                    hook.plan(call -> {
                        if (call.operation() == Operation.RENAME && call.name().contains("RESULT")) {
                            damageTables(Path.of(URI.create(uri))
                                    .resolve(
                                            call.name().substring(0, call.name().lastIndexOf('/'))));
                        }
                        return null;
                    });
                    return hook;
                },
                PlugIns.BUILT_IN,
                UnaryOperator.identity());
        RemoteCompaction remote =
                new RemoteCompaction(settings().allowFallbackToLocal(true).build());
        try (Store store = Rounds.open(storage, remote)) {
            Rounds.write(store, 0);
            Rounds.write(store, 1);
            Rounds.compact(store);
            Rounds.check(store, 1);
            assertThat(remote.statistics().localJobs()).containsOnlyKeys(FallbackReason.BAD_ANSWER);
            assertThat(remote.statistics().remoteJobs()).isZero();
            await().untilAsserted(() -> assertThat(leftovers()).isEmpty());
        }
    }

    private static void damageTables(Path attempt) {
        try (Stream<Path> files = Files.list(attempt)) {
            for (Path file :
                    files.filter(name -> name.toString().endsWith(".sst")).toList()) {
                byte[] bytes = Files.readAllBytes(file);
                bytes[10] ^= 1;
                Files.write(file, bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void shouldCompactHereWhereACopyFails() throws Exception {
        workers.start("w1", shared);
        RemoteCompaction remote =
                new RemoteCompaction(settings().allowFallbackToLocal(true).build());
        storage.failWhen(
                call -> call.operation() == Operation.APPEND
                        && Thread.currentThread().getName().startsWith("sluice-remote-copy-"),
                Fault.SHORT_WRITE);
        try (Store store = Rounds.open(storage, remote)) {
            Rounds.write(store, 0);
            Rounds.write(store, 1);
            Rounds.compact(store);
            Rounds.check(store, 1);
            assertThat(remote.statistics().localJobs()).containsOnlyKeys(FallbackReason.STORAGE_ERROR);
            await().untilAsserted(() -> assertThat(leftovers()).isEmpty());
        }
    }

    @Tag("B35")
    @Test
    void shouldGoOnBehindCopiedOutputsElsewhereAndHereFromTheStart() throws Exception {
        workers.start(
                "w1",
                shared,
                uri -> {
                    FaultInjectingStorage failing = new FaultInjectingStorage(Storages.open(uri, Map.of()));
                    failing.failWhen(
                            call -> call.operation() == Operation.CREATE
                                    && call.name().endsWith("000004.sst"),
                            Fault.ERROR);
                    return failing;
                },
                PlugIns.BUILT_IN,
                UnaryOperator.identity());
        RemoteCompaction alone =
                new RemoteCompaction(settings().allowFallbackToLocal(true).build());
        try (Store store = Rounds.open(storage, alone)) {
            Rounds.write(store, 0);
            Rounds.write(store, 1);
            Rounds.compact(store);
            Rounds.check(store, 1);
            assertThat(alone.statistics().localJobs()).hasSize(1);
        }
        workers.start("w2", shared);
        RemoteCompaction both = new RemoteCompaction(settings().build());
        try (Store store = Rounds.open(storage, both)) {
            for (int round = 2; both.statistics().adoptedSegments() == 0; round++) {
                Rounds.write(store, round);
                Rounds.compact(store);
                Rounds.check(store, round);
            }
            await().untilAsserted(() -> assertThat(leftovers()).isEmpty());
        }
    }

    @Tag("B35")
    @Test
    void shouldDeleteWhatAKilledProcessLeftAndNothingElse() throws Exception {
        workers.start("w1", shared);
        String identity;
        try (Store store = Rounds.open(storage, new RemoteCompaction(settings().build()))) {
            Rounds.write(store, 0);
            identity = store.identity();
        }
        Path own = shared.resolve("sluice-" + identity);
        Files.createDirectories(own.resolve("1-7").resolve("owner-1"));
        Files.writeString(own.resolve("1-7").resolve("000012.sst"), "a copy");
        Files.createDirectories(own.resolve("99-1"));
        Files.createDirectories(own.resolve("else"));
        Files.createDirectories(shared.resolve("sluice-other").resolve("1-7"));
        try (Store store = Rounds.open(storage, new RemoteCompaction(settings().build()))) {
            Rounds.check(store, 0);
            assertThat(leftovers())
                    .containsExactlyInAnyOrder(
                            "sluice-" + identity + "/99-1", "sluice-" + identity + "/else", "sluice-other/1-7");
        }
    }

    @Test
    void shouldNeedADirectoryToCopyTo() throws Exception {
        Path file = Files.writeString(
                directory.resolve("store.yaml"),
                "CompactionExecutorFactory: {dc: {class: RemoteCompaction, params: {http_workers: 'http://h:1',"
                        + " copy_sst_files: true}}}\n");
        assertThatThrownBy(() -> StoreConfiguration.load(file).compactionExecutorFactory(null))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("params.copy_sst_files: needs hoster_root");
        workers.start("w1", shared);
        RemoteCompaction remote = new RemoteCompaction(
                settings().hosterRoot(directory.resolve("missing").toString()).build());
        assertThatThrownBy(() -> Rounds.open(storage, remote)).hasMessageContaining("missing");
    }
}
