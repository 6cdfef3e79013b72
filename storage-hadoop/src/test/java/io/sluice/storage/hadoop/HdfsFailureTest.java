// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.storage.hadoop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.WriteOptions;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** While HDFS fails, a write fails or is in the log: what was acknowledged is there afterwards, whatever happens then. */
@Timeout(240)
@ExtendWith(MiniHdfs.Shared.class)
class HdfsFailureTest {
    private static final WriteOptions SYNC = WriteOptions.builder().sync(true).build();
    private static final DBOptions OPTIONS = DBOptions.builder()
            .createIfMissing(true)
            .avoidFlushDuringShutdown(true)
            .maxBgErrorResumeCount(0)
            .build();

    /** A client that gives up soon. */
    private static final Map<String, String> IMPATIENT = Map.of(
            "ipc.client.connect.max.retries", "1",
            "ipc.client.connect.retry.interval", "100",
            "dfs.client.block.write.locateFollowingBlock.retries", "1",
            "dfs.client.block.write.retries", "1");

    private final MiniHdfs hdfs;
    private final List<String> acknowledged = new ArrayList<>();

    HdfsFailureTest(MiniHdfs hdfs) {
        this.hdfs = hdfs;
    }

    @Test
    @Tag("C32")
    void shouldFailPutsWhileNoDataNodeTakesThemAndGoOnAfterwards() throws Exception {
        try (Storage storage = Storages.open(hdfs.uri() + "/failure/resumed", IMPATIENT)) {
            try (Store store = Store.open(OPTIONS, storage, List.of())) {
                put(store, "before", 50);
                MiniDFSCluster.DataNodeProperties node = hdfs.cluster().stopDataNode(0);
                try {
                    assertThatThrownBy(() -> put(store, "during", 100_000)).isInstanceOf(StoreException.class);
                    assertThatThrownBy(() -> put(store, "refused", 1))
                            .isInstanceOf(StoreException.class)
                            .hasMessageContaining("store.background-error");
                    checkAcknowledged(store);
                } finally {
                    restart(node);
                }
                resume(store);
                put(store, "after", 50);
                checkAcknowledged(store);
            }
            try (Store store = Store.open(OPTIONS, storage, List.of())) {
                checkAcknowledged(store);
                assertThat(store.get(bytes("refused0"))).isNull();
            }
        }
    }

    @Test
    @Tag("C32")
    void shouldHoldInTheLogWhatAStoreThatBrokeHadAcknowledged() throws Exception {
        String root = hdfs.uri() + "/failure/broken";
        try (Storage storage = Storages.open(root, IMPATIENT)) {
            Store broken = Store.open(OPTIONS, storage, List.of());
            put(broken, "before", 50);
            MiniDFSCluster.DataNodeProperties node = hdfs.cluster().stopDataNode(0);
            try {
                assertThatThrownBy(() -> put(broken, "during", 100_000)).isInstanceOf(StoreException.class);
                assertThatThrownBy(() -> broken.flush(FlushOptions.DEFAULT)).isInstanceOf(StoreException.class);
            } finally {
                restart(node);
            }
            closeBroken(broken);
        }
        try (Storage storage = Storages.open(root, IMPATIENT);
                Store store = Store.open(OPTIONS, storage, List.of())) {
            checkAcknowledged(store);
            put(store, "after", 10);
        }
    }

    @Test
    @Tag("C32")
    void shouldKeepTheMemtableOfAFlushThatHdfsRefuses() throws Exception {
        try (Storage storage = Storages.open(hdfs.uri() + "/failure/flush", IMPATIENT)) {
            try (Store store = Store.open(OPTIONS, storage, List.of())) {
                for (int i = 0; i < 100; i++) {
                    store.put(
                            store.defaultColumnFamily(),
                            WriteOptions.builder().disableWal(true).build(),
                            bytes("unlogged" + i),
                            bytes("value"));
                    acknowledged.add("unlogged" + i);
                }
                MiniDFSCluster.DataNodeProperties node = hdfs.cluster().stopDataNode(0);
                try {
                    assertThatThrownBy(() -> store.flush(FlushOptions.DEFAULT)).isInstanceOf(StoreException.class);
                    checkAcknowledged(store);
                } finally {
                    restart(node);
                }
                resume(store);
                assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.num-files-at-level0"))
                        .isEqualTo(1);
            }
            try (Store store = Store.open(OPTIONS, storage, List.of())) {
                checkAcknowledged(store);
            }
        }
    }

    @Test
    @Tag("C32")
    void shouldLoseNothingWhileTheNameNodeIsAway() throws Exception {
        try (Storage storage = Storages.open(hdfs.uri() + "/failure/namenode", IMPATIENT)) {
            try (Store store = Store.open(OPTIONS, storage, List.of())) {
                put(store, "before", 50);
                hdfs.cluster().shutdownNameNode(0);
                try {
                    try {
                        put(store, "during", 50); // into a block that is open: no NameNode is needed for that
                    } catch (StoreException e) {
                        assertThat(acknowledged).hasSizeLessThan(100);
                    }
                    assertThatThrownBy(() -> store.flush(FlushOptions.DEFAULT)).isInstanceOf(StoreException.class);
                    checkAcknowledged(store);
                } finally {
                    hdfs.cluster().restartNameNode(0, true);
                }
                resume(store);
                put(store, "after", 50);
                checkAcknowledged(store);
            }
            try (Store store = Store.open(OPTIONS, storage, List.of())) {
                checkAcknowledged(store);
            }
        }
    }

    /** Puts one after the other, and remembers those that were acknowledged. */
    private void put(Store store, String kind, int count) throws StoreException {
        for (int i = 0; i < count; i++) {
            String key = kind + i;
            store.put(store.defaultColumnFamily(), SYNC, bytes(key), bytes("value of " + key));
            acknowledged.add(key);
        }
    }

    private void checkAcknowledged(Store store) throws StoreException {
        for (String key : acknowledged) {
            assertThat(store.get(bytes(key))).as(key).isNotNull();
        }
    }

    private void restart(MiniDFSCluster.DataNodeProperties node) throws IOException {
        assertThat(hdfs.cluster().restartDataNode(node, true)).isTrue();
        hdfs.cluster().waitActive();
    }

    /** More than once: each open file whose block was lost fails once, and is replaced then. */
    private static void resume(Store store) {
        await().atMost(Duration.ofSeconds(60))
                .ignoreException(StoreException.class)
                .until(() -> {
                    store.resume();
                    store.flush(FlushOptions.DEFAULT);
                    return true;
                });
    }

    private static void closeBroken(Store store) {
        try {
            store.close();
        } catch (StoreException e) {
            assertThat(e.code()).isNotEmpty(); // its log could not be closed
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
