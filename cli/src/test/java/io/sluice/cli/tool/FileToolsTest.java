// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.tool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.cli.ToolRun;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.WriteBatch;
import io.sluice.store.WriteOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileToolsTest {
    private static final int ENTRIES = 3000;

    @TempDir
    private Path directory;

    private Path db;

    @BeforeEach
    void write() throws IOException {
        db = directory.resolve("db");
        try (Store store = Store.open(DBOptions.builder().createIfMissing(true).build(), db)) {
            for (int i = 0; i < ENTRIES; i++) {
                store.put(String.format("key%05d", i).getBytes(UTF_8), ("value " + i).getBytes(UTF_8));
            }
            store.delete("key00001".getBytes(UTF_8));
            store.createColumnFamily(new ColumnFamilyDescriptor("second", ColumnFamilyOptions.DEFAULT));
            store.flush(FlushOptions.DEFAULT);
        }
    }

    private Path file(String suffix) throws IOException {
        try (Stream<Path> files = Files.list(db)) {
            return files.filter(file -> file.getFileName().toString().matches(suffix))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private Path table() throws IOException {
        return file(".*\\.sst");
    }

    @Test
    void shouldFindNothingWrongWithAGoodTable() throws IOException {
        String table = table().toString();
        assertThat(ToolRun.sluice("sst", "check", table))
                .isEqualTo(new ToolRun(0, table + ": ok, " + ENTRIES + " entries\n", ""));
        assertThat(ToolRun.sluice("sst", "verify", db.toString())).isEqualTo(new ToolRun(0, table + ": ok\n", ""));
        assertThat(ToolRun.sluice("sst", "check", "--json", table).out())
                .isEqualTo("{\"file\":\"" + table + "\",\"entries\":" + ENTRIES + ",\"ok\":true}\n");
        assertThat(ToolRun.sluice("sst", "properties", table).out())
                .startsWith(table + "\n")
                .contains("  rocksdb.num.entries: " + ENTRIES + "\n", "  sluice.builder: local\n");
    }

    @Test
    void shouldScanAsSstDumpDoes() throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/sst_dump")), "rocksdb-tools is not installed");
        String table = table().toString();
        List<String> theirs = ToolRun.program(
                        directory, "sst_dump", "--file=" + table, "--command=scan", "--output_hex")
                .out()
                .lines()
                .filter(line -> line.startsWith("'"))
                .toList();
        assertThat(theirs).hasSize(ENTRIES);
        assertThat(ToolRun.sluice("sst", "scan", "--output_hex", table)
                        .out()
                        .lines()
                        .skip(1))
                .containsExactlyElementsOf(theirs);
        assertThat(ToolRun.sluice("sst", "scan", table, "--from=key00001", "--to=key00003", "--read_num=3")
                        .out())
                .isEqualTo("Process " + table
                        + "\n'key00001' seq:3001, type:0 => \n'key00002' seq:3, type:1 => value 2\n");
    }

    @Test
    void shouldScanRangeDeletionsOnRequestOnlyAsSstDumpNeverDoes() throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/sst_dump")), "rocksdb-tools is not installed");
        db = directory.resolve("ranges");
        try (Store store = Store.open(DBOptions.builder().createIfMissing(true).build(), db)) {
            store.put("b".getBytes(UTF_8), "1".getBytes(UTF_8));
            store.deleteRange("a".getBytes(UTF_8), "c".getBytes(UTF_8));
            store.deleteRange("b".getBytes(UTF_8), "d".getBytes(UTF_8));
            store.put("b".getBytes(UTF_8), "2".getBytes(UTF_8));
            store.flush(FlushOptions.DEFAULT);
        }
        String table = table().toString();
        String theirs = ToolRun.program(directory, "sst_dump", "--file=" + table, "--command=scan")
                .out()
                .lines()
                .filter(line -> line.startsWith("'"))
                .map(line -> line + "\n")
                .reduce("", String::concat);
        String head = "Process " + table + "\n";
        assertThat(ToolRun.sluice("sst", "scan", table).out()).isEqualTo(head + theirs);
        String ranges = "'a' seq:2, type:15 => b\n'b' seq:3, type:15 => c\n'c' seq:3, type:15 => d\n";
        assertThat(ToolRun.sluice("sst", "scan", table, "--range_deletions").out())
                .isEqualTo(head + theirs + ranges);
        assertThat(ToolRun.sluice("sst", "scan", table, "--range_deletions", "--json")
                        .out())
                .contains("\"key\":\"0x61\",\"sequence\":2,\"type\":15,\"value\":\"0x62\"");
        ToolRun.program(directory, "sst_dump", "--file=" + table, "--command=raw");
        assertThat(Files.readString(Path.of(table.replace(".sst", "_dump.txt"))))
                .contains("Range deletions:", "HEX    61: 62", "HEX    62: 63", "HEX    63: 64");
    }

    @Test
    void shouldSayWhatIsWrongWithABadFile() throws IOException {
        byte[] good = Files.readAllBytes(table());
        Path bad = directory.resolve("000099.sst");
        Files.write(bad, Arrays.copyOf(good, good.length / 2));
        shouldBeBad(bad, "magic");
        byte[] changed = good.clone();
        changed[100] ^= 1;
        Files.write(bad, changed);
        shouldBeBad(bad, "checksum");
        Files.write(bad, "no table at all".getBytes(UTF_8));
        shouldBeBad(bad, "is no table");
        Files.write(bad, new byte[0]);
        shouldBeBad(bad, "is no table");
        Files.delete(bad);
        shouldBeBad(bad, "000099.sst");
        assertThat(ToolRun.sluice("sst", "check", directory.resolve("void").toString()))
                .satisfies(run -> assertThat(run.exitCode()).isEqualTo(1))
                .satisfies(run -> assertThat(run.err()).contains("void"));
        Files.write(table(), changed);
        assertThat(ToolRun.sluice("db", "check", "--db", db.toString()))
                .satisfies(run -> assertThat(run.exitCode()).isEqualTo(1))
                .satisfies(run -> assertThat(run.err()).contains("checksum"));
    }

    private static void shouldBeBad(Path file, String message) {
        for (String command : List.of("check", "verify")) {
            ToolRun run = ToolRun.sluice("sst", command, file.toString());
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.out()).contains(message);
            assertThat(run.err()).contains("1 of 1 files").doesNotContain("\tat ");
        }
        ToolRun scan = ToolRun.sluice("sst", "scan", file.toString());
        assertThat(scan.exitCode()).isEqualTo(1);
        assertThat(scan.err()).contains(message);
    }

    @Test
    void shouldDumpAManifest() throws IOException {
        ToolRun dump = ToolRun.sluice("manifest", "dump", db.toString());
        assertThat(dump.err()).isEmpty();
        assertThat(dump.out())
                .contains("comparator=leveldb.BytewiseComparator", "add_column_family=second", "add_file {level=0");
        assertThat(dump.exitCode()).isZero();
        Path manifest = file("MANIFEST-.*");
        assertThat(ToolRun.sluice("manifest", "dump", "--json", manifest.toString())
                        .out()
                        .lines())
                .hasSameSizeAs(
                        dump.out().lines().filter(line -> !line.startsWith(" ")).toList())
                .allMatch(line -> line.startsWith("{\"end_offset\":"));
    }

    @Test
    void shouldSayWhatIsWrongWithABadManifest() throws IOException {
        Path manifest = file("MANIFEST-.*");
        byte[] good = Files.readAllBytes(manifest);
        Files.write(manifest, Arrays.copyOf(good, good.length - 3));
        ToolRun torn = ToolRun.sluice("manifest", "dump", db.toString());
        assertThat(torn.exitCode()).isZero();
        assertThat(torn.err()).contains("a torn tail of");
        byte[] changed = good.clone();
        changed[10] ^= 1;
        Files.write(manifest, changed);
        ToolRun corrupt = ToolRun.sluice("manifest", "dump", manifest.toString());
        assertThat(corrupt.exitCode()).isEqualTo(1);
        assertThat(corrupt.err()).contains("CRC32C", "[log.corrupt]");
        assertThat(ToolRun.sluice("manifest", "dump", directory.toString()).exitCode())
                .isEqualTo(1);
    }

    /** A log of ours with every operation, of a store that was copied while it was open. */
    private Path log() throws IOException {
        Path live = directory.resolve("live");
        Path copy = directory.resolve("000003.log");
        try (Store store = Store.open(DBOptions.builder().createIfMissing(true).build(), live)) {
            store.put("key".getBytes(UTF_8), "value".getBytes(UTF_8));
            WriteBatch batch = new WriteBatch();
            batch.put(store.defaultColumnFamily(), new byte[] {0, -1}, new byte[0]);
            batch.delete(store.defaultColumnFamily(), "key".getBytes(UTF_8));
            store.write(WriteOptions.DEFAULT, batch);
            store.put("long".getBytes(UTF_8), new byte[70_000]);
            try (Stream<Path> files = Files.list(live)) {
                Path log = files.filter(file -> file.toString().endsWith(".log"))
                        .filter(file -> file.toFile().length() > 0)
                        .findFirst()
                        .orElseThrow();
                Files.copy(log, copy);
            }
        }
        return copy;
    }

    @Test
    void shouldDumpALogAsLdbDoes() throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/ldb")), "rocksdb-tools is not installed");
        String log = log().toString();
        ToolRun theirs = ToolRun.program(directory, "ldb", "dump_wal", "--walfile=" + log, "--header", "--print_value");
        assertThat(theirs.out()).contains("PUT(0) : 0x00FF : 0x DELETE(0) : 0x6B6579 ");
        assertThat(ToolRun.sluice("wal", "dump", "--header", "--print_value", log))
                .isEqualTo(new ToolRun(0, theirs.out(), ""));
        assertThat(ToolRun.sluice("wal", "dump", log).out())
                .isEqualTo(ToolRun.program(directory, "ldb", "dump_wal", "--walfile=" + log)
                        .out());
        assertThat(ToolRun.sluice("wal", "dump", "--json", log).out().lines())
                .hasSize(3)
                .allMatch(line -> line.startsWith("{\"sequence\":"));
    }

    @Test
    void shouldSayWhatIsWrongWithABadLog() throws IOException {
        Path log = log();
        byte[] good = Files.readAllBytes(log);
        Files.write(log, Arrays.copyOf(good, good.length - 100));
        ToolRun torn = ToolRun.sluice("wal", "dump", log.toString());
        assertThat(torn.exitCode()).isZero();
        assertThat(torn.out().lines()).hasSize(2);
        assertThat(torn.err()).contains("at offset");
        byte[] changed = good.clone();
        changed[good.length - 20] ^= 1;
        Files.write(log, changed);
        ToolRun corrupt = ToolRun.sluice("wal", "dump", log.toString());
        assertThat(corrupt.exitCode()).isEqualTo(1);
        assertThat(corrupt.out().lines()).hasSize(2);
        assertThat(corrupt.err()).contains("is corrupt; what could be read was printed");
        assertThat(ToolRun.sluice("wal", "dump", directory.resolve("none.log").toString())
                        .exitCode())
                .isEqualTo(1);
    }
}
