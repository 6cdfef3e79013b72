// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.storage.hadoop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.ConfigOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.OptionsUtil;
import io.sluice.store.Store;
import io.sluice.store.WriteOptions;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The write-ahead log on HDFS: what an owner that is still there acknowledged, and what becomes of it afterwards. */
@ExtendWith(MiniHdfs.Shared.class)
@Timeout(120)
class WalOnHdfsTest {
    private static final WriteOptions SYNC = WriteOptions.builder().sync(true).build();
    private static final DBOptions OPTIONS = DBOptions.builder()
            .createIfMissing(true)
            .avoidFlushDuringShutdown(true)
            .build();
    private static final AtomicInteger ROOTS = new AtomicInteger();

    private static MiniHdfs hdfs;

    @BeforeAll
    static void takeHdfs(MiniHdfs shared) {
        hdfs = shared;
    }

    @Test
    void shouldRecoverWhatADeposedOwnerAcknowledgedAndFailItsWrites() throws Exception {
        String root = root();
        try (Storage before = Storages.open(root, Map.of());
                Storage after = Storages.open(root, Map.of())) {
            Store deposed = Store.open(OPTIONS, unlocked(before), List.of());
            try {
                for (int i = 0; i < 300; i++) {
                    deposed.put(bytes("logged" + i), bytes("value" + i));
                }
                deposed.put(deposed.defaultColumnFamily(), SYNC, bytes("synced"), bytes("s"));
                deposed.put(bytes("last"), bytes("l"));
                // The file is open: its length in the NameNode is not that of what was acknowledged.
                try (Store owner = Store.open(OPTIONS, unlocked(after), List.of())) {
                    for (int i = 0; i < 300; i++) {
                        assertThat(owner.get(bytes("logged" + i))).isEqualTo(bytes("value" + i));
                    }
                    assertThat(owner.get(bytes("synced"))).isNotNull();
                    assertThat(owner.get(bytes("last"))).isNotNull();
                    assertFenced(() -> deposed.put(bytes("late"), bytes("x")));
                    assertFenced(() -> deposed.put(deposed.defaultColumnFamily(), SYNC, bytes("late"), bytes("x")));
                    assertFenced(deposed::resume);
                    assertThat(owner.get(bytes("late"))).isNull();
                    owner.put(bytes("mine"), bytes("m"));
                }
            } finally {
                closeFenced(deposed);
            }
            try (Store again = Store.open(OPTIONS, unlocked(after), List.of())) {
                assertThat(again.get(bytes("mine"))).isNotNull();
                assertThat(again.get(bytes("late"))).isNull();
                assertThat(again.get(bytes("logged299"))).isNotNull();
            }
        }
    }

    @Test
    @Tag("A19")
    void shouldReleaseLogsOnlyAfterTheInstallAndKeepTheDataThroughReopens() throws Exception {
        String root = root();
        try (Storage storage = Storages.open(root, Map.of())) {
            for (int life = 0; life < 3; life++) {
                try (Store store = Store.open(OPTIONS, storage, List.of())) {
                    for (int i = 0; i < life; i++) {
                        assertThat(store.get(bytes("flushed" + i))).isNotNull();
                        assertThat(store.get(bytes("logged" + i))).isNotNull();
                    }
                    store.put(bytes("flushed" + life), bytes("1"));
                    store.flush(FlushOptions.DEFAULT);
                    store.put(bytes("logged" + life), bytes("2"));
                }
            }
        }
    }

    @Test
    void shouldKeepTheOptionsOfTheOwnerAndTheTwoNewestFiles() throws Exception {
        String root = root();
        try (Storage before = Storages.open(root, Map.of());
                Storage after = Storages.open(root, Map.of())) {
            Store deposed = Store.open(OPTIONS, unlocked(before), List.of());
            deposed.setDBOptions(Map.of("max_background_jobs", "5"));
            assertThat(maxBackgroundJobs(after)).isEqualTo(5);
            deposed.setDBOptions(Map.of("max_background_jobs", "6"));
            try (Store owner = Store.open(OPTIONS, unlocked(after), List.of())) {
                owner.setDBOptions(Map.of("max_background_jobs", "7"));
                deposed.setDBOptions(Map.of("max_background_jobs", "8"));
                assertThat(maxBackgroundJobs(after)).isEqualTo(7);
                assertThat(after.list("").stream().filter(name -> name.startsWith("OPTIONS-")))
                        .hasSize(2);
            } finally {
                closeFenced(deposed);
            }
        }
    }

    private static int maxBackgroundJobs(Storage storage) throws StoreException {
        return OptionsUtil.loadLatestOptions(ConfigOptions.DEFAULT, storage)
                .dbOptions()
                .maxBackgroundJobs();
    }

    private static void assertFenced(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FENCED));
    }

    private static void closeFenced(Store store) throws StoreException {
        try {
            store.close();
        } catch (StoreException e) {
            assertThat(e.kind()).isEqualTo(Kind.FENCED);
        }
    }

    private static String root() {
        return hdfs.uri() + "/wal/" + ROOTS.incrementAndGet();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    /** A storage whose lock keeps nobody out, as where its holder was cut off. */
    private static Storage unlocked(Storage storage) {
        return (Storage) Proxy.newProxyInstance(
                Storage.class.getClassLoader(), new Class<?>[] {Storage.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("lock")) {
                        return (Storage.FileLock) () -> {};
                    }
                    try {
                        return method.invoke(storage, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
