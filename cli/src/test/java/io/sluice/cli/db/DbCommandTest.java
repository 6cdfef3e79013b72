// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.db;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.cli.ToolRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** Beside Debian's ldb, on stores that RocksDB wrote and on our own. */
class DbCommandTest {
    private static final Path LDB = Path.of("/usr/bin/ldb");
    private static final int STORES = 8;

    @TempDir
    private Path directory;

    private String store(String name) {
        return directory.resolve(name).toString();
    }

    private ToolRun ldb(String... arguments) throws IOException, InterruptedException {
        assumeTrue(Files.exists(LDB), "rocksdb-tools is not installed");
        return ToolRun.program(
                directory,
                Stream.concat(Stream.of(LDB.toString()), Stream.of(arguments)).toArray(String[]::new));
    }

    private static byte[] awkward(SplittableRandom random, int longest) {
        byte[] bytes = new byte[random.nextInt(longest + 1)];
        for (int i = 0; i < bytes.length; i++) {
            byte[] likely = {0, (byte) 0xff, '\n', ' ', ':', '0', 'x', (byte) 0x80};
            bytes[i] = random.nextBoolean() ? likely[random.nextInt(likely.length)] : (byte) random.nextInt(256);
        }
        return bytes;
    }

    /** A store of RocksDB's: several tables, deletions, overwritten keys, two column families. */
    private void writeRocksDb(String path, SplittableRandom random) throws RocksDBException, IOException {
        RocksDB.loadLibrary();
        BlockBasedTableConfig table = new BlockBasedTableConfig().setFormatVersion(5);
        try (Options options = new Options().setCreateIfMissing(true).setTableFormatConfig(table);
                ColumnFamilyOptions familyOptions = new ColumnFamilyOptions().setTableFormatConfig(table);
                RocksDB db = RocksDB.open(options, path);
                ColumnFamilyHandle second =
                        db.createColumnFamily(new ColumnFamilyDescriptor("second".getBytes(UTF_8), familyOptions));
                FlushOptions flush = new FlushOptions()) {
            List<byte[]> keys = new ArrayList<>();
            int tables = 1 + random.nextInt(3);
            for (int round = 0; round < tables; round++) {
                for (int i = random.nextInt(200); i >= 0; i--) {
                    byte[] key = keys.isEmpty() || random.nextInt(4) > 0
                            ? awkward(random, 12)
                            : keys.get(random.nextInt(keys.size()));
                    keys.add(key);
                    if (random.nextInt(5) == 0) {
                        db.delete(key);
                    } else {
                        db.put(key, awkward(random, 30));
                    }
                    db.put(second, awkward(random, 5), awkward(random, 5));
                }
                db.flush(flush, List.of(db.getDefaultColumnFamily(), second));
            }
        }
        // Debian's ldb refuses a store over options that are newer than it.
        try (Stream<Path> files = Files.list(Path.of(path))) {
            for (Path file : files.toList()) {
                if (file.getFileName().toString().startsWith("OPTIONS")) {
                    Files.delete(file);
                }
            }
        }
    }

    @Test
    void shouldPrintWhatLdbPrintsOfRandomStores() throws Exception {
        for (int i = 0; i < STORES; i++) {
            long seed = System.nanoTime();
            String db = store("db" + i);
            writeRocksDb(db, new SplittableRandom(seed));
            for (String family : List.of("default", "second")) {
                ToolRun theirs = ldb("--db=" + db, "--hex", "--column_family=" + family, "scan");
                assertThat(theirs.out()).as("seed %d: %s", seed, theirs.err()).contains(" : 0x");
                ToolRun ours = ToolRun.sluice("db", "scan", "--db", db, "--hex", "--column_family", family);
                assertThat(ours).as("seed %d", seed).isEqualTo(new ToolRun(0, theirs.out(), ""));
                String middle = theirs.out()
                        .lines()
                        .skip(theirs.out().lines().count() / 2)
                        .findFirst()
                        .orElseThrow();
                String key = middle.substring(0, middle.indexOf(' '));
                String[] range = {"--column_family=" + family, "--from=" + key, "--max_keys=3"};
                assertThat(ToolRun.sluice("db", "scan", "--db=" + db, "--hex", range[0], range[1], range[2])
                                .out())
                        .as("seed %d", seed)
                        .isEqualTo(ldb("--db=" + db, "--hex", "scan", range[0], range[1], range[2])
                                .out());
                String[] upTo = {"--column_family=" + family, "--to=" + key};
                assertThat(ToolRun.sluice("db", "scan", "--db=" + db, "--hex", upTo[0], upTo[1])
                                .out())
                        .as("seed %d", seed)
                        .isEqualTo(ldb("--db=" + db, "--hex", "scan", upTo[0], upTo[1])
                                .out());
                ToolRun value = ldb("--db=" + db, "--hex", "--column_family=" + family, "get", key);
                assertThat(ToolRun.sluice("db", "get", key, "--db=" + db, "--hex", "--column_family=" + family))
                        .as("seed %d", seed)
                        .isEqualTo(new ToolRun(0, value.out(), ""));
            }
            assertThat(ToolRun.sluice("db", "check", "--db", db)).isEqualTo(new ToolRun(0, "OK\n", ""));
            assertThat(ToolRun.sluice("db", "list-cf", "--db", db))
                    .isEqualTo(new ToolRun(
                            0, ldb("--db=" + db, "list_column_families").out(), ""));
        }
    }

    @Test
    void shouldWriteWhatLdbReads() throws Exception {
        String db = store("ours");
        Map<String, String> expected = new TreeMap<>();
        assertThat(ToolRun.sluice("db", "put", "--db", db, "a", "b").exitCode()).isEqualTo(1);
        assertThat(ToolRun.sluice("db", "put", "--db", db, "--create_if_missing", "a", "b"))
                .isEqualTo(new ToolRun(0, "OK\n", ""));
        expected.put("0x61", "0x62");
        List<String> batch = new ArrayList<>(List.of("db", "batchput", "--db", db, "--hex"));
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 40; i++) {
            String key = "0x" + HexFormat.of().withUpperCase().formatHex(awkward(random, 6));
            String value = "0x" + HexFormat.of().withUpperCase().formatHex(awkward(random, 6));
            expected.put(key, value);
            batch.addAll(List.of(key, value));
        }
        assertThat(ToolRun.sluice(batch.toArray(String[]::new)).out()).isEqualTo("OK\n");
        assertThat(ToolRun.sluice("db", "put", "--db", db, "--key_hex", "0xFF00", "text")
                        .out())
                .isEqualTo("OK\n");
        expected.put("0xFF00", "0x74657874");
        assertThat(ToolRun.sluice("db", "delete", "--db", db, "--hex", "0x61").out())
                .isEqualTo("OK\n");
        expected.remove("0x61");
        String lines = ldb("--db=" + db, "--hex", "scan").out();
        assertThat(lines.lines())
                .containsExactlyInAnyOrderElementsOf(expected.entrySet().stream()
                        .map(e -> e.getKey() + " : " + e.getValue())
                        .toList());
        assertThat(ldb("--db=" + db, "checkconsistency").out()).isEqualTo("OK\n");
        // Debian's ldb has written OPTIONS, a manifest and a log of its own in between.
        assertThat(ToolRun.sluice("db", "compact", "--db", db).out()).isEqualTo("OK\n");
        assertThat(ToolRun.sluice("db", "flush", "--db", db).out()).isEqualTo("OK\n");
        assertThat(ToolRun.sluice("db", "scan", "--db", db, "--hex").out()).isEqualTo(lines);
        assertThat(ldb("--db=" + db, "--hex", "scan").out()).isEqualTo(lines);
        assertThat(ToolRun.sluice("db", "check", "--db", db, "--json").out()).contains("\"ok\":true");
    }

    @Test
    void shouldEndWithOneCodeForMissingKeysAndAnotherForWrongCalls() {
        String db = store("codes");
        ToolRun.sluice("db", "put", "--db", db, "--create_if_missing", "key", "value");
        assertThat(ToolRun.sluice("db", "get", "--db", db, "key")).isEqualTo(new ToolRun(0, "value\n", ""));
        assertThat(ToolRun.sluice("db", "get", "--db", db, "none"))
                .isEqualTo(new ToolRun(1, "", "sluice: not found: none\n"));
        assertThat(ToolRun.sluice("db", "multiget", "--db", db, "none", "key"))
                .isEqualTo(new ToolRun(0, "Key not found: none\nkey : value\n", ""));
        assertThat(ToolRun.sluice("db", "get", "--db", db, "--hex", "key"))
                .satisfies(run -> assertThat(run.exitCode()).isEqualTo(2))
                .satisfies(run -> assertThat(run.err()).contains("\"key\" is no hex"));
        assertThat(ToolRun.sluice("db", "get", "--db", db, "--hex", "0x123").exitCode())
                .isEqualTo(2);
        assertThat(ToolRun.sluice("db", "get", "key").err()).contains("--db");
        assertThat(ToolRun.sluice("db", "batchput", "--db", db, "a", "b", "c").exitCode())
                .isEqualTo(2);
        assertThat(ToolRun.sluice("db", "get", "--db", db, "--column_family=no", "key"))
                .satisfies(run -> assertThat(run.exitCode()).isEqualTo(1))
                .satisfies(run -> assertThat(run.err()).contains("no column family \"no\"", "it has default"));
        assertThat(ToolRun.sluice("db", "scan", "--db", store("nothing")))
                .satisfies(run -> assertThat(run.exitCode()).isEqualTo(1))
                .satisfies(run -> assertThat(run.err()).contains("holds no store"));
        assertThat(Path.of(store("nothing"))).doesNotExist();
    }

    @Test
    void shouldPrintBytesAsTheyAreAndInJsonInHex() {
        String db = store("bytes");
        ToolRun.sluice("db", "put", "--db", db, "--create_if_missing", "--hex", "0x00FF0A", "0x8000");
        assertThat(ToolRun.sluice("db", "scan", "--db", db).out()).isEqualTo("\0\u00ff\n : \u0080\0\n");
        assertThat(ToolRun.sluice("db", "scan", "--db", db, "--json").out())
                .isEqualTo("{\"key\":\"0x00FF0A\",\"value\":\"0x8000\"}\n");
        assertThat(ToolRun.sluice("db", "scan", "--db", db, "--key_hex", "--no_value")
                        .out())
                .isEqualTo("0x00FF0A\n");
    }
}
