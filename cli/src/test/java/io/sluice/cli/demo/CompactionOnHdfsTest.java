// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.demo;

import static io.sluice.cli.SluiceProcess.LIMIT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.cli.SluiceProcess;
import io.sluice.compaction.hoster.RemoteCompaction;
import io.sluice.compaction.hoster.RemoteCompactionSettings;
import io.sluice.compaction.hoster.RemoteWorker;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import io.sluice.testkit.process.TestProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A worker on the storage of a store in HDFS, which needs no mount. */
@Tag("B16")
@Timeout(300)
class CompactionOnHdfsTest {
    private static final int KEYS = 2000;

    @TempDir
    private Path directory;

    private static RemoteCompaction remote(String url) {
        return new RemoteCompaction(RemoteCompactionSettings.builder()
                .httpWorkers(List.of(RemoteWorker.of(url)))
                .dcompactMinLevel(0)
                .httpTimeout(Duration.ofSeconds(30))
                .overallTimeout(LIMIT)
                .httpMaxRetry(1)
                .build());
    }

    private static void compact(String uri, RemoteCompaction remote) throws Exception {
        ColumnFamilyOptions family = ColumnFamilyOptions.builder()
                .disableAutoCompactions(true)
                .targetFileSizeBase(32 << 10)
                .build();
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .remoteCompactionExecutor(remote)
                .build();
        try (Storage storage = Storages.open(uri, Map.of());
                Store store = Store.open(options, storage, List.of(new ColumnFamilyDescriptor("default", family)))) {
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < KEYS; i++) {
                    store.put(key(i), value(i, round));
                }
                store.flush(FlushOptions.DEFAULT);
            }
            store.compactRange(store.defaultColumnFamily());
            for (int i = 0; i < KEYS; i++) {
                assertThat(store.get(key(i))).isEqualTo(value(i, 1));
            }
        }
    }

    private static byte[] key(int number) {
        return String.format("key%06d", number).getBytes(UTF_8);
    }

    private static byte[] value(int number, int round) {
        return ("value " + number + " of round " + round).getBytes(UTF_8);
    }

    @Test
    void shouldCompactInHdfsBelowTheWorkersRootAlone() throws Exception {
        try (MiniHdfs hdfs = MiniHdfs.start(directory);
                TestProcess worker = SluiceProcess.of(
                                "worker",
                                "--name=c1",
                                "--http=127.0.0.1:0",
                                "--storage-roots=" + hdfs.uri() + "/stores")
                        .start()) {
            String url = worker.awaitOut("ready c1 (http://127\\.0\\.0\\.1:[0-9]+)", LIMIT)
                    .group(1);
            RemoteCompaction remote = remote(url);
            compact(hdfs.uri() + "/stores/db1", remote);
            assertThat(remote.statistics().workerJobs()).containsOnlyKeys("c1");
            for (String elsewhere : List.of("/stores2/db1", "/other")) {
                assertThatThrownBy(() -> compact(hdfs.uri() + elsewhere, remote(url)))
                        .as(elsewhere)
                        .isInstanceOfSatisfying(
                                StoreException.class, e -> assertThat(e.code()).isEqualTo("compaction.worker.root"));
            }
        }
    }
}
