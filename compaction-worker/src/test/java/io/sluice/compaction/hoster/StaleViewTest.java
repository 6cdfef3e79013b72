// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.document.PlugIns;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.LocalStorage;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Store and worker that see each other's files late. */
@Timeout(60)
class StaleViewTest {
    @TempDir
    private Path directory;

    private final MemoryStorage storage = new MemoryStorage("stale");
    private final List<AutoCloseable> workers = new ArrayList<>();

    @AfterEach
    void closeWorkers() throws Exception {
        for (AutoCloseable worker : workers) {
            worker.close();
        }
    }

    private TestWorker worker(String id) throws Exception {
        TestWorker worker = new TestWorker(id, storage);
        workers.add(worker);
        return worker;
    }

    private static RemoteCompaction remote(Duration overallTimeout, TestWorker... workers) {
        List<RemoteWorker> addresses = new ArrayList<>();
        for (TestWorker worker : workers) {
            addresses.add(RemoteWorker.of(worker.url()));
        }
        return new RemoteCompaction(RemoteCompactionSettings.builder()
                .httpWorkers(addresses)
                .dcompactMinLevel(0)
                .retrySleepTime(Duration.ofMillis(20))
                .httpTimeout(Duration.ofSeconds(30))
                .overallTimeout(overallTimeout)
                .build());
    }

    private static boolean isOfAnAttempt(String name) {
        return name.contains("/job-compaction-") && name.endsWith(".sst");
    }

    @Tag("B32")
    @Test
    void shouldWaitForOutputsThatItSeesLateOrShort() throws Exception {
        StaleStorage stale = new StaleStorage(storage, StaleViewTest::isOfAnAttempt, 2, 2);
        RemoteCompaction remote = remote(Duration.ofSeconds(30), worker("w1"));
        try (Store store = Rounds.open(stale.view(), remote)) {
            Rounds.write(store, 0);
            Rounds.write(store, 1);
            Rounds.compact(store);
            Rounds.check(store, 1);
            await().until(() -> remote.statistics().remoteJobs() == 1);
            assertThat(remote.statistics().failedAttempts()).isEmpty();
            assertThat(stale.lateFiles.get()).isGreaterThan(2);
        }
    }

    @Tag("B32")
    @Test
    void shouldGoElsewhereWhereOutputsAreNeverToBeSeen() throws Exception {
        StaleStorage stale = new StaleStorage(storage, StaleViewTest::isOfAnAttempt, Integer.MAX_VALUE / 4, 0);
        TestWorker first = worker("w1");
        TestWorker second = worker("w2");
        RemoteCompaction remote = remote(Duration.ofMillis(300), first, second);
        try (Store store = Rounds.open(stale.view(), remote)) {
            Rounds.write(store, 0);
            Rounds.write(store, 1);
            assertThatThrownBy(() -> Rounds.compact(store)).isInstanceOfSatisfying(StoreException.class, e -> {
                assertThat(e.code()).isEqualTo("compaction.remote.stale-view");
                assertThat(e.kind()).isEqualTo(StoreException.Kind.NOT_FOUND);
                assertThat(e).hasMessageContaining("attempt-").hasMessageContaining("is not to be seen");
            });
            assertThat(first.submissions.get()).isEqualTo(1);
            assertThat(second.submissions.get()).isEqualTo(1);
            assertThat(remote.statistics().failedAttempts()).containsEntry(FallbackReason.STALE_VIEW, 2L);
            Rounds.check(store, 1);
        }
    }

    @Tag("B32")
    @Test
    void shouldReadAMarkerAgainUntilItsChecksumIsRight() throws Exception {
        StaleStorage stale = new StaleStorage(storage, name -> name.endsWith("/RESULT"), 0, 3);
        TestWorker first = worker("w1");
        first.diesAtItsEnd = true;
        RemoteCompaction remote = remote(Duration.ofSeconds(30), first);
        try (Store store = Rounds.open(stale.view(), remote)) {
            Rounds.write(store, 0);
            Rounds.write(store, 1);
            Rounds.compact(store);
            Rounds.check(store, 1);
            await().until(() -> remote.statistics().remoteJobs() == 1);
            assertThat(stale.lateFiles.get()).isEqualTo(1);
        }
    }

    @Tag("B32")
    @Test
    void shouldWaitOnTheWorkerForInputsThatItSeesLateOrShort() throws Exception {
        List<StaleStorage> views = new ArrayList<>();
        try (RealWorkers real = new RealWorkers()) {
            real.start(
                    "w1",
                    directory,
                    uri -> {
                        StaleStorage stale = new StaleStorage(
                                Storages.open(uri, Map.of()), name -> name.matches("[0-9]+[.]sst"), 2, 2);
                        synchronized (views) {
                            views.add(stale);
                        }
                        return stale.view();
                    },
                    PlugIns.BUILT_IN,
                    UnaryOperator.identity());
            RemoteCompaction remote = new RemoteCompaction(
                    real.settings().overallTimeout(Duration.ofSeconds(30)).build());
            try (Storage local = new LocalStorage(directory.resolve("db"));
                    Store store = Rounds.open(local, remote)) {
                Rounds.write(store, 0);
                Rounds.write(store, 1);
                Rounds.compact(store);
                Rounds.check(store, 1);
                await().until(() -> remote.statistics().remoteJobs() == 1);
                assertThat(remote.statistics().failedAttempts()).isEmpty();
                synchronized (views) {
                    assertThat(views)
                            .singleElement()
                            .satisfies(view -> assertThat(view.lateFiles.get()).isEqualTo(2));
                }
            }
        }
    }
}
