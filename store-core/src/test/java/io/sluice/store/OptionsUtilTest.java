// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.sluice.store.LoadedOptions.Reason;
import io.sluice.store.LoadedOptions.SkippedOption;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.ReverseBytewiseComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionPriority;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.wal.WalRecoveryMode;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsUtilTest {
    private static final ConfigOptions STRICT =
            ConfigOptions.builder().ignoreUnsupportedOptions(false).build();

    private static LoadedOptions load(ConfigOptions config, String db, String family, String table)
            throws StoreException {
        String text = "[Version]\noptions_file_version=1.1\n[DBOptions]\n" + db + "\n[CFOptions \"default\"]\n" + family
                + "\n[TableOptions/BlockBasedTable \"default\"]\n" + table + "\n";
        return OptionsUtil.parse(config, text.getBytes(ISO_8859_1), "OPTIONS");
    }

    private static ColumnFamilyOptions family(String lines) throws StoreException {
        return load(STRICT, "", lines, "").columnFamilies().get(0).options();
    }

    private static DBOptions db(String lines) throws StoreException {
        return load(STRICT, lines, "", "").dbOptions();
    }

    private static BlockBasedTableOptions table(String lines) throws StoreException {
        return load(STRICT, "", "", lines).columnFamilies().get(0).options().tableOptions();
    }

    @Test
    void shouldTakeTheDefaultsOfWhatIsNotThere() throws StoreException {
        LoadedOptions loaded = load(STRICT, "", "", "");
        assertThat(loaded.dbOptions().maxBackgroundJobs()).isEqualTo(DBOptions.DEFAULT.maxBackgroundJobs());
        assertThat(loaded.columnFamilies()).hasSize(1);
        assertThat(loaded.columnFamily("default")).isNotNull();
        assertThat(loaded.columnFamily("other")).isNull();
        assertThat(loaded.skipped()).isEmpty();
    }

    @Test
    void shouldReadNumbersAsRocksDbDoes() throws StoreException {
        assertThat(family("write_buffer_size=1M").writeBufferSize()).isEqualTo(1 << 20);
        assertThat(family("write_buffer_size=128k").writeBufferSize()).isEqualTo(128 << 10);
        assertThat(family("max_compaction_bytes=18446744073709551615").maxCompactionBytes())
                .isEqualTo(1L << 50);
        assertThat(family("max_bytes_for_level_multiplier=8.500000").maxBytesForLevelMultiplier())
                .isEqualTo(8.5);
        assertThat(family("disable_auto_compactions=1").disableAutoCompactions())
                .isTrue();
        assertThat(db("max_open_files=-1").maxOpenFiles()).isEqualTo(-1);
        assertThat(db("bgerror_resume_retry_interval=1500000").bgErrorResumeRetryInterval())
                .isEqualTo(Duration.ofMillis(1500));
    }

    @Test
    void shouldTakeTheDefaultWhereRocksDbSaysThatNothingIsSet() throws StoreException {
        DBOptions unset = db("max_background_flushes=-1\nmax_background_compactions=-1\ndb_write_buffer_size=0\n"
                + "delayed_write_rate=0\nmax_background_jobs=8");
        assertThat(unset.maxBackgroundFlushes()).isEqualTo(2);
        assertThat(unset.maxBackgroundCompactions()).isEqualTo(6);
        assertThat(unset.dbWriteBufferSize()).isEqualTo(DBOptions.DEFAULT.dbWriteBufferSize());
        assertThat(unset.delayedWriteRate()).isEqualTo(DBOptions.DEFAULT.delayedWriteRate());
    }

    @Test
    void shouldReadObjectsInEveryFormThatRocksDbWrote() throws StoreException {
        assertThat(id(family("merge_operator=StringAppendOperator"))).isEqualTo("StringAppendOperator");
        assertThat(id(family("merge_operator={id=StringAppendOperator;delimiter=\\:;}")))
                .isEqualTo(MergeOperators.stringAppend(":").id());
        assertThat(id(family("merge_operator={id=UInt64AddOperator}"))).isEqualTo("UInt64AddOperator");
        assertThat(family("merge_operator=nullptr").mergeOperator()).isNull();
        assertThat(family("comparator=rocksdb.ReverseBytewiseComparator").comparator())
                .isSameAs(ReverseBytewiseComparator.INSTANCE);
        assertThat(family("comparator={id=rocksdb.ReverseBytewiseComparator;}").comparator())
                .isSameAs(ReverseBytewiseComparator.INSTANCE);
        assertThat(family("prefix_extractor=rocksdb.FixedPrefix.4").prefixExtractor())
                .isEqualTo(PrefixExtractor.fixed(4));
        assertThat(family("prefix_extractor={id=capped\\:5;}").prefixExtractor())
                .isEqualTo(PrefixExtractor.capped(5));
        assertThat(family("compression_opts={window_bits=-14;level=7;strategy=0;enabled=false;}")
                        .compressionLevel())
                .isEqualTo(7);
        assertThat(family("compression_opts=-14:-1:0:0:0:false").compressionLevel())
                .isEqualTo(-1);
        assertThat(family("compression=kZSTDNotFinalCompression").compression()).isEqualTo(CompressionType.ZSTD);
        for (String policy : List.of("bloomfilter:9.9:false", "rocksdb.BloomFilter:9.9", "{id=bloomfilter\\:9.9}")) {
            assertThat(table("filter_policy=" + policy).filterBitsPerKey())
                    .as(policy)
                    .isEqualTo(9.9);
        }
        assertThat(table("filter_policy=nullptr").filterBitsPerKey()).isEqualTo(0);
    }

    private static @Nullable String id(ColumnFamilyOptions options) {
        MergeOperator operator = options.mergeOperator();
        return operator == null ? null : operator.id();
    }

    @Test
    void shouldBringBuffersIntoLineAsRocksDbDoes() throws StoreException {
        ColumnFamilyOptions options = family("min_write_buffer_number_to_merge=9\nmax_write_buffer_number=3");
        assertThat(options.minWriteBufferNumberToMerge()).isEqualTo(2);
    }

    @Test
    void shouldTellWhatItPassesOverAndWhy() throws StoreException {
        ConfigOptions lenient =
                ConfigOptions.builder().ignoreUnknownOptions(true).build();
        LoadedOptions loaded = load(
                lenient,
                "allow_mmap_reads=false\ntrack_and_verify_galaxies=true\nmax_open_files=3",
                "compression=kZlibCompression\nmerge_operator=MyOperator\ncompaction_style=kCompactionStyleUniversal",
                "filter_policy=ribbonfilter:10:-1");
        assertThat(loaded.skipped())
                .extracting(
                        SkippedOption::line,
                        SkippedOption::section,
                        SkippedOption::name,
                        SkippedOption::value,
                        SkippedOption::reason)
                .containsExactly(
                        tuple(4, "DBOptions", "allow_mmap_reads", "false", Reason.NOT_IN_SLUICE),
                        tuple(5, "DBOptions", "track_and_verify_galaxies", "true", Reason.UNKNOWN),
                        tuple(6, "DBOptions", "max_open_files", "3", Reason.VALUE_UNSUPPORTED),
                        tuple(8, "CFOptions \"default\"", "compression", "kZlibCompression", Reason.VALUE_UNSUPPORTED),
                        tuple(9, "CFOptions \"default\"", "merge_operator", "MyOperator", Reason.VALUE_UNSUPPORTED),
                        tuple(
                                10,
                                "CFOptions \"default\"",
                                "compaction_style",
                                "kCompactionStyleUniversal",
                                Reason.VALUE_UNSUPPORTED),
                        tuple(
                                12,
                                "TableOptions/BlockBasedTable \"default\"",
                                "filter_policy",
                                "ribbonfilter:10:-1",
                                Reason.VALUE_UNSUPPORTED));
        assertThat(loaded.dbOptions().maxOpenFiles()).isEqualTo(20);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "db | no_such=1 | options.file.unknown | line 4: unknown option no_such",
                "db | create_if_missing=maybe | options.file.value | line 4: create_if_missing=maybe: expected true",
                "db | max_open_files=many | options.file.value | expected a whole number",
                "db | max_open_files=12x | options.file.value | expected a whole number",
                "db | max_open_files= | options.file.value | expected a whole number",
                "db | max_background_jobs=99999999999999999999999999 | options.file.unsupported | expected 1 to 128",
                "db | wal_dir=/logs | options.file.unsupported | in the store's directory",
                "db | wal_recovery_mode=kHope | options.file.unsupported | kPointInTimeRecovery",
                "cf | num_levels=-7 | options.file.unsupported | expected 1 to 32",
                "cf | max_bytes_for_level_multiplier=NaN | options.file.value | expected a number",
                "cf | max_bytes_for_level_multiplier=. | options.file.value | expected a number",
                "cf | max_bytes_for_level_multiplier=1e999 | options.file.unsupported | above 1",
                "cf | comparator=my.Order | options.file.unsupported | registered",
                "cf | merge_operator={id=Mine;} | options.file.unsupported | registered",
                "cf | prefix_extractor=rocksdb.FixedPrefix.0 | options.file.unsupported | registered",
                "cf | compaction_filter_factory=Mine | options.file.unsupported | registered",
                "cf | compaction_filter=Mine | options.file.unsupported | factories",
                "cf | table_factory=PlainTable | options.file.unsupported | BlockBasedTable only",
                "cf | compression_opts={level=high;} | options.file.value | line 6: compression_opts=",
                "bb | block_size=1 | options.file.unsupported | expected 256",
                "bb | filter_policy=bloomfilter:x | options.file.unsupported | bloomfilter:BITS",
                "bb | filter_policy=bloomfilter:1000 | options.file.unsupported | at most 100",
            })
    void shouldRefuseWhatItCannotTake(String section, String line, String code, String message) {
        assertThatThrownBy(() -> load(
                        STRICT,
                        section.equals("db") ? line : "",
                        section.equals("cf") ? line : "",
                        section.equals("bb") ? line : ""))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageStartingWith("OPTIONS, line ")
                .hasMessageContaining(message);
    }

    @Test
    void shouldRefuseOptionsThatContradictEachOther() {
        assertThatThrownBy(() -> table("no_block_cache=true\ncache_index_and_filter_blocks=true"))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("options.file.value"))
                .hasMessageContaining("section of line 5", "no_block_cache");
    }

    @Test
    void shouldFindObjectsThatWereRegistered() throws StoreException {
        MergeOperator mine = new MergeOperator() {
            @Override
            public String name() {
                return "Mine";
            }

            @Override
            public byte @Nullable [] fullMerge(byte[] key, byte @Nullable [] existing, List<byte[]> operands) {
                return operands.get(0);
            }
        };
        ConfigOptions config = ConfigOptions.builder()
                .ignoreUnsupportedOptions(false)
                .mergeOperator(mine)
                .compactionFilterFactory(TimeToLive.filter(Duration.ofDays(1), InstantSource.system()))
                .build();
        ColumnFamilyOptions options = load(
                        config,
                        "",
                        "merge_operator={id=Mine;x=1}\ncompaction_filter_factory=TtlCompactionFilterFactory",
                        "")
                .columnFamilies()
                .get(0)
                .options();
        assertThat(options.mergeOperator()).isSameAs(mine);
        assertThat(Objects.requireNonNull(options.compactionFilterFactory()).name())
                .isEqualTo("TtlCompactionFilterFactory");
    }

    /** Files that RocksDB's releases wrote. Nothing in them is unknown, nor beyond what Sluice has. */
    @ParameterizedTest
    @ValueSource(strings = {"7.8.3", "10.2.1", "11.8.1"})
    void shouldLoadTheFilesThatRocksDbWrote(String release) throws Exception {
        byte[] file;
        try (var in = getClass().getResourceAsStream("/golden/OPTIONS-rocksdb-" + release)) {
            file = Objects.requireNonNull(in).readAllBytes();
        }
        LoadedOptions loaded = OptionsUtil.parse(STRICT, file, release);
        assertThat(loaded.rocksDbVersion()).isEqualTo(release);
        assertThat(loaded.skipped())
                .extracting(SkippedOption::reason)
                .hasSizeGreaterThan(50)
                .containsOnly(Reason.NOT_IN_SLUICE);
        assertThat(loaded.columnFamilies())
                .extracting(ColumnFamilyDescriptor::name)
                .containsExactly("default", "col #2: \"x\"");
        ColumnFamilyOptions options = loaded.columnFamilies().get(1).options();
        assertThat(id(options)).isEqualTo(MergeOperators.stringAppend("#").id());
        assertThat(options.prefixExtractor()).isEqualTo(PrefixExtractor.fixed(4));
        assertThat(options.comparator()).isSameAs(ReverseBytewiseComparator.INSTANCE);
        assertThat(options.compression()).isEqualTo(CompressionType.ZSTD);
        assertThat(options.compressionLevel()).isEqualTo(5);
        assertThat(options.writeBufferSize()).isEqualTo(1 << 20);
        assertThat(options.compactionPriority()).isEqualTo(CompactionPriority.ROUND_ROBIN);
        assertThat(options.tableOptions().filterBitsPerKey()).isEqualTo(9.5);
        assertThat(options.tableOptions().blockSize()).isEqualTo(8192);
        assertThat(loaded.dbOptions().maxBackgroundJobs()).isEqualTo(6);
        assertThat(loaded.dbOptions().walRecoveryMode()).isEqualTo(WalRecoveryMode.ABSOLUTE_CONSISTENCY);
    }

    @Test
    void shouldSayWhereThereIsNoFile() {
        assertThatThrownBy(() -> OptionsUtil.loadLatestOptions(ConfigOptions.DEFAULT, new MemoryStorage("empty")))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("options.file.missing"));
    }

    @Test
    void shouldThrowNothingButStoreExceptionsWhateverTheBytes() throws Exception {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        byte[] whole;
        try (var in = getClass().getResourceAsStream("/golden/OPTIONS-rocksdb-11.8.1")) {
            whole = Objects.requireNonNull(in).readAllBytes();
        }
        ConfigOptions lenient =
                ConfigOptions.builder().ignoreUnknownOptions(true).build();
        byte[] likely = "[]\"\\#=\n\0{};:-.e9kx ".getBytes(ISO_8859_1);
        int loaded = 0;
        for (int i = 0; i < 2000; i++) {
            byte[] bytes = Arrays.copyOf(whole, random.nextInt(4) > 0 ? whole.length : random.nextInt(whole.length));
            for (int n = random.nextInt(20); n > 0 && bytes.length > 0; n--) {
                bytes[random.nextInt(bytes.length)] = likely[random.nextInt(likely.length)];
            }
            try {
                OptionsUtil.parse(random.nextBoolean() ? lenient : STRICT, bytes, "random");
                loaded++;
            } catch (StoreException e) {
                assertThat(e.code()).as("seed %d", seed).startsWith("options.file.");
            }
        }
        assertThat(loaded).as("seed %d", seed).isBetween(20, 1980);
    }
}
