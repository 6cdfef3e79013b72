// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.ReverseBytewiseComparator;
import io.sluice.store.base.ValueType;
import io.sluice.store.storage.MemoryDirectories;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.BuiltinComparator;
import org.rocksdb.ChecksumType;
import org.rocksdb.DataBlockIndexType;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Snapshot;
import org.rocksdb.SstFileReader;
import org.rocksdb.SstFileReaderIterator;

/** Both directions against RocksDB itself, which decides what is right. */
class RocksInteropTest {
    /** In memory where there is such a file system: RocksDB syncs every file. */
    @TempDir(factory = MemoryDirectories.class)
    Path directory;

    private int databases;

    @BeforeAll
    static void loadLibrary() {
        RocksDB.loadLibrary();
    }

    private static BlockBasedTableConfig config(TableOptions options) {
        BlockBasedTableConfig config = new BlockBasedTableConfig()
                .setFormatVersion(options.formatVersion())
                .setChecksumType(ChecksumType.kCRC32c)
                .setBlockSize(options.blockSize())
                .setBlockSizeDeviation(options.blockSizeDeviation())
                .setBlockRestartInterval(options.blockRestartInterval())
                .setIndexBlockRestartInterval(options.indexBlockRestartInterval())
                .setOptimizeFiltersForMemory(false)
                .setWholeKeyFiltering(options.wholeKeyFiltering())
                .setNoBlockCache(true);
        if (options.filterBitsPerKey() > 0) {
            config.setFilterPolicy(new BloomFilter(options.filterBitsPerKey()));
        }
        return config;
    }

    /** Lets RocksDB flush random writes, several versions of many keys among them, and returns its SST. */
    private byte[] rocksTable(long seed, int count, BlockBasedTableConfig config, CompressionType compression)
            throws RocksDBException, IOException {
        return rocksTable(seed, count, config, compression, TableOptions.DEFAULT);
    }

    private byte[] rocksTable(
            long seed, int count, BlockBasedTableConfig config, CompressionType compression, TableOptions ours)
            throws RocksDBException, IOException {
        Random random = new Random(seed);
        Path path = directory.resolve("db-" + databases++);
        List<Snapshot> snapshots = new ArrayList<>();
        try (Options options = new Options()
                        .setCreateIfMissing(true)
                        .setDisableAutoCompactions(true)
                        .setStatsDumpPeriodSec(0)
                        .setStatsPersistPeriodSec(0)
                        .setMergeOperatorName("stringappend")
                        .setCompressionType(rocksType(compression))
                        .setTableFormatConfig(config);
                RocksDB db = RocksDB.open(withPlugIns(options, ours), path.toString());
                FlushOptions flush = new FlushOptions()) {
            byte[] key = new byte[0];
            for (int i = 0; i < count; i++) {
                if (random.nextInt(4) != 0) {
                    key = Entry.randomKey(random);
                }
                byte[] value = new byte[random.nextInt(20) == 0 ? random.nextInt(6000) : random.nextInt(60)];
                for (int n = 0; n < value.length; n++) {
                    value[n] = (byte) "aaaaabcd".charAt(random.nextInt(8));
                }
                switch (random.nextInt(8)) {
                    case 0 -> db.delete(key);
                    case 1 -> db.merge(key, value);
                    case 2 -> db.singleDelete(("single" + i).getBytes(StandardCharsets.UTF_8));
                    default -> db.put(key, value);
                }
                if (random.nextInt(3) == 0) {
                    snapshots.add(db.getSnapshot());
                }
            }
            db.flush(flush);
            snapshots.forEach(db::releaseSnapshot);
        }
        try (Stream<Path> files = Files.list(path)) {
            List<Path> tables = files.filter(p -> p.toString().endsWith(".sst")).toList();
            assertThat(tables).hasSize(1);
            return Files.readAllBytes(tables.get(0));
        }
    }

    private static Options withPlugIns(Options options, TableOptions ours) {
        if (ours.comparator() == ReverseBytewiseComparator.INSTANCE) {
            options.setComparator(BuiltinComparator.REVERSE_BYTEWISE_COMPARATOR);
        }
        PrefixExtractor prefixes = ours.prefixExtractor();
        if (prefixes != null) {
            int length = prefixes.prefixLength(Integer.MAX_VALUE);
            if (prefixes.hasPrefix(0)) {
                options.useCappedPrefixExtractor(length);
            } else {
                options.useFixedLengthPrefixExtractor(length);
            }
        }
        return options;
    }

    private static org.rocksdb.CompressionType rocksType(CompressionType type) {
        return switch (type) {
            case NONE -> org.rocksdb.CompressionType.NO_COMPRESSION;
            case SNAPPY -> org.rocksdb.CompressionType.SNAPPY_COMPRESSION;
            case LZ4 -> org.rocksdb.CompressionType.LZ4_COMPRESSION;
            case LZ4HC -> org.rocksdb.CompressionType.LZ4HC_COMPRESSION;
            case ZSTD -> org.rocksdb.CompressionType.ZSTD_COMPRESSION;
        };
    }

    static Stream<TableOptions> options() {
        List<TableOptions> options = new ArrayList<>();
        int[] blockSizes = {128, 1000, 4096, 65536};
        int[] restartIntervals = {1, 4, 16};
        double[] filterBits = {0, 3.3, 10, 15.5, 24};
        for (int i = 0; i < 12; i++) {
            int interval = restartIntervals[i % restartIntervals.length];
            options.add(new TableOptions(
                    BytewiseComparator.INSTANCE,
                    blockSizes[i % blockSizes.length],
                    10 * (i % 3),
                    interval,
                    interval / 3 + 1,
                    5,
                    CompressionType.NONE,
                    TableOptions.DEFAULT_LEVEL,
                    filterBits[i % filterBits.length],
                    true,
                    null,
                    null));
        }
        TableOptions plain = TableOptions.DEFAULT
                .withCompression(CompressionType.NONE, TableOptions.DEFAULT_LEVEL)
                .withFilterBitsPerKey(10);
        for (boolean wholeKeys : new boolean[] {true, false}) {
            options.add(plain.withPrefixes(PrefixExtractor.fixed(1), wholeKeys));
            options.add(plain.withPrefixes(PrefixExtractor.fixed(3), wholeKeys));
            options.add(plain.withPrefixes(PrefixExtractor.fixed(1000), wholeKeys));
            options.add(plain.withPrefixes(PrefixExtractor.capped(2), wholeKeys));
            options.add(plain.withPrefixes(PrefixExtractor.capped(5), wholeKeys));
        }
        options.add(plain.withComparator(ReverseBytewiseComparator.INSTANCE));
        options.add(
                plain.withComparator(ReverseBytewiseComparator.INSTANCE).withPrefixes(PrefixExtractor.capped(2), true));
        return options.stream();
    }

    /** What comes before the properties: data, filter and index blocks. */
    private static byte[] blocks(byte[] table) throws IOException {
        Footer footer = Footer.read(ArrayFile.readable(table));
        BlockHandle index = Objects.requireNonNull(footer.index());
        long end = index.offset() + index.length() + TableFormat.TRAILER_LENGTH;
        return java.util.Arrays.copyOf(table, (int) end);
    }

    @ParameterizedTest
    @MethodSource("options")
    void shouldWriteTheBlocksThatRocksDbWrites(TableOptions options) throws Exception {
        long seed = options.blockSize();
        byte[] theirs = rocksTable(seed, 1500, config(options), CompressionType.NONE, options);
        List<Entry> entries = Entry.read(theirs, options.comparator());
        assertThat(entries).hasSizeGreaterThan(700);
        byte[] ours = Entry.table(entries, options);
        assertThat(blocks(ours)).as("seed %d", seed).isEqualTo(blocks(theirs));
        for (String name : new String[] {
            PropertyNames.PREFIX_EXTRACTOR,
            PropertyNames.PREFIX_FILTERING,
            PropertyNames.WHOLE_KEY_FILTERING,
            PropertyNames.NUM_FILTER_ENTRIES,
            PropertyNames.FILTER_SIZE,
            PropertyNames.FILTER_POLICY,
            PropertyNames.COMPARATOR
        }) {
            assertThat(properties(ours, options.comparator()).get(name))
                    .as(name)
                    .isEqualTo(properties(theirs, options.comparator()).get(name));
        }
    }

    @Test
    void shouldWriteThePropertiesThatRocksDbWrites() throws Exception {
        TableOptions options = TableOptions.DEFAULT
                .withCompression(CompressionType.NONE, TableOptions.DEFAULT_LEVEL)
                .withFilterBitsPerKey(10);
        byte[] theirs = rocksTable(1, 1500, config(options), CompressionType.NONE);
        Map<String, String> expected = properties(theirs);
        TableIdentity identity = new TableIdentity(
                0,
                "default",
                expected.getOrDefault(PropertyNames.DB_ID, ""),
                expected.getOrDefault(PropertyNames.DB_SESSION_ID, ""),
                expected.getOrDefault(PropertyNames.DB_HOST_ID, ""),
                "local",
                Long.parseLong(expected.getOrDefault(PropertyNames.ORIGINAL_FILE_NUMBER, "")),
                Long.parseLong(expected.getOrDefault(PropertyNames.CREATION_TIME, "")),
                Long.parseLong(expected.getOrDefault(PropertyNames.OLDEST_KEY_TIME, "")),
                Long.parseLong(expected.getOrDefault(PropertyNames.FILE_CREATION_TIME, "")));
        Map<String, String> found = new TreeMap<>(properties(Entry.table(Entry.read(theirs), options, identity)));

        assertThat(found.remove(PropertyNames.BUILDER)).isEqualTo("local");
        assertThat(found.put(PropertyNames.PROPERTY_COLLECTORS, "[]")).isEqualTo("[sluice.builder]");
        assertThat(expected.remove(PropertyNames.MERGE_OPERATOR)).isEqualTo("StringAppendOperator");
        assertThat(found.remove(PropertyNames.MERGE_OPERATOR)).isEqualTo("nullptr");
        assertThat(found).isEqualTo(expected);
    }

    private static Map<String, String> properties(byte[] table) throws IOException {
        return properties(table, BytewiseComparator.INSTANCE);
    }

    private static Map<String, String> properties(byte[] table, KeyComparator comparator) throws IOException {
        try (TableReader reader = TableReader.open(ArrayFile.readable(table), comparator)) {
            return new TreeMap<>(reader.properties().asMap());
        }
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void shouldReadWhatRocksDbCompressed(CompressionType compression) throws Exception {
        TableOptions options = TableOptions.DEFAULT.withFilterBitsPerKey(10);
        byte[] plain = rocksTable(2, 2500, config(options), CompressionType.NONE);
        byte[] theirs = rocksTable(2, 2500, config(options), compression);
        assertThat(Entry.read(theirs)).isEqualTo(Entry.read(plain));
        assertThat(properties(theirs)).containsEntry(PropertyNames.COMPRESSION, compression.rocksName());
        byte[] ours = Entry.table(Entry.read(plain), options.withCompression(compression, TableOptions.DEFAULT_LEVEL));
        // LZ4's one-shot interface hashes small blocks otherwise than the streaming one that RocksDB calls.
        assertThat((double) ours.length).isBetween(theirs.length * 0.8, theirs.length * 1.2);
        if (compression != CompressionType.NONE) {
            assertThat(theirs.length).isLessThan(plain.length * 3 / 4);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 5})
    void shouldReadEveryFormatVersionAndChecksum(int version) throws Exception {
        for (ChecksumType checksum : ChecksumType.values()) {
            BlockBasedTableConfig config = config(TableOptions.DEFAULT.withFilterBitsPerKey(10))
                    .setFormatVersion(version)
                    .setIndexBlockRestartInterval(4)
                    .setChecksumType(checksum);
            byte[] theirs = rocksTable(3, 800, config, CompressionType.LZ4);
            byte[] reference = rocksTable(3, 800, config(TableOptions.DEFAULT), CompressionType.NONE);
            assertThat(Entry.read(theirs)).as("%s", checksum).isEqualTo(Entry.read(reference));
            try (TableReader reader = TableReader.open(ArrayFile.readable(theirs), BytewiseComparator.INSTANCE)) {
                reader.verifyChecksums();
                assertFindsEveryKey(reader, Entry.read(theirs));
            }
        }
    }

    @Test
    void shouldReadDataBlocksWithAHashIndex() throws Exception {
        BlockBasedTableConfig config = config(TableOptions.DEFAULT)
                .setDataBlockIndexType(DataBlockIndexType.kDataBlockBinaryAndHash)
                .setDataBlockHashTableUtilRatio(0.75);
        byte[] theirs = rocksTable(4, 1500, config, CompressionType.NONE);
        List<Entry> entries = Entry.read(theirs);
        byte[] plain = rocksTable(4, 1500, config(TableOptions.DEFAULT), CompressionType.NONE);
        assertThat(theirs.length).isGreaterThan(plain.length);
        assertThat(entries).isEqualTo(Entry.read(plain));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 2.5, 6, 10, 14.5, 20, 40, 100})
    void shouldUseRocksDbsFilter(double bits) throws Exception {
        byte[] theirs = rocksTable(
                (long) bits, 1200, config(TableOptions.DEFAULT.withFilterBitsPerKey(bits)), CompressionType.NONE);
        int found = 0;
        try (TableReader reader = TableReader.open(ArrayFile.readable(theirs), BytewiseComparator.INSTANCE)) {
            assertThat(reader.properties().number(PropertyNames.FILTER_SIZE)).isPositive();
            assertFindsEveryKey(reader, Entry.read(theirs));
            for (int i = 0; i < 1000; i++) {
                found += reader.mayContain(new UnsafeBuffer(("absent " + i).getBytes(StandardCharsets.UTF_8))) ? 1 : 0;
            }
        }
        assertThat(found).isLessThan(bits < 2 ? 700 : bits < 6 ? 400 : 80);
    }

    private static void assertFindsEveryKey(TableReader reader, List<Entry> entries) throws IOException {
        for (Entry entry : entries) {
            byte[] userKey = entry.userKey();
            assertThat(reader.mayContain(new UnsafeBuffer(userKey))).isTrue();
            long sequence = InternalKey.sequence(InternalKey.trailer(entry.key().buffer()));
            List<Entry> seen = new ArrayList<>();
            reader.get(Entry.seekKey(userKey, sequence), (k, v) -> {
                seen.add(new Entry(io.sluice.store.base.Slice.copyOf(k), io.sluice.store.base.Slice.copyOf(v)));
                return false;
            });
            assertThat(seen).containsExactly(entry);
        }
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void shouldBeReadByRocksDb(CompressionType compression) throws Exception {
        List<Entry> entries = new ArrayList<>();
        for (Entry entry : Entry.random(new Random(11), 4000, 5000)) {
            if (InternalKey.type(InternalKey.trailer(entry.key().buffer())) == ValueType.VALUE) {
                entries.add(entry);
            }
        }
        TableOptions options = TableOptions.DEFAULT
                .withCompression(compression, TableOptions.DEFAULT_LEVEL)
                .withFilterBitsPerKey(10);
        Path path = directory.resolve("ours.sst");
        Files.write(path, Entry.table(entries, options));
        Map<String, byte[]> newest = new TreeMap<>();
        entries.forEach(e -> newest.putIfAbsent(
                io.sluice.store.base.Slice.wrap(e.userKey()).toString(),
                e.value().toByteArray()));

        try (Options rocks = new Options().setTableFormatConfig(config(options));
                SstFileReader reader = new SstFileReader(rocks);
                ReadOptions read = new ReadOptions().setVerifyChecksums(true)) {
            reader.open(path.toString());
            reader.verifyChecksum();
            assertThat(reader.getTableProperties().getNumEntries()).isEqualTo(entries.size());
            assertThat(reader.getTableProperties().getUserCollectedProperties())
                    .containsEntry(PropertyNames.BUILDER, "local");
            Map<String, byte[]> found = new TreeMap<>();
            try (SstFileReaderIterator iterator = reader.newIterator(read)) {
                for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                    found.put(io.sluice.store.base.Slice.wrap(iterator.key()).toString(), iterator.value());
                }
                iterator.status();
            }
            assertThat(found.keySet()).isEqualTo(newest.keySet());
            found.forEach((key, value) -> assertThat(value).isEqualTo(newest.get(key)));
        }
    }
}
