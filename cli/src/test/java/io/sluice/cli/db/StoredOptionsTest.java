// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.db;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.cli.ToolRun;
import io.sluice.store.BlockBasedTableOptions;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.ConfigOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.LoadedOptions;
import io.sluice.store.OptionsUtil;
import io.sluice.store.Store;
import io.sluice.store.WriteOptions;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.ReverseBytewiseComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.sst.CompressionType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tools open a store with the options that it was written with, as ldb does. */
class StoredOptionsTest {
    private static final Path LDB = Path.of("/usr/bin/ldb");
    private static final List<String> FAMILIES = List.of("default", "append", "count", "down", "none");

    @TempDir
    private Path directory;

    private ToolRun ldb(String... arguments) throws IOException, InterruptedException {
        assumeTrue(Files.exists(LDB), "rocksdb-tools is not installed");
        return ToolRun.program(
                directory,
                Stream.concat(Stream.of(LDB.toString()), Stream.of(arguments)).toArray(String[]::new));
    }

    private static ColumnFamilyOptions options(@Nullable MergeOperator operator, boolean down) {
        ColumnFamilyOptions.Builder options = ColumnFamilyOptions.builder()
                .compression(CompressionType.LZ4)
                .prefixExtractor(PrefixExtractor.capped(3))
                .tableOptions(
                        BlockBasedTableOptions.builder().filterBitsPerKey(10).build());
        if (operator != null) {
            options.mergeOperator(operator);
        }
        return down ? options.comparator(ReverseBytewiseComparator.INSTANCE).build() : options.build();
    }

    /** Operands, values, deletions and range deletions, in tables, and in the log where {@code logged}. */
    private static void write(String db, SplittableRandom random, boolean logged) throws StoreException {
        List<ColumnFamilyDescriptor> families = List.of(
                new ColumnFamilyDescriptor("default", options(MergeOperators.max(), false)),
                new ColumnFamilyDescriptor("append", options(MergeOperators.stringAppend("#;"), false)),
                new ColumnFamilyDescriptor("count", options(MergeOperators.uint64Add(), false)),
                new ColumnFamilyDescriptor("down", options(MergeOperators.stringAppend(), true)),
                new ColumnFamilyDescriptor("none", options(null, true)));
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .createMissingColumnFamilies(true)
                .avoidFlushDuringShutdown(logged)
                .build();
        try (Store store = Store.open(options, Path.of(db), families)) {
            for (int round = 0; round < 3; round++) {
                for (ColumnFamilyHandle family : store.columnFamilies()) {
                    for (int i = 0; i < 60; i++) {
                        write(store, family, random);
                    }
                }
                if (round < 2) {
                    store.flush(FlushOptions.DEFAULT);
                }
            }
        }
    }

    private static void write(Store store, ColumnFamilyHandle family, SplittableRandom random) throws StoreException {
        byte[] key = ("key" + random.nextInt(40)).getBytes(UTF_8);
        byte[] value = new byte[8];
        random.nextBytes(value);
        int choice = random.nextInt(10);
        if (choice < 6 && !family.name().equals("none")) {
            store.merge(family, WriteOptions.DEFAULT, key, value);
        } else if (choice < 8) {
            store.put(family, key, value);
        } else if (choice == 8) {
            store.delete(family, key);
        } else {
            byte[] end = (new String(key, UTF_8) + "5").getBytes(UTF_8);
            boolean down = family.name().equals("down") || family.name().equals("none");
            store.deleteRange(family, WriteOptions.DEFAULT, down ? end : key, down ? key : end);
        }
    }

    private void assertSameScans(String db, String why) throws Exception {
        for (String family : FAMILIES) {
            ToolRun ours = ToolRun.sluice("db", "scan", "--db", db, "--hex", "--column_family", family);
            ToolRun theirs = ldb("--db=" + db, "--hex", "--column_family=" + family, "scan");
            assertThat(theirs.exitCode()).as("%s: %s", why, theirs).isEqualTo(0);
            assertThat(ours).as("%s, %s", why, family).isEqualTo(new ToolRun(0, theirs.out(), ""));
            assertThat(ours.out()).contains(" : 0x");
            String key = ours.out().lines().findFirst().orElseThrow().split(" ", 2)[0];
            for (String from : List.of("--from=" + key, "--to=" + key, "--from=0x6B6579")) {
                assertThat(ToolRun.sluice("db", "scan", "--db", db, "--hex", "--column_family", family, from)
                                .out())
                        .as("%s, %s, %s", why, family, from)
                        .isEqualTo(ldb("--db=" + db, "--hex", "--column_family=" + family, "scan", from)
                                .out());
            }
            assertThat(ToolRun.sluice("db", "get", key, "--db", db, "--hex", "--column_family", family)
                            .out())
                    .as("%s, %s", why, family)
                    .isEqualTo(ldb("--db=" + db, "--hex", "--column_family=" + family, "get", key)
                            .out());
        }
    }

    @Test
    void shouldScanOperandsAndOtherOrdersAsLdbDoes() throws Exception {
        long seed = System.nanoTime();
        for (int i = 0; i < 2; i++) {
            String db = directory.resolve("db" + i).toString();
            write(db, new SplittableRandom(seed + i), i == 0);
            assertSameScans(db, "seed " + (seed + i));
            assertThat(ToolRun.sluice("db", "check", "--db", db)).isEqualTo(new ToolRun(0, "OK\n", ""));
            assertThat(ToolRun.sluice("sst", "check", db).exitCode()).isEqualTo(0);
            assertThat(ToolRun.sluice("db", "list-cf", "--db", db).out())
                    .isEqualTo(ldb("--db=" + db, "list_column_families").out());
        }
    }

    @Test
    void shouldKeepOptionsWhereItWrites() throws Exception {
        long seed = System.nanoTime();
        String db = directory.resolve("db").toString();
        write(db, new SplittableRandom(seed), true);
        assertThat(ToolRun.sluice("db", "compact", "--db", db, "--column_family=append"))
                .isEqualTo(new ToolRun(0, "OK\n", ""));
        assertThat(ToolRun.sluice("db", "put", "--db", db, "a", "b").out()).isEqualTo("OK\n");
        LoadedOptions stored = OptionsUtil.loadLatestOptions(ConfigOptions.DEFAULT, Path.of(db));
        ColumnFamilyOptions append =
                Objects.requireNonNull(stored.columnFamily("append")).options();
        assertThat(Objects.requireNonNull(append.mergeOperator()).id())
                .isEqualTo(MergeOperators.stringAppend("#;").id());
        assertThat(append.prefixExtractor()).isEqualTo(PrefixExtractor.capped(3));
        assertThat(append.compression()).isEqualTo(CompressionType.LZ4);
        assertThat(Objects.requireNonNull(stored.columnFamily("none")).options().mergeOperator())
                .isNull();
        assertSameScans(db, "seed " + seed);
    }

    @Test
    void shouldJoinOperandsThatNoOperatorIsKnownForWhereItReadsOnly() throws Exception {
        String db = directory.resolve("db").toString();
        MergeOperator mine = new MergeOperator() {
            @Override
            public String name() {
                return "MyOperator";
            }

            @Override
            public byte @Nullable [] fullMerge(byte[] key, byte @Nullable [] existing, List<byte[]> operands) {
                return operands.get(0);
            }
        };
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .avoidFlushDuringShutdown(true)
                .build();
        List<ColumnFamilyDescriptor> families = List.of(new ColumnFamilyDescriptor("default", options(mine, false)));
        try (Store store = Store.open(options, Path.of(db), families)) {
            store.merge("k".getBytes(UTF_8), "a".getBytes(UTF_8));
            store.merge("k".getBytes(UTF_8), "b".getBytes(UTF_8));
        }
        ToolRun read = ToolRun.sluice("db", "scan", "--db", db);
        assertThat(read.out())
                .isEqualTo("k : a:b\n")
                .isEqualTo(ldb("--db=" + db, "scan").out());
        assertThat(read.err()).contains("MyOperator", "not known here");
        assertThat(ToolRun.sluice("db", "compact", "--db", db, "--try_load_options=false"))
                .isEqualTo(new ToolRun(0, "OK\n", ""));
        try (Store store = Store.open(options, Path.of(db), families)) {
            assertThat(store.get("k".getBytes(UTF_8))).isEqualTo("a".getBytes(UTF_8));
        }
    }

    @Test
    void shouldSayWhatIsWrongWithAnOptionsFileAndReadWithoutItOnRequest() throws Exception {
        String db = directory.resolve("db").toString();
        write(db, new SplittableRandom(1), false);
        Path file;
        try (Stream<Path> files = Files.list(Path.of(db))) {
            file = files.filter(name -> name.getFileName().toString().startsWith("OPTIONS"))
                    .max(Path::compareTo)
                    .orElseThrow();
        }
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        int first = lines.indexOf("[DBOptions]") + 1;
        lines.add(first, "  wal_dir=/elsewhere");
        Files.write(file, lines);
        ToolRun elsewhere = ToolRun.sluice("db", "scan", "--db", db);
        assertThat(elsewhere.exitCode()).as(elsewhere.err()).isEqualTo(1);
        assertThat(elsewhere.err()).contains("store.wal-dir", "/elsewhere");
        lines.remove(first);
        lines.add("nonsense");
        Files.write(file, lines);
        ToolRun refused = ToolRun.sluice("db", "scan", "--db", db);
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err())
                .contains(file.getFileName().toString(), "line " + lines.size(), "options.file.malformed");
        assertThat(ToolRun.sluice("db", "scan", "--db", db, "--column_family=none", "--try_load_options=false")
                        .exitCode())
                .isEqualTo(0);
    }
}
