// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.Tickers;
import io.sluice.store.cache.OffHeapBlock;
import io.sluice.store.cache.OffHeapCache;
import io.sluice.store.storage.MemoryDirectories;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Snapshot;

/**
 * Reads every form of table that RocksDB can write. Runs with each of the RocksDB versions that the build names; a form
 * that one of them does not know is left to the others.
 */
@Tag("every-rocksdb")
class RocksVariantsTest {
    private static final String[] CHECKSUMS = {"kNoChecksum", "kCRC32c", "kxxHash", "kxxHash64", "kXXH3"};
    private static final String[] INDEXES = {
        "kBinarySearch", "kHashSearch", "kTwoLevelIndexSearch", "kBinarySearchWithFirstKey"
    };
    private static final String[] FILTERS = {"bloomfilter:10", "ribbonfilter:10"};
    private static final int COUNT = 300;
    /** What the writes of a seed leave, read from the plainest table. */
    private static final Map<Long, List<Entry>> EXPECTED = new ConcurrentHashMap<>();

    @TempDir(factory = MemoryDirectories.class)
    Path directory;

    private int databases;

    @BeforeAll
    static void loadLibrary() {
        RocksDB.loadLibrary();
    }

    private static int rocksVersion() {
        RocksDB.Version version = RocksDB.rocksdbVersion();
        return version.getMajor() * 100 + version.getMinor();
    }

    /** Lets RocksDB flush random writes, several versions of many keys among them, and returns its SST. */
    private byte[] rocksTable(long seed, String table, String family) throws RocksDBException, IOException {
        Properties properties = new Properties();
        properties.setProperty("block_based_table_factory", "{no_block_cache=true;" + table + "}");
        properties.setProperty("disable_auto_compactions", "true");
        for (String option : family.split(";", -1)) {
            if (!option.isEmpty()) {
                int equals = option.indexOf('=');
                properties.setProperty(
                        option.substring(0, equals),
                        option.substring(equals + 1).replace(',', ';'));
            }
        }
        Random random = new Random(seed);
        Path path = directory.resolve("db-" + databases++);
        List<Snapshot> snapshots = new ArrayList<>();
        try (ColumnFamilyOptions cf = ColumnFamilyOptions.getColumnFamilyOptionsFromProps(properties)) {
            assertThat(cf).as("RocksDB knows %s %s", table, family).isNotNull();
            cf.setMergeOperatorName("stringappend");
            try (DBOptions dbOptions = new DBOptions()
                            .setCreateIfMissing(true)
                            .setStatsDumpPeriodSec(0)
                            .setStatsPersistPeriodSec(0);
                    Options options = new Options(dbOptions, cf);
                    RocksDB db = RocksDB.open(options, path.toString());
                    FlushOptions flush = new FlushOptions()) {
                write(db, random, snapshots);
                db.flush(flush);
                snapshots.forEach(db::releaseSnapshot);
            }
        }
        try (Stream<Path> files = Files.list(path)) {
            List<Path> tables = files.filter(p -> p.toString().endsWith(".sst")).toList();
            assertThat(tables).hasSize(1);
            return Files.readAllBytes(tables.get(0));
        }
    }

    private static void write(RocksDB db, Random random, List<Snapshot> snapshots) throws RocksDBException {
        byte[] key = new byte[0];
        for (int i = 0; i < COUNT; i++) {
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
    }

    private void assertReads(long seed, String table, String family) throws Exception {
        assertReads(seed, rocksTable(seed, table, family), table + " " + family);
    }

    private void assertReads(long seed, byte[] theirs, String what) throws Exception {
        List<Entry> expected = EXPECTED.get(seed);
        if (expected == null) {
            expected = Entry.read(rocksTable(seed, "format_version=5", "compression=kNoCompression"));
            EXPECTED.put(seed, expected);
        }
        assertThat(expected).hasSizeGreaterThan(150);
        assertReads(theirs, expected, TableCaching.NONE, what);
        long live = OffHeapBlock.liveBytes();
        try (OffHeapCache cache = new OffHeapCache(64 << 10)) {
            assertReads(theirs, expected, new TableCaching(cache, 1, 7, true, false, false, Tickers.OFF), what);
            assertThat(cache.usage()).isBetween(1L, 64L << 10);
        }
        assertThat(OffHeapBlock.liveBytes()).isEqualTo(live);
    }

    private static void assertReads(byte[] theirs, List<Entry> expected, TableCaching caching, String what)
            throws IOException {
        try (TableReader reader = TableReader.open(ArrayFile.readable(theirs), BytewiseComparator.INSTANCE, caching)) {
            reader.verifyChecksums();
            assertThat(Entry.readAll(reader)).as(what).isEqualTo(expected);
            assertReadsBackward(reader, expected);
            TableScratch scratch = new TableScratch();
            for (Entry entry : expected) {
                byte[] userKey = entry.userKey();
                assertThat(reader.mayContain(new UnsafeBuffer(userKey))).isTrue();
                long sequence =
                        InternalKey.sequence(InternalKey.trailer(entry.key().buffer()));
                List<Entry> seen = new ArrayList<>();
                reader.get(
                        Entry.seekKey(userKey, sequence),
                        (k, v) -> {
                            seen.add(new Entry(Slice.copyOf(k), Slice.copyOf(v)));
                            return false;
                        },
                        scratch,
                        BlockReads.DEFAULT);
                assertThat(seen.equals(List.of(entry)))
                        .as("%s: %s, %s", what, seen, entry)
                        .isTrue();
            }
        }
    }

    private static void assertReadsBackward(TableReader reader, List<Entry> expected) throws IOException {
        try (var iterator = reader.iterator()) {
            iterator.seekToLast();
            for (int i = expected.size() - 1; i >= 0; i--, iterator.prev()) {
                assertThat(new Entry(Slice.copyOf(iterator.key()), Slice.copyOf(iterator.value())))
                        .isEqualTo(expected.get(i));
            }
            assertThat(iterator.isValid()).isFalse();
        }
    }

    private static double shareOfAbsentKeysFound(byte[] table) throws IOException {
        int found = 0;
        try (TableReader reader = TableReader.open(ArrayFile.readable(table), BytewiseComparator.INSTANCE)) {
            for (int i = 0; i < 1000; i++) {
                found += reader.mayContain(new UnsafeBuffer(("absent " + i).getBytes(StandardCharsets.UTF_8))) ? 1 : 0;
            }
        }
        return found / 1000.0;
    }

    private static void assumeWrites(int formatVersion) {
        assumeTrue(formatVersion < 7 || rocksVersion() >= 1004, "this RocksDB does not write format_version 7");
    }

    /** Every index in every version; checksums, filters and restart intervals so that each meets most of both. */
    static Stream<String> indexes() {
        List<String> variants = new ArrayList<>();
        for (int index = 0; index < INDEXES.length; index++) {
            for (int version = 2; version <= 7; version++) {
                int interval = INDEXES[index].equals("kHashSearch") || (index + version) % 2 == 0 ? 1 : 5;
                variants.add("format_version=" + version + ";index_type=" + INDEXES[index]
                        + ";index_block_restart_interval=" + interval
                        + ";checksum=" + CHECKSUMS[(index + version) % CHECKSUMS.length]
                        + ";filter_policy=" + FILTERS[(index + version) % FILTERS.length]
                        + ";metadata_block_size=300;block_size=500");
            }
        }
        return variants.stream();
    }

    @ParameterizedTest
    @MethodSource("indexes")
    void shouldReadEveryIndexInEveryVersion(String table) throws Exception {
        assumeWrites(table.charAt("format_version=".length()) - '0');
        assertReads(11, table, "prefix_extractor=rocksdb.FixedPrefix.1;compression=kLZ4Compression");
    }

    static Stream<String> filters() {
        List<String> variants = new ArrayList<>();
        for (int version : new int[] {2, 4, 5, 7}) {
            for (String policy : FILTERS) {
                for (String parts : new String[] {
                    "", ";index_type=kTwoLevelIndexSearch;partition_filters=true;metadata_block_size=200"
                }) {
                    variants.add("format_version=" + version + ";filter_policy=" + policy + parts);
                }
            }
        }
        return variants.stream();
    }

    @ParameterizedTest
    @MethodSource("filters")
    void shouldAskEveryFilter(String table) throws Exception {
        assumeWrites(table.charAt("format_version=".length()) - '0');
        byte[] whole = rocksTable(21, table, "");
        assertReads(21, whole, table);
        assertThat(shareOfAbsentKeysFound(whole)).isLessThan(0.08);
        assertReads(21, table + ";whole_key_filtering=false", "prefix_extractor=rocksdb.FixedPrefix.2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "3", "7.7", "20", "30"})
    void shouldAskRibbonFiltersOfEverySize(String bits) throws Exception {
        String table = "format_version=5;filter_policy=ribbonfilter:" + bits;
        byte[] written = rocksTable(31, table, "");
        assertReads(31, written, table);
        double bound = Math.pow(0.7, Double.parseDouble(bits)) + 0.05;
        assertThat(shareOfAbsentKeysFound(written)).isLessThan(Math.min(0.9, bound));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kNoCompression",
                "kSnappyCompression",
                "kZlibCompression",
                "kBZip2Compression",
                "kLZ4Compression",
                "kLZ4HCCompression",
                "kZSTD"
            })
    void shouldReadEveryCompressionWithAndWithoutADictionary(String compression) throws Exception {
        String family = "compression=" + compression;
        byte[] without = rocksTable(41, "", family);
        assertReads(41, without, family);
        for (String options :
                new String[] {"{max_dict_bytes=4096}", "{max_dict_bytes=8192,zstd_max_train_bytes=65536}"}) {
            String withDictionary = family + ";compression_opts=" + options;
            byte[] with = rocksTable(41, "", withDictionary);
            assertReads(41, with, withDictionary);
            String table = new String(with, StandardCharsets.ISO_8859_1);
            if (Set.of("kZlibCompression", "kLZ4Compression", "kLZ4HCCompression", "kZSTD")
                    .contains(compression)) {
                assertThat(table).contains(TableFormat.DICTIONARY_BLOCK);
            }
        }
        assertThat(new String(without, StandardCharsets.ISO_8859_1)).doesNotContain(TableFormat.DICTIONARY_BLOCK);
    }

    @Test
    void shouldReadDictionariesOfEveryLength() throws Exception {
        for (int length : new int[] {64, 300, 20_000, 200_000}) {
            for (String compression : new String[] {"kLZ4Compression", "kZlibCompression", "kZSTD"}) {
                assertReads(
                        42,
                        "block_size=20000",
                        "compression=" + compression + ";compression_opts={max_dict_bytes=" + length + "}");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data_block_index_type=kDataBlockBinaryAndHash;data_block_hash_table_util_ratio=0.75",
                "block_align=true",
                "index_shortening=kNoShortening",
                "index_shortening=kShortenSeparatorsAndSuccessor",
                "block_restart_interval=1",
                "block_size=100000",
            })
    void shouldReadEveryLayoutOfBlocks(String table) throws Exception {
        assertReads(51, table, "compression=kNoCompression");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "separate_key_value_in_data_block=true",
                "separate_key_value_in_data_block=true;block_restart_interval=1",
                "separate_key_value_in_data_block=true;data_block_index_type=kDataBlockBinaryAndHash",
                "uniform_cv_threshold=1000",
                "super_block_alignment_size=65536;super_block_alignment_space_overhead_ratio=4",
            })
    void shouldReadTheNewestLayoutsOfBlocks(String table) throws Exception {
        assumeTrue(rocksVersion() >= 1108, "this RocksDB does not write " + table);
        assertReads(52, table, "");
    }

    @Test
    void shouldRefuseKeysWithTimestamps() throws Exception {
        KeyComparator comparator = new KeyComparator() {
            @Override
            public String name() {
                return "leveldb.BytewiseComparator.u64ts";
            }

            @Override
            public int compare(DirectBuffer a, DirectBuffer b) {
                return BytewiseComparator.INSTANCE.compare(a, b);
            }

            @Override
            public int compare(DirectBuffer a, int aOffset, int aLength, DirectBuffer b, int bOffset, int bLength) {
                return BytewiseComparator.INSTANCE.compare(a, aOffset, aLength, b, bOffset, bLength);
            }
        };
        TableOptions ours = TableOptions.DEFAULT.withComparator(comparator);
        byte[] table = Entry.table(List.of(Entry.put("a-12345678", 1, "b")), ours);
        assertThatThrownBy(() -> TableReader.open(ArrayFile.readable(table), comparator))
                .isInstanceOfSatisfying(StoreException.class, e -> {
                    assertThat(e.kind()).isEqualTo(StoreException.Kind.NOT_SUPPORTED);
                    assertThat(e.code()).isEqualTo("sst.timestamps");
                });
    }
}
