// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.address;
import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static io.sluice.flush.scenario.Cluster.workerSettings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.flush.memnode.Memnode;
import io.sluice.flush.memnode.MemnodeSettings;
import io.sluice.flush.placement.Load;
import io.sluice.flush.placement.WorkerRegistry;
import io.sluice.flush.worker.WorkerSettings;
import io.sluice.store.base.Bytes;
import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.ReverseBytewiseComparator;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.flush.FlushVerifier;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.RangeTombstone;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.sst.TableOptions;
import io.sluice.store.sst.TableReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Single jobs through a memnode and a worker, without an engine around them. */
@Timeout(60)
class RemoteJobTest {
    private static final long MIB = 1L << 20;
    private static final TableOptions OPTIONS = TableOptions.DEFAULT
            .withCompression(CompressionType.NONE, TableOptions.DEFAULT_LEVEL)
            .withFilterBitsPerKey(10);

    private final Cluster cluster = new Cluster();

    @TempDir
    Path directory;

    private Jobs jobs;

    @BeforeEach
    void open() throws Exception {
        jobs = cluster.keep(new Jobs(directory));
    }

    @AfterEach
    void close() throws Exception {
        cluster.close();
    }

    private FlushExecutor executor(Cluster.Generator generator) {
        FlushExecutor executor = cluster.keep(generator.remote().create(jobs.context()));
        await().atMost(Duration.ofSeconds(20)).until(() -> generator.remote().connectedMemnodes() == 1);
        return executor;
    }

    private static void awaitWorkers(Cluster.Running<Memnode> memnode, int count) {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> memnode.role().status().get().workers().size() == count);
    }

    private static FlushResult result(FlushExecutor.Running running) throws Exception {
        return running.result().get(20, TimeUnit.SECONDS);
    }

    private List<String> entries(String path, KeyComparator order) throws Exception {
        List<String> entries = new ArrayList<>();
        try (TableReader reader = TableReader.open(jobs.storage().open(path), order);
                InternalIterator iterator = reader.iterator()) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                entries.add(HexFormat.of().formatHex(Bytes.copy(iterator.key())) + "="
                        + HexFormat.of().formatHex(Bytes.copy(iterator.value())));
            }
        }
        return entries;
    }

    private void assertEqualButForTheBuilder(FlushResult remote, FlushResult local) throws Exception {
        assertEqualButForTheBuilder(remote, local, BytewiseComparator.INSTANCE);
    }

    private void assertEqualButForTheBuilder(FlushResult remote, FlushResult local, KeyComparator order)
            throws Exception {
        String remotePath = Objects.requireNonNull(remote.path());
        String localPath = Objects.requireNonNull(local.path());
        long ranges = Long.parseLong(local.properties().get("rocksdb.num.range-deletions"));
        assertThat(entries(remotePath, order))
                .isEqualTo(entries(localPath, order))
                .hasSize((int) (local.outputEntries() - ranges));
        assertThat(remote.inputEntries()).isEqualTo(local.inputEntries());
        Map<String, String> properties = local.properties();
        long blocks = Long.parseLong(properties.get("rocksdb.data.size"))
                + Long.parseLong(properties.get("rocksdb.filter.size"))
                + Long.parseLong(properties.get("rocksdb.index.size"));
        assertThat(Files.mismatch(directory.resolve(remotePath), directory.resolve(localPath)))
                .as("the first byte that differs is in the properties")
                .isGreaterThanOrEqualTo(blocks);
        Map<String, String> mine = new HashMap<>(remote.properties());
        Map<String, String> theirs = new HashMap<>(properties);
        assertThat(mine.remove("sluice.builder")).isEqualTo("w1");
        assertThat(theirs.remove("sluice.builder")).isEqualTo("local");
        assertThat(mine.remove("rocksdb.creating.host.identity")).isEqualTo("test-host");
        theirs.remove("rocksdb.creating.host.identity");
        assertThat(mine).isEqualTo(theirs);
    }

    @Test
    @Tag("A12")
    void shouldKeepTheJobOnTheMemnodeUntilItsCompletionIsAcknowledged() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 8 * MIB);
        cluster.worker("w1", memnode);
        awaitWorkers(memnode, 1);
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(address(memnode))));
        FlushExecutor executor = executor(generator);
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", 1000);
        FlushExecutor.Running running = executor.start(jobs.job(12, OPTIONS, List.of(memtable)));
        assertThat(result(running).builder()).isEqualTo("w1");
        assertThat(memnode.role().status().get().grants()).isEqualTo(1);
        assertThat(memnode.role().status().get().inUse())
                .isGreaterThanOrEqualTo(memtable.layout().totalLength());
        running.settled(true);
        await().atMost(Duration.ofSeconds(10))
                .until(() -> memnode.role().status().get().inUse() == 0);
        assertThat(memnode.role().status().get().grants()).isZero();
        memtable.release();
        await().atMost(Duration.ofSeconds(10)).until(() -> generator.memory().inUse() == 0);
    }

    @Test
    @Tag("A15")
    void shouldFlushSeveralMemtablesInOneJobAsALocalFlushDoes() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 8 * MIB);
        cluster.worker("w1", memnode);
        awaitWorkers(memnode, 1);
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(address(memnode))));
        FlushExecutor executor = executor(generator);
        List<SealedMemtable> memtables = List.of(
                jobs.memtable(1, generator.memory(), "key", 2000),
                jobs.memtable(2, generator.memory(), "kez", 500),
                jobs.memtable(3, generator.memory(), "key", 300));
        FlushJob job = jobs.job(12, OPTIONS, memtables);
        FlushExecutor.Running running = executor.start(job);
        FlushResult remote = result(running);
        FlushResult local = result(jobs.local().start(job));
        assertEqualButForTheBuilder(remote, local);
        running.settled(true);
        memtables.forEach(SealedMemtable::release);
        await().atMost(Duration.ofSeconds(10))
                .until(() -> generator.memory().inUse() == 0
                        && memnode.role().status().get().inUse() == 0);
    }

    @Test
    @Tag("A17")
    void shouldObeyEveryTableOptionAsALocalFlushDoes() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 8 * MIB);
        cluster.worker("w1", memnode);
        awaitWorkers(memnode, 1);
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(address(memnode))));
        FlushExecutor executor = executor(generator);
        List<TableOptions> variants = new ArrayList<>();
        variants.add(OPTIONS.withComparator(ReverseBytewiseComparator.INSTANCE));
        variants.add(OPTIONS.withPrefixes(PrefixExtractor.fixed(4), true));
        variants.add(OPTIONS.withPrefixes(PrefixExtractor.capped(5), false));
        variants.add(OPTIONS.withFilterBitsPerKey(0));
        variants.add(OPTIONS.withFilterBitsPerKey(17.5));
        variants.add(OPTIONS.withBlockSize(500));
        variants.add(OPTIONS.withMergeOperator(MergeOperators.uint64Add()));
        // Whatever else there is: deviation, intervals, compression and its level.
        variants.add(new TableOptions(
                BytewiseComparator.INSTANCE,
                3000,
                40,
                5,
                3,
                5,
                CompressionType.ZSTD,
                9,
                12,
                true,
                MergeOperators.stringAppend(";"),
                PrefixExtractor.noop()));
        long number = 20;
        List<byte[]> tables = new ArrayList<>();
        for (TableOptions options : variants) {
            SealedMemtable memtable = jobs.memtable(number, generator.memory(), "key", 1000, options.comparator());
            FlushJob job = jobs.job(number++, options, List.of(memtable));
            FlushExecutor.Running running = executor.start(job);
            FlushResult remote = result(running);
            assertEqualButForTheBuilder(remote, result(jobs.local().start(job)), options.comparator());
            new FlushVerifier(jobs.storage()).verify(job, remote, true);
            tables.add(Files.readAllBytes(directory.resolve(Objects.requireNonNull(remote.path()))));
            running.settled(true);
            memtable.release();
        }
        // Each option tells in the bytes, so that a lost one would have been seen.
        assertThat(tables.stream().map(Arrays::hashCode).distinct()).hasSize(variants.size());
    }

    @Test
    void shouldWriteTheSameBlocksAsALocalFlushWithEveryCompression() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 8 * MIB);
        cluster.worker("w1", memnode);
        awaitWorkers(memnode, 1);
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(address(memnode))));
        FlushExecutor executor = executor(generator);
        long number = 20;
        for (CompressionType type : CompressionType.values()) {
            SealedMemtable memtable = jobs.memtable(number, generator.memory(), "key", 1000);
            FlushJob job = jobs.job(
                    number++,
                    OPTIONS.withCompression(type, TableOptions.DEFAULT_LEVEL).withBlockSize(1024),
                    List.of(memtable));
            FlushExecutor.Running running = executor.start(job);
            assertEqualButForTheBuilder(result(running), result(jobs.local().start(job)));
            running.settled(true);
            memtable.release();
        }
    }

    @Test
    @Tag("A14")
    void shouldWriteTheSameTableAsALocalFlushOfEveryTypeWhateverTheSnapshots() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 8 * MIB);
        cluster.worker("w1", memnode);
        awaitWorkers(memnode, 1);
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(address(memnode))));
        FlushExecutor executor = executor(generator);
        long operands = 0;
        for (int round = 0; round < 8; round++) {
            TableOptions options = OPTIONS.withBlockSize(512 << (round % 3))
                    .withMergeOperator(round == 7 ? null : MergeOperators.stringAppend(round % 2 == 0 ? "," : "::"));
            List<SealedMemtable> memtables = new ArrayList<>();
            List<Long> snapshots = new ArrayList<>();
            for (int i = 0; i <= round % 3; i++) {
                long id = 100 + 10L * round + i;
                memtables.add(jobs.memtableOfEveryType(id, generator.memory(), id, 1500));
                if (round % 4 != 0) {
                    snapshots.add(jobs.lastSequence() - 700);
                    snapshots.add(jobs.lastSequence() - 100);
                }
            }
            FlushJob job = jobs.job(50 + round, options, memtables, snapshots);
            FlushExecutor.Running running = executor.start(job);
            FlushResult remote = result(running);
            FlushResult local = result(jobs.local().start(job));
            assertEqualButForTheBuilder(remote, local);
            assertThat(rangeDeletions(remote)).isEqualTo(rangeDeletions(local)).isNotEmpty();
            operands += Long.parseLong(local.properties().get("rocksdb.merge.operands"));
            assertThat(new FlushVerifier(jobs.storage()).verify(job, remote, true))
                    .isNotNull();
            running.settled(true);
            memtables.forEach(SealedMemtable::release);
        }
        assertThat(operands).isPositive();
    }

    private List<RangeTombstone> rangeDeletions(FlushResult result) throws Exception {
        String path = Objects.requireNonNull(result.path());
        try (TableReader reader = TableReader.open(jobs.storage().open(path), BytewiseComparator.INSTANCE)) {
            return reader.rangeTombstones().tombstones();
        }
    }

    @Test
    @Tag("A23")
    void shouldTellEveryMemnodeJobsAndOutputByHeartbeats() throws Exception {
        assertThat(WorkerSettings.of("w", "h", List.of()).heartbeatInterval()).isEqualTo(Duration.ofMillis(500));
        assertThat(MemnodeSettings.of("m", Cluster.loopback(0)).checkInterval()).isEqualTo(Duration.ofMillis(500));
        Cluster.Running<Memnode> assigning = cluster.memnode("m1", 8 * MIB);
        Cluster.Running<Memnode> other = cluster.memnode("m2", 8 * MIB);
        Gate gate = new Gate();
        Cluster.Running<?> worker = cluster.worker(
                workerSettings("w1", Cluster.addresses(List.of(assigning, other))), gate.holdingTables(), 8 * MIB);
        awaitWorkers(assigning, 1);
        awaitWorkers(other, 1);
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(address(assigning))));
        FlushExecutor executor = executor(generator);
        SealedMemtable memtable = jobs.memtable(1, generator.memory(), "key", 5000);
        FlushExecutor.Running running = executor.start(jobs.job(12, OPTIONS, List.of(memtable)));
        gate.awaitReached();
        await().atMost(Duration.ofSeconds(10))
                .until(() -> load(other).jobs() == 1 && load(assigning).jobs() == 1);
        gate.open();
        FlushResult result = result(running);
        assertThat(result.builder()).isEqualTo("w1");
        // The meter's window is 4 s.
        long rate = Files.size(directory.resolve(Objects.requireNonNull(result.path()))) / 4;
        await().atMost(Duration.ofSeconds(3))
                .until(() -> load(other).storageBytesPerSecond() == rate
                        && load(assigning).storageBytesPerSecond() == rate);
        await().atMost(Duration.ofSeconds(10))
                .until(() -> load(other).jobs() == 0 && load(assigning).jobs() == 0);
        running.settled(true);
        memtable.release();
        worker.kill();
        awaitWorkers(assigning, 0);
        awaitWorkers(other, 0);
    }

    private static Load load(Cluster.Running<Memnode> memnode) throws Exception {
        List<WorkerRegistry.Status> workers = memnode.role().status().get().workers();
        return workers.isEmpty() ? Load.NONE : workers.get(0).load();
    }
}
