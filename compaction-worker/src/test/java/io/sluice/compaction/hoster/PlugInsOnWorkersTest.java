// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.document.PlugIns;
import io.sluice.compaction.plugin.PlugInJars;
import io.sluice.compaction.plugin.PlugInSource;
import io.sluice.compaction.plugin.TestPlugIns;
import io.sluice.compaction.worker.CompactionWorker;
import io.sluice.compaction.worker.WorkerSettings;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Stores with plug-ins of their own, and the worker that has these in jars. */
@Timeout(120)
class PlugInsOnWorkersTest {
    private static final int KEYS = 1000;

    @TempDir
    private Path directory;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<WeakReference<ClassLoader>> loaders = new CopyOnWriteArrayList<>();
    private Path jars = Path.of("");
    private String worker = "";

    @BeforeEach
    void startWorker() throws IOException {
        jars = Files.createDirectory(directory.resolve("plug-ins"));
        PlugInJars source = PlugInJars.open(jars, PlugIns.BUILT_IN, System::nanoTime);
        open.add(source);
        CompactionWorker started = CompactionWorker.start(
                WorkerSettings.builder(
                                "w1",
                                "host",
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                                List.of(directory.toString()))
                        .waitLimit(Duration.ofSeconds(5))
                        .build(),
                uri -> Storages.open(uri, Map.of()),
                recording(source),
                new RateLimiter(0, System::nanoTime),
                System::nanoTime,
                new SecureRandom());
        open.add(started);
        worker = started.url();
    }

    /** The source, and a note of each class loader that an attempt had. */
    private PlugInSource recording(PlugInSource source) {
        return instance -> {
            PlugInSource.Lease lease = source.lease(instance);
            KeyComparator order = lease.plugIns().comparators().get(TestPlugIns.ORDER);
            if (order != null) {
                loaders.add(new WeakReference<>(order.getClass().getClassLoader()));
            }
            return lease;
        };
    }

    @AfterEach
    void closeAll() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    /** A store's own plug-ins, as they are on its program's class path. */
    private final class Tenant {
        final String name;
        final RemoteCompaction remote;
        final CompactionFilterFactory marks;
        private final URLClassLoader loader;

        Tenant(String name, Path jar) throws Exception {
            this.name = name;
            loader = new URLClassLoader(
                    new URL[] {jar.toUri().toURL()}, getClass().getClassLoader());
            open.add(loader);
            marks = plugIn("Marks", CompactionFilterFactory.class);
            remote = new RemoteCompaction(RemoteCompactionSettings.builder()
                    .httpWorkers(List.of(RemoteWorker.of(worker)))
                    .instanceName(name)
                    .dcompactMinLevel(0)
                    .retrySleepTime(Duration.ofMillis(20))
                    .overallTimeout(Duration.ofSeconds(60))
                    .build());
        }

        private <T> T plugIn(String simpleName, Class<T> type) throws Exception {
            return type.cast(
                    loader.loadClass("plugins." + simpleName).getConstructor().newInstance());
        }

        Store open() throws Exception {
            DBOptions options = DBOptions.builder()
                    .createIfMissing(true)
                    .remoteCompactionExecutor(remote)
                    .build();
            ColumnFamilyOptions family = ColumnFamilyOptions.builder()
                    .comparator(plugIn("Order", KeyComparator.class))
                    .mergeOperator(plugIn("Join", MergeOperator.class))
                    .compactionFilterFactory(marks)
                    .prefixExtractor(PrefixExtractor.fixed(3))
                    .disableAutoCompactions(true)
                    .targetFileSizeBase(16 << 10)
                    .build();
            return Store.open(
                    options, directory.resolve("db-" + name), List.of(new ColumnFamilyDescriptor("default", family)));
        }

        /** Fills it, has it compacted, and checks that its own plug-ins were at work. */
        void run(String text) throws Exception {
            try (Store store = open()) {
                for (int i = 0; i < KEYS; i++) {
                    store.put(key(i), bytes("value" + i));
                }
                store.flush(FlushOptions.DEFAULT);
                for (int i = 0; i < KEYS; i += 10) {
                    store.merge(key(i), bytes("x"));
                    store.merge(key(i), bytes("y"));
                }
                store.flush(FlushOptions.DEFAULT);
                tell("state of " + name);
                store.compactRange(store.defaultColumnFamily());
                await().until(() -> remote.statistics().remoteJobs() == 1);
                assertThat(remote.statistics().failedAttempts()).isEmpty();
                StringBuilder seven = new StringBuilder();
                for (int i = KEYS - 1; i >= 0; i--) {
                    String expected = "value" + i;
                    if (i % 10 == 0) {
                        expected += text + "x" + text + "y";
                    } else if (i % 10 == 7) {
                        expected += text + "state of " + name;
                        seven.append(new String(key(i), UTF_8)).append(' ');
                    }
                    byte[] found = store.get(key(i));
                    assertThat(found).isNotNull();
                    assertThat(new String(found, UTF_8)).isEqualTo(expected);
                }
                assertThat(told())
                        .as("reports, in the order of the store's keys")
                        .isEqualTo(seven.toString());
            }
        }

        @SuppressWarnings("unchecked") // it is known by its source
        private void tell(String state) {
            ((Consumer<String>) marks).accept(state);
        }

        @SuppressWarnings("unchecked") // it is known by its source
        private String told() {
            return ((Supplier<String>) marks).get();
        }
    }

    private static byte[] key(int number) {
        return bytes(String.format("key%04d", number));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private Path jar(String tenant, String text) throws IOException {
        return TestPlugIns.jar(text)
                .write(Files.createDirectories(jars.resolve(tenant)).resolve("p.jar"));
    }

    @Test
    @Tag("B27")
    @Tag("B28")
    void shouldFindAStoresPlugInsByNameAndCarryTheirStateThereAndBack() throws Exception {
        new Tenant("a", jar("a", "+")).run("+");
    }

    @Test
    @Tag("B29")
    void shouldKeepPlugInsOfTheSameNameApart() throws Exception {
        List<Tenant> tenants = List.of(new Tenant("a", jar("a", "+")), new Tenant("b", jar("b", "*")));
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            List<Future<?>> runs = new ArrayList<>();
            for (Tenant tenant : tenants) {
                runs.add(threads.submit(() -> {
                    tenant.run(tenant.name.equals("a") ? "+" : "*");
                    return null;
                }));
            }
            for (Future<?> run : runs) {
                run.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    @Tag("B29")
    void shouldLetGoOfPlugInsThatWereChangedOnceTheirJobsHaveEnded() throws Exception {
        new Tenant("a", jar("a", "+")).run("+");
        new Tenant("a", jar("a", "#")).run("#");
        assertThat(loaders).hasSize(2);
        assertThat(loaders.get(1).refersTo(null)).isFalse();
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            System.gc();
            return loaders.get(0).refersTo(null);
        });
    }

    @Test
    @Tag("B29")
    void shouldNotGiveAStoreThePlugInsOfAnotherAndTellItWhatIsMissing() throws Exception {
        Tenant stranger = new Tenant("stranger", jar("a", "+"));
        try (Store store = stranger.open()) {
            for (int round = 0; round < 2; round++) {
                store.put(key(1), bytes("v" + round));
                store.flush(FlushOptions.DEFAULT);
            }
            assertThatThrownBy(() -> store.compactRange(store.defaultColumnFamily()))
                    .isInstanceOf(StoreException.class)
                    .hasStackTraceContaining("compaction.document.plug-in");
        }
    }
}
