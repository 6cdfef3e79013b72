// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.store.LoadedOptions.Reason;
import io.sluice.store.LoadedOptions.SkippedOption;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.ReverseBytewiseComparator;
import io.sluice.store.compaction.CompactionPriority;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.storage.LocalStorage;
import io.sluice.store.wal.WalRecoveryMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.BloomFilter;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksIterator;

/** RocksDB and its tools open our stores with the options that we stored, and we open theirs. */
@Tag("every-rocksdb")
class OptionsInteropTest {
    private static final Path LDB = Path.of("/usr/bin/ldb");
    private static final String SECOND = "col #2: \"x\"";
    private static final ConfigOptions STRICT =
            ConfigOptions.builder().ignoreUnsupportedOptions(false).build();

    @TempDir
    private Path directory;

    @BeforeAll
    static void loadRocksDb() {
        RocksDB.loadLibrary();
    }

    private static ColumnFamilyOptions options() {
        return ColumnFamilyOptions.builder()
                .writeBufferSize(1 << 20)
                .compression(CompressionType.ZSTD)
                .compressionLevel(5)
                .numLevels(5)
                .maxBytesForLevelMultiplier(8.5)
                .compactionPriority(CompactionPriority.ROUND_ROBIN)
                .comparator(ReverseBytewiseComparator.INSTANCE)
                .prefixExtractor(PrefixExtractor.fixed(4))
                .mergeOperator(MergeOperators.stringAppend("#"))
                .tableOptions(BlockBasedTableOptions.builder()
                        .blockSize(8192)
                        .filterBitsPerKey(9.5)
                        .cacheIndexAndFilterBlocks(true)
                        .build())
                .build();
    }

    /** A store of ours with operands in SSTs and in the log, in both column families. */
    private void writeOurs() throws Exception {
        DBOptions db = DBOptions.builder()
                .createIfMissing(true)
                .createMissingColumnFamilies(true)
                .maxBackgroundJobs(6)
                .walRecoveryMode(WalRecoveryMode.ABSOLUTE_CONSISTENCY)
                .avoidFlushDuringShutdown(true)
                .build();
        ColumnFamilyOptions counting = ColumnFamilyOptions.builder()
                .mergeOperator(MergeOperators.uint64Add())
                .build();
        try (Store store = Store.open(
                db,
                directory,
                List.of(
                        new ColumnFamilyDescriptor("default", counting),
                        new ColumnFamilyDescriptor(SECOND, options())))) {
            ColumnFamilyHandle second = Objects.requireNonNull(store.columnFamily(SECOND));
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 50; i++) {
                    byte[] key = String.format("key%03d", i).getBytes(UTF_8);
                    store.merge(second, WriteOptions.DEFAULT, key, ("r" + round).getBytes(UTF_8));
                    store.merge(key, new byte[] {(byte) i, 1, 0, 0, 0, 0, 0, 0});
                }
                if (round < 2) {
                    store.flush(FlushOptions.DEFAULT);
                }
            }
        }
    }

    @Test
    void shouldBeOpenedByRocksDbWithTheStoredOptions() throws Exception {
        writeOurs();
        List<org.rocksdb.ColumnFamilyDescriptor> families = new ArrayList<>();
        try (org.rocksdb.ConfigOptions config = new org.rocksdb.ConfigOptions()
                        .setIgnoreUnknownOptions(false)
                        .setSanityLevel(org.rocksdb.SanityLevel.EXACT_MATCH);
                org.rocksdb.DBOptions db = new org.rocksdb.DBOptions()) {
            org.rocksdb.OptionsUtil.loadLatestOptions(config, directory.toString(), db, families);
            assertThat(db.maxBackgroundJobs()).isEqualTo(6);
            assertThat(db.walRecoveryMode()).isEqualTo(org.rocksdb.WALRecoveryMode.AbsoluteConsistency);
            assertThat(families)
                    .extracting(family -> new String(family.getName(), UTF_8))
                    .containsExactly("default", SECOND);
            org.rocksdb.ColumnFamilyOptions second = families.get(1).getOptions();
            assertThat(second.writeBufferSize()).isEqualTo(1 << 20);
            assertThat(second.compressionType()).isEqualTo(org.rocksdb.CompressionType.ZSTD_COMPRESSION);
            assertThat(second.numLevels()).isEqualTo(5);
            assertThat(second.maxBytesForLevelMultiplier()).isEqualTo(8.5);
            assertThat(second.compactionPriority()).isEqualTo(org.rocksdb.CompactionPriority.RoundRobin);
            assertThat(second.tableFactoryName()).isEqualTo("BlockBasedTable");
            // It is opened with what was loaded: the order of keys, the merge operators and their delimiter.
            List<org.rocksdb.ColumnFamilyHandle> handles = new ArrayList<>();
            try (RocksDB rocks = RocksDB.open(db, directory.toString(), families, handles)) {
                assertThat(rocks.get(handles.get(1), "key007".getBytes(UTF_8))).isEqualTo("r0#r1#r2".getBytes(UTF_8));
                assertThat(rocks.get("key007".getBytes(UTF_8))).isEqualTo(new byte[] {21, 3, 0, 0, 0, 0, 0, 0});
                try (RocksIterator iterator =
                        rocks.newIterator(handles.get(1), new org.rocksdb.ReadOptions().setTotalOrderSeek(true))) {
                    iterator.seekToFirst();
                    assertThat(iterator.key()).isEqualTo("key049".getBytes(UTF_8));
                }
                handles.forEach(org.rocksdb.ColumnFamilyHandle::close);
            }
        }
        // It has written a file of its own, which we load.
        assertThat(OptionsUtil.loadLatestOptions(STRICT, directory).rocksDbVersion())
                .isNotEqualTo("7.8.3");
        try (Store store = Store.open(
                DBOptions.DEFAULT,
                directory,
                OptionsUtil.loadLatestOptions(STRICT, directory).columnFamilies())) {
            assertThat(store.get(Objects.requireNonNull(store.columnFamily(SECOND)), "key049".getBytes(UTF_8)))
                    .isEqualTo("r0#r1#r2".getBytes(UTF_8));
        }
    }

    @Test
    void shouldBeOpenedByLdbWithTheStoredOptions() throws Exception {
        assumeTrue(Files.exists(LDB), "rocksdb-tools is not installed");
        writeOurs();
        String scan = ldb("scan", "--column_family=" + SECOND, "--max_keys=2");
        assertThat(scan).isEqualTo("key049 : r0#r1#r2\nkey048 : r0#r1#r2\n");
        assertThat(ldb("get", "key007", "--value_hex")).isEqualTo("0x1503000000000000\n");
        assertThat(ldb("put", "key007", "new")).isEqualTo("OK\n");
        LoadedOptions loaded = OptionsUtil.loadLatestOptions(STRICT, directory);
        assertThat(loaded.rocksDbVersion()).isEqualTo("7.8.3");
        ColumnFamilyOptions second =
                Objects.requireNonNull(loaded.columnFamily(SECOND)).options();
        assertThat(Objects.requireNonNull(second.mergeOperator()).id())
                .isEqualTo(MergeOperators.stringAppend("#").id());
        assertThat(second.prefixExtractor()).isEqualTo(PrefixExtractor.fixed(4));
        assertThat(second.tableOptions().filterBitsPerKey()).isEqualTo(9.5);
        assertThat(second.compressionLevel()).isEqualTo(5);
        assertThat(loaded.skipped()).extracting(SkippedOption::reason).containsOnly(Reason.NOT_IN_SLUICE);
        keepAsGolden("7.8.3");
    }

    @Test
    void shouldLoadWhatRocksDbWrote() throws Exception {
        try (org.rocksdb.DBOptions db = new org.rocksdb.DBOptions()
                        .setCreateIfMissing(true)
                        .setCreateMissingColumnFamilies(true)
                        .setMaxBackgroundJobs(6)
                        .setWalRecoveryMode(org.rocksdb.WALRecoveryMode.AbsoluteConsistency);
                BloomFilter bloom = new BloomFilter(9.5);
                org.rocksdb.StringAppendOperator append = new org.rocksdb.StringAppendOperator("#");
                org.rocksdb.CompressionOptions compression = new org.rocksdb.CompressionOptions().setLevel(5);
                org.rocksdb.ColumnFamilyOptions family = new org.rocksdb.ColumnFamilyOptions()
                        .setWriteBufferSize(1 << 20)
                        .setCompressionType(org.rocksdb.CompressionType.ZSTD_COMPRESSION)
                        .setCompressionOptions(compression)
                        .setCompactionPriority(org.rocksdb.CompactionPriority.RoundRobin)
                        .setComparator(org.rocksdb.BuiltinComparator.REVERSE_BYTEWISE_COMPARATOR)
                        .useFixedLengthPrefixExtractor(4)
                        .setMergeOperator(append)
                        .setTableFormatConfig(new org.rocksdb.BlockBasedTableConfig()
                                .setBlockSize(8192)
                                .setFilterPolicy(bloom));
                org.rocksdb.ColumnFamilyOptions defaults = new org.rocksdb.ColumnFamilyOptions()) {
            List<org.rocksdb.ColumnFamilyHandle> handles = new ArrayList<>();
            try (RocksDB rocks = RocksDB.open(
                    db,
                    directory.toString(),
                    List.of(
                            new org.rocksdb.ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, defaults),
                            new org.rocksdb.ColumnFamilyDescriptor(SECOND.getBytes(UTF_8), family)),
                    handles)) {
                rocks.merge(handles.get(1), "key".getBytes(UTF_8), "a".getBytes(UTF_8));
                rocks.merge(handles.get(1), "key".getBytes(UTF_8), "b".getBytes(UTF_8));
                handles.forEach(org.rocksdb.ColumnFamilyHandle::close);
            }
        }
        LoadedOptions loaded = OptionsUtil.loadLatestOptions(STRICT, directory);
        keepAsGolden(loaded.rocksDbVersion());
        assertThat(loaded.skipped()).extracting(SkippedOption::reason).containsOnly(Reason.NOT_IN_SLUICE);
        try (Store store = Store.open(loaded.dbOptions(), directory, loaded.columnFamilies())) {
            assertThat(store.get(Objects.requireNonNull(store.columnFamily(SECOND)), "key".getBytes(UTF_8)))
                    .isEqualTo("a#b".getBytes(UTF_8));
        }
    }

    /** For a new release: copy what stands there then to the resources. */
    private void keepAsGolden(String release) throws IOException {
        Path found = Path.of("target", "golden", "OPTIONS-rocksdb-" + release);
        Files.createDirectories(Objects.requireNonNull(found.getParent()));
        try (LocalStorage storage = new LocalStorage(directory)) {
            Path written = directory.resolve(OptionsUtil.latestOptionsFileName(storage));
            Files.copy(written, found, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private String ldb(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(LDB.toString(), "--db=" + directory));
        command.addAll(List.of(arguments));
        Path err = directory.resolve("ldb.err");
        Process process =
                new ProcessBuilder(command).redirectError(err.toFile()).start();
        String out = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as("%s%s", out, Files.readString(err)).isEqualTo(0);
        return out;
    }
}
