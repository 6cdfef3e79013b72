// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.document.PlugIns;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.WaitForCompactOptions;
import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One store that keeps eight workers busy at once. */
@Timeout(120)
class ManyJobsTest {
    private static final int WORKERS = 8;

    @TempDir
    private Path directory;

    private final CountDownLatch meeting = new CountDownLatch(WORKERS);
    private final RealWorkers workers = new RealWorkers();

    @AfterEach
    void closeWorkers() {
        workers.close();
    }

    /** Each attempt waits at its first file until as many are under way as there are workers. */
    private Storage meeting(Storage storage) {
        FaultInjectingStorage hook = new FaultInjectingStorage(storage);
        AtomicBoolean isFirst = new AtomicBoolean(true);
        hook.plan(call -> {
            if (call.operation() == Operation.CREATE && isFirst.getAndSet(false)) {
                meeting.countDown();
                try {
                    assertThat(meeting.await(60, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return null;
        });
        return hook;
    }

    @Test
    void shouldHaveAJobOnEachOfEightWorkers() throws Exception {
        for (int i = 0; i < WORKERS; i++) {
            workers.start(
                    "w" + i,
                    directory,
                    uri -> meeting(Storages.open(uri, Map.of())),
                    PlugIns.BUILT_IN,
                    UnaryOperator.identity());
        }
        RemoteCompaction remote = new RemoteCompaction(
                workers.settings().overallTimeout(Duration.ofSeconds(90)).build());
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .maxBackgroundCompactions(WORKERS)
                .remoteCompactionExecutor(remote)
                .build();
        try (Store store = Store.open(options, directory.resolve("db"))) {
            List<ColumnFamilyHandle> families = new ArrayList<>();
            for (int i = 0; i < WORKERS; i++) {
                families.add(store.createColumnFamily(new ColumnFamilyDescriptor(
                        "f" + i,
                        ColumnFamilyOptions.builder()
                                .level0FileNumCompactionTrigger(4)
                                .build())));
            }
            for (int round = 0; round < 4; round++) {
                for (ColumnFamilyHandle family : families) {
                    store.put(family, "key".getBytes(UTF_8), ("value " + round).getBytes(UTF_8));
                }
                store.flush(FlushOptions.DEFAULT, families.toArray(ColumnFamilyHandle[]::new));
            }
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
            assertThat(meeting.getCount()).isZero();
            await().until(() -> remote.statistics().remoteJobs() == WORKERS);
            assertThat(remote.statistics().workerJobs()).hasSize(WORKERS);
            for (ColumnFamilyHandle family : families) {
                assertThat(store.get(family, "key".getBytes(UTF_8))).isEqualTo("value 3".getBytes(UTF_8));
            }
        }
    }
}
