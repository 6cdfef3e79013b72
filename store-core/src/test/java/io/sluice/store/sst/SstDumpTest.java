// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Debian's rocksdb-tools, an older RocksDB (7.8), accept every table. */
class SstDumpTest {
    private static final Path TOOL = Path.of("/usr/bin/sst_dump");

    @TempDir
    Path directory;

    @BeforeEach
    void requireTool() {
        assumeTrue(Files.isExecutable(TOOL), "skipped: " + TOOL + " is missing (apt install rocksdb-tools)");
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void shouldBeVerifiedAndScanned(CompressionType compression) throws Exception {
        List<Entry> entries = Entry.random(new Random(21), 1500, 3000);
        TableOptions options = TableOptions.DEFAULT
                .withCompression(compression, TableOptions.DEFAULT_LEVEL)
                .withFilterBitsPerKey(10);
        Path table = directory.resolve("000007.sst");
        Files.write(table, Entry.table(entries, options));

        assertThat(dump(table, "verify", "--verify_checksum")).doesNotContainIgnoringCase("corrupt", "fail");
        String scan = dump(table, "scan", "--output_hex", "--show_properties");
        assertThat(scan)
                .contains("# entries: 1500")
                .contains("filter policy name: bloomfilter")
                .contains("SST file compression algo: " + compression.rocksName())
                .contains("column family name: orders")
                .contains("sluice.builder: 0x6C6F63616C");
        List<String> keys = new ArrayList<>();
        scan.lines()
                .filter(line -> line.startsWith("'"))
                .forEach(line -> keys.add(line.substring(1, line.indexOf('\'', 1))));
        assertThat(keys)
                .isEqualTo(entries.stream()
                        .map(e -> io.sluice.store.base.Slice.wrap(e.userKey()).toString())
                        .toList());
    }

    @Test
    void shouldNoticeADamagedTable() throws Exception {
        byte[] bytes = Entry.table(Entry.random(new Random(21), 1500, 3000), TableOptions.DEFAULT);
        bytes[bytes.length / 3] ^= 1;
        Path table = directory.resolve("000007.sst");
        Files.write(table, bytes);
        assertThat(dump(table, "verify", "--verify_checksum")).containsIgnoringCase("corrupt");
    }

    private String dump(Path table, String command, String... more) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(TOOL.toString(), "--file=" + table, "--command=" + command));
        line.addAll(List.of(more));
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return Files.readString(output, StandardCharsets.ISO_8859_1);
    }
}
