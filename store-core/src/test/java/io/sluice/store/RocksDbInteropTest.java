// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.store.sst.CompressionType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksIterator;

/** RocksDB, which we did not write, reads our stores, and we read its. */
class RocksDbInteropTest {
    @TempDir
    Path directory;

    @BeforeAll
    static void loadRocksDb() {
        RocksDB.loadLibrary();
    }

    @Test
    void shouldBeReadTheSameByRocksDb() throws Exception {
        Map<String, Map<String, String>> expected = writeStore();
        try (org.rocksdb.DBOptions options = new org.rocksdb.DBOptions()) {
            List<org.rocksdb.ColumnFamilyDescriptor> descriptors = new ArrayList<>();
            for (String name : expected.keySet()) {
                descriptors.add(new org.rocksdb.ColumnFamilyDescriptor(name.getBytes(UTF_8)));
            }
            List<org.rocksdb.ColumnFamilyHandle> handles = new ArrayList<>();
            try (RocksDB db = RocksDB.openReadOnly(options, directory.toString(), descriptors, handles)) {
                for (org.rocksdb.ColumnFamilyHandle handle : handles) {
                    Map<String, String> wanted = expected.get(new String(handle.getName(), UTF_8));
                    Map<String, String> found = new TreeMap<>();
                    try (RocksIterator iterator = db.newIterator(handle)) {
                        for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                            found.put(new String(iterator.key(), UTF_8), new String(iterator.value(), UTF_8));
                        }
                        iterator.status();
                    }
                    assertThat(found).isEqualTo(wanted);
                    handle.close();
                }
                db.verifyChecksum();
            }
        }
    }

    @Test
    void shouldBeAcceptedByRocksDbsTools() throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/ldb")), "rocksdb-tools is not installed");
        writeStore();
        assertThat(tool("ldb", "--db=" + directory, "checkconsistency")).contains("OK");
        assertThat(tool("ldb", "--db=" + directory, "manifest_dump")).contains("family1");
        assertThat(tool("ldb", "--db=" + directory, "scan", "--column_family=family1", "--max_keys=1"))
                .contains("key000000");
        int tables = 0;
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".sst")).toList()) {
                assertThat(tool("sst_dump", "--command=verify", "--file=" + file))
                        .contains("The file is ok");
                tables++;
            }
        }
        assertThat(tables).isGreaterThan(4);
    }

    @Test
    void shouldReadAndContinueWhatRocksDbWrote() throws Exception {
        try (org.rocksdb.Options options = formatVersion5().setCreateIfMissing(true);
                RocksDB db = RocksDB.open(options, directory.toString());
                org.rocksdb.FlushOptions flush = new org.rocksdb.FlushOptions()) {
            for (int i = 0; i < 5000; i++) {
                db.put(key(i), ("below " + i).getBytes(UTF_8));
            }
            db.compactRange();
            for (int i = 0; i < 5000; i += 7) {
                db.put(key(i), ("above " + i).getBytes(UTF_8));
            }
            db.delete(key(13));
            db.flush(flush);
        }
        try (Store store = Store.open(DBOptions.DEFAULT, directory)) {
            for (int i = 0; i < 5000; i++) {
                String expected = (i % 7 == 0 ? "above " : "below ") + i;
                assertThat(store.get(key(i))).isEqualTo(i == 13 ? null : expected.getBytes(UTF_8));
            }
            store.put(key(13), "back".getBytes(UTF_8));
            store.flush(FlushOptions.DEFAULT);
            try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily())) {
                int count = 0;
                for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                    count++;
                }
                assertThat(count).isEqualTo(5000);
            }
        }
        try (org.rocksdb.Options options = formatVersion5();
                RocksDB db = RocksDB.open(options, directory.toString())) {
            assertThat(db.get(key(13))).isEqualTo("back".getBytes(UTF_8));
            db.put(key(1), "in the log".getBytes(UTF_8));
        }
        try (Store store = Store.open(DBOptions.DEFAULT, directory)) {
            assertThat(store.get(key(1))).isEqualTo("in the log".getBytes(UTF_8));
        }
    }

    @Test
    void shouldReadAnIngestedFileByTheSequenceNumberInTheManifest(@TempDir Path outside) throws Exception {
        byte[] old = "old".getBytes(UTF_8);
        byte[] ingested = "ingested".getBytes(UTF_8);
        try (org.rocksdb.Options options = formatVersion5().setCreateIfMissing(true);
                RocksDB db = RocksDB.open(options, directory.toString())) {
            ingest(db, options, outside.resolve("first"), key(1), ingested);
        }
        try (Store store = Store.open(DBOptions.DEFAULT, directory)) {
            assertThat(store.get(key(1))).isEqualTo(ingested);
        }
        try (org.rocksdb.Options options = formatVersion5();
                RocksDB db = RocksDB.open(options, directory.toString());
                org.rocksdb.FlushOptions flush = new org.rocksdb.FlushOptions()) {
            db.put(key(2), old);
            db.flush(flush);
            ingest(db, options, outside.resolve("second"), key(2), ingested);
            assertThat(db.get(key(2))).isEqualTo(ingested);
        }
        try (Store store = Store.open(DBOptions.DEFAULT, directory)) {
            assertThat(store.get(key(1))).isEqualTo(ingested);
            assertThat(store.get(key(2))).isEqualTo(ingested);
            try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily())) {
                iterator.seek(key(2));
                assertThat(iterator.value()).isEqualTo(ingested);
                iterator.seekToLast();
                assertThat(iterator.key()).isEqualTo(key(2));
                assertThat(iterator.value()).isEqualTo(ingested);
                iterator.prev();
                assertThat(iterator.key()).isEqualTo(key(1));
            }
        }
    }

    private static org.rocksdb.Options formatVersion5() {
        return new org.rocksdb.Options()
                .setTableFormatConfig(new org.rocksdb.BlockBasedTableConfig().setFormatVersion(5));
    }

    private static void ingest(RocksDB db, org.rocksdb.Options options, Path file, byte[] key, byte[] value)
            throws Exception {
        try (org.rocksdb.EnvOptions env = new org.rocksdb.EnvOptions();
                org.rocksdb.SstFileWriter writer = new org.rocksdb.SstFileWriter(env, options);
                org.rocksdb.IngestExternalFileOptions how = new org.rocksdb.IngestExternalFileOptions()) {
            writer.open(file.toString());
            writer.put(key, value);
            writer.finish();
            db.ingestExternalFile(List.of(file.toString()), how.setWriteGlobalSeqno(false));
        }
    }

    /** Several files, column families, compressions, overwrites and deletions; returns what must be found. */
    private Map<String, Map<String, String>> writeStore() throws Exception {
        Map<String, Map<String, String>> expected = new TreeMap<>();
        CompressionType[] types = CompressionType.values();
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        for (int i = 0; i < types.length; i++) {
            ColumnFamilyOptions options = ColumnFamilyOptions.builder()
                    .compression(types[i])
                    .paranoidFileChecks(i == 1)
                    .tableOptions(BlockBasedTableOptions.builder()
                            .filterBitsPerKey(i % 2 == 0 ? 10 : 0)
                            .build())
                    .build();
            families.add(new ColumnFamilyDescriptor(i == 0 ? "default" : "family" + i, options));
        }
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .createMissingColumnFamilies(true)
                .build();
        try (Store store = Store.open(options, directory, families)) {
            for (int round = 0; round < 2; round++) {
                for (ColumnFamilyHandle family : store.columnFamilies()) {
                    Map<String, String> content = expected.computeIfAbsent(family.name(), name -> new TreeMap<>());
                    for (int i = round; i < 2000; i += 1 + 2 * round) {
                        String value = family.name() + " round " + round + " " + i;
                        store.put(family, key(i), value.getBytes(UTF_8));
                        content.put(new String(key(i), UTF_8), value);
                    }
                    store.delete(family, key(100 + round));
                    content.remove(new String(key(100 + round), UTF_8));
                }
                store.flush(FlushOptions.DEFAULT);
            }
        }
        return expected;
    }

    private static String tool(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    private static byte[] key(int number) {
        return String.format("key%06d", number).getBytes(UTF_8);
    }
}
