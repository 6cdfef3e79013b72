// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.sluice.cli.SluiceProcess;
import io.sluice.testkit.process.TestProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksIterator;

/** A demo with the records of a file. What it leaves with --dir is a RocksDB directory: RocksDB and its tools read it. */
class DemoFilesTest {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final int RECORDS = 24_000;

    /** The records of the last third have the keys of the first: they replace them. */
    private static final int KEYS = 16_000;

    private static JsonNode report = MissingNode.getInstance();

    @TempDir
    private static Path directory;

    private static Path db() {
        return directory.resolve("demo/db");
    }

    @BeforeAll
    static void runDemo() throws Exception {
        StringBuilder text = new StringBuilder("k\tv\n");
        for (int i = 0; i < RECORDS; i++) {
            text.append("key")
                    .append(i % KEYS)
                    .append("\tvalue ")
                    .append(i * 7919L)
                    .append('\n');
        }
        Path input = Files.writeString(directory.resolve("in.tsv"), text);
        try (TestProcess demo = SluiceProcess.of(
                        "demo",
                        "--json",
                        "--dir=" + directory.resolve("demo"),
                        "--input=" + input,
                        "--key-column=k",
                        "--value-columns=v",
                        "--write-buffer-size=64KiB")
                .start()) {
            assertThat(demo.awaitExit(LIMIT)).as(demo.toString()).isZero();
            report = new ObjectMapper().readTree(demo.out());
        }
    }

    @Test
    void shouldHaveWrittenEachRecordAndReadBackTheLastOfEachKey() {
        assertThat(report.get("writes").asLong()).isEqualTo(RECORDS);
        assertThat(report.get("verified").asLong()).isEqualTo(KEYS);
        assertThat(report.get("remote_flushes").asLong()).isPositive();
    }

    @Test
    void shouldBeOpenedAndReadByRocksDb() throws Exception {
        RocksDB.loadLibrary();
        Map<String, String> found = new HashMap<>();
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        try (Options options = new Options()) {
            for (byte[] name : RocksDB.listColumnFamilies(options, db().toString())) {
                descriptors.add(new ColumnFamilyDescriptor(name));
            }
        }
        assertThat(descriptors).hasSize(11);
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try (DBOptions options = new DBOptions();
                RocksDB rocks = RocksDB.openReadOnly(options, db().toString(), descriptors, handles)) {
            rocks.verifyChecksum();
            for (ColumnFamilyHandle handle : handles) {
                try (RocksIterator iterator = rocks.newIterator(handle)) {
                    for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                        found.put(
                                new String(iterator.key(), StandardCharsets.UTF_8),
                                new String(iterator.value(), StandardCharsets.UTF_8));
                    }
                    iterator.status();
                }
            }
            handles.forEach(ColumnFamilyHandle::close);
        }
        assertThat(found).hasSize(KEYS);
        for (int i = RECORDS - KEYS; i < RECORDS; i++) {
            assertThat(found).containsEntry("key" + i % KEYS, "value " + i * 7919L);
        }
    }

    @Test
    void shouldBeAcceptedByRocksDbsTools() throws Exception {
        assumeThat(Stream.of("/usr/bin/sst_dump", "/usr/bin/ldb").map(Path::of).allMatch(Files::isExecutable))
                .as("sst_dump and ldb (Debian's rocksdb-tools) are installed")
                .isTrue();
        List<Path> tables;
        try (Stream<Path> files = Files.list(db())) {
            tables = files.filter(file -> file.toString().endsWith(".sst")).toList();
        }
        assertThat(tables).isNotEmpty();
        for (Path table : tables) {
            tool("sst_dump", "--command=verify", "--file=" + table);
        }
        tool("ldb", "--db=" + db(), "manifest_dump");
        tool("ldb", "--db=" + db(), "checkconsistency");
    }

    private static void tool(String... command) throws Exception {
        try (TestProcess tool = TestProcess.command(command).start()) {
            assertThat(tool.awaitExit(LIMIT)).as(tool.toString()).isZero();
            assertThat(tool.out() + tool.err()).as(tool.toString()).doesNotContainIgnoringCase("corrupt");
        }
    }
}
