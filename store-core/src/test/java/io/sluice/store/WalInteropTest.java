// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksIterator;

/** Stores that were closed, or killed, without a flush: RocksDB reads our logs, and we read its. */
class WalInteropTest {
    private static final List<String> FAMILIES = List.of("default", "second", "third");

    @TempDir
    Path directory;

    @BeforeAll
    static void loadRocksDb() {
        RocksDB.loadLibrary();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void shouldLeaveLogsThatRocksDbRecovers(long seed) throws Exception {
        Map<String, String> expected = writeOurs(seed);
        assertThat(logBytes(directory)).isPositive();
        assertThat(readByRocksDb()).isEqualTo(expected);
        // and back again: RocksDB has flushed the logs, or left them
        assertThat(readOurs(directory)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15})
    void shouldRecoverWhatRocksDbLogged(long seed) throws Exception {
        Map<String, String> expected = writeTheirs(seed, 0);
        assertThat(logBytes(directory)).isPositive();
        assertThat(readOurs(directory)).isEqualTo(expected);
        assertThat(readByRocksDb()).isEqualTo(expected);
    }

    @Test
    void shouldRecoverRecycledLogs() throws Exception {
        Map<String, String> expected = writeTheirs(21, 4);
        assertThat(readOurs(directory)).isEqualTo(expected);
    }

    /** Killed at any moment, also right behind a switch of logs: what RocksDB opens we open, and what it refuses we refuse. */
    @Test
    void shouldDoAsRocksDbDoesWithRecycledLogsUnderPointInTimeRecovery() throws Exception {
        int refused = 0;
        for (long seed = 41; seed < 45; seed++) {
            refused += refusedOfRecycled(seed, directory.resolve("seed" + seed));
        }
        assertThat(refused).isBetween(1, 40);
    }

    private static int refusedOfRecycled(long seed, Path directory) throws Exception {
        Path source = Files.createDirectories(directory).resolve("source");
        Random random = new Random(seed);
        try (org.rocksdb.DBOptions options = new org.rocksdb.DBOptions()
                        .setCreateIfMissing(true)
                        .setCreateMissingColumnFamilies(true)
                        .setRecycleLogFileNum(1 + random.nextInt(3))
                        .setWalRecoveryMode(org.rocksdb.WALRecoveryMode.PointInTimeRecovery);
                org.rocksdb.FlushOptions flush = new org.rocksdb.FlushOptions()) {
            List<org.rocksdb.ColumnFamilyHandle> families = new ArrayList<>();
            try (RocksDB db = RocksDB.open(
                    options,
                    source.toString(),
                    FAMILIES.stream()
                            .map(name -> new org.rocksdb.ColumnFamilyDescriptor(name.getBytes(UTF_8), tables()))
                            .toList(),
                    families)) {
                int recycled = 0;
                int refused = 0;
                for (int i = 0; i < 12; i++) {
                    for (int n = random.nextInt(40); n > 0; n--) {
                        db.put(
                                families.get(random.nextInt(3)),
                                ("key" + random.nextInt(50)).getBytes(UTF_8),
                                value(random, i).getBytes(UTF_8));
                    }
                    boolean flushes = random.nextInt(4) > 0;
                    if (flushes) {
                        db.flush(flush, families.get(random.nextInt(3)));
                    }
                    Path theirs = directory.resolve("theirs" + i);
                    Path ours = directory.resolve("ours" + i);
                    copyAll(source, theirs);
                    if (flushes && random.nextBoolean()) {
                        leaveEarlierUseInTheLogBefore(theirs);
                    }
                    copyAll(theirs, ours);
                    recycled += isRecycled(ours) ? 1 : 0;
                    Map<String, String> expected = null;
                    try {
                        expected = readByRocksDb(theirs);
                    } catch (org.rocksdb.RocksDBException e) {
                        assertThat(e).hasMessageContaining("SST file is ahead of WALs");
                        refused++;
                    }
                    if (expected == null) {
                        assertThatThrownBy(() -> readOurs(ours)).hasMessageContaining("store.recovery.inconsistent");
                    } else {
                        assertThat(readOurs(ours))
                                .as("seed %d, step %d", seed, i)
                                .isEqualTo(expected);
                    }
                }
                assertThat(recycled).isPositive();
                families.forEach(org.rocksdb.ColumnFamilyHandle::close);
                return refused;
            }
        }
    }

    /**
     * Makes of the two newest logs what a crash leaves: RocksDB cuts a recycled log's earlier use off when it closes it. The
     * newest, in which nothing is yet, is made a new file.
     */
    private static void leaveEarlierUseInTheLogBefore(Path directory) throws IOException {
        List<Path> logs = logs(directory).stream().sorted().toList();
        if (logs.size() < 2) {
            return;
        }
        Path newest = logs.get(logs.size() - 1);
        Path before = logs.get(logs.size() - 2);
        byte[] earlier = Files.readAllBytes(newest);
        if (earlier.length > 11 && earlier[6] == 5) {
            int length = 11 + (earlier[4] & 0xff) + ((earlier[5] & 0xff) << 8);
            if (Files.size(before) % (32 << 10) + length <= 32 << 10) {
                Files.write(before, Arrays.copyOf(earlier, length), StandardOpenOption.APPEND);
            }
        }
        Files.write(newest, new byte[0]);
    }

    /** Whether the first record of a log has a type of recycled logs. */
    private static boolean isRecycled(Path directory) throws IOException {
        for (Path log : logs(directory)) {
            byte[] bytes = Files.readAllBytes(log);
            if (bytes.length > 7 && bytes[6] >= 5 && bytes[6] <= 8) {
                return true;
            }
        }
        return false;
    }

    @Test
    void shouldLeaveLogsThatRocksDbsToolsRead() throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/ldb")), "rocksdb-tools is not installed");
        Map<String, String> expected = writeOurs(31);
        for (Path log : logs(directory)) {
            assertThat(tool("ldb", "dump_wal", "--walfile=" + log, "--header", "--db=" + directory))
                    .doesNotContainIgnoringCase("corrupt");
        }
        for (String family : FAMILIES) {
            String scan = tool("ldb", "--db=" + directory, "--column_family=" + family, "scan");
            for (Map.Entry<String, String> entry : expected.entrySet()) {
                if (entry.getKey().startsWith(family + "/")) {
                    assertThat(scan).contains(entry.getKey().substring(family.length() + 1) + " : ");
                }
            }
        }
    }

    @Test
    void shouldRefusePreparedTransactionsThatRocksDbLogged() throws Exception {
        try (org.rocksdb.Options options = new org.rocksdb.Options().setCreateIfMissing(true);
                org.rocksdb.TransactionDBOptions transactions = new org.rocksdb.TransactionDBOptions();
                org.rocksdb.WriteOptions write = new org.rocksdb.WriteOptions();
                org.rocksdb.TransactionDB db =
                        org.rocksdb.TransactionDB.open(options, transactions, directory.toString());
                org.rocksdb.Transaction transaction = db.beginTransaction(write)) {
            transaction.setName("prepared");
            transaction.put("k".getBytes(UTF_8), "v".getBytes(UTF_8));
            transaction.prepare();
            Path copy = copy();
            assertThatThrownBy(() -> Store.open(DBOptions.DEFAULT, copy))
                    .hasMessageContaining("log.record-unsupported")
                    .hasMessageContaining("prepared transactions");
            transaction.rollback();
        }
    }

    private Map<String, String> writeOurs(long seed) throws Exception {
        Random random = new Random(seed);
        Map<String, String> expected = new TreeMap<>();
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .createMissingColumnFamilies(true)
                .avoidFlushDuringShutdown(true)
                .build();
        try (Store store = Store.open(
                options,
                directory,
                FAMILIES.stream()
                        .map(name -> new ColumnFamilyDescriptor(name, ColumnFamilyOptions.DEFAULT))
                        .toList())) {
            List<ColumnFamilyHandle> families = store.columnFamilies();
            for (int i = 0; i < 400; i++) {
                if (random.nextInt(100) == 0) {
                    store.flush(FlushOptions.DEFAULT, families.get(random.nextInt(3)));
                    continue;
                }
                WriteBatch batch = new WriteBatch();
                for (int n = random.nextInt(4); n >= 0; n--) {
                    ColumnFamilyHandle family = families.get(random.nextInt(3));
                    String key = "key" + random.nextInt(200);
                    if (random.nextInt(5) == 0) {
                        batch.delete(family, key.getBytes(UTF_8));
                        expected.remove(family.name() + "/" + key);
                    } else {
                        String value = value(random, i);
                        batch.put(family, key.getBytes(UTF_8), value.getBytes(UTF_8));
                        expected.put(family.name() + "/" + key, value);
                    }
                }
                store.write(WriteOptions.builder().sync(random.nextInt(50) == 0).build(), batch);
            }
        }
        return expected;
    }

    /** Writes with RocksDB and copies the directory aside while it is open, as a kill would leave it. */
    private Map<String, String> writeTheirs(long seed, long recycled) throws Exception {
        Random random = new Random(seed);
        Map<String, String> expected = new TreeMap<>();
        Path source = directory.resolveSibling(directory.getFileName() + "-source");
        try (org.rocksdb.DBOptions options = new org.rocksdb.DBOptions()
                        .setCreateIfMissing(true)
                        .setCreateMissingColumnFamilies(true)
                        .setRecycleLogFileNum(recycled)
                        .setWalRecoveryMode(
                                recycled == 0
                                        ? org.rocksdb.WALRecoveryMode.PointInTimeRecovery
                                        : org.rocksdb.WALRecoveryMode.SkipAnyCorruptedRecords);
                org.rocksdb.WriteOptions write = new org.rocksdb.WriteOptions();
                org.rocksdb.FlushOptions flush = new org.rocksdb.FlushOptions()) {
            List<org.rocksdb.ColumnFamilyHandle> families = new ArrayList<>();
            try (RocksDB db = RocksDB.open(
                    options,
                    source.toString(),
                    FAMILIES.stream()
                            .map(name -> new org.rocksdb.ColumnFamilyDescriptor(name.getBytes(UTF_8), tables()))
                            .toList(),
                    families)) {
                for (int i = 0; i < 400; i++) {
                    if (random.nextInt(60) == 0) {
                        db.flush(flush, families.get(random.nextInt(3)));
                        continue;
                    }
                    try (org.rocksdb.WriteBatch batch = new org.rocksdb.WriteBatch()) {
                        for (int n = random.nextInt(4); n >= 0; n--) {
                            int family = random.nextInt(3);
                            String name = FAMILIES.get(family);
                            String key = "key" + random.nextInt(200);
                            int kind = random.nextInt(12);
                            if (kind < 2) {
                                batch.delete(families.get(family), key.getBytes(UTF_8));
                                expected.remove(name + "/" + key);
                            } else if (kind == 2) {
                                String end = key + random.nextInt(10);
                                batch.deleteRange(families.get(family), key.getBytes(UTF_8), end.getBytes(UTF_8));
                                expected.keySet()
                                        .removeIf(k -> k.compareTo(name + "/" + key) >= 0
                                                && k.compareTo(name + "/" + end) < 0);
                            } else if (kind == 3) {
                                batch.put(families.get(family), key.getBytes(UTF_8), new byte[3]);
                                batch.delete(families.get(family), key.getBytes(UTF_8));
                                batch.put(families.get(family), "once".getBytes(UTF_8), new byte[3]);
                                batch.singleDelete(families.get(family), "once".getBytes(UTF_8));
                                expected.remove(name + "/" + key);
                            } else {
                                String value = value(random, i);
                                batch.put(families.get(family), key.getBytes(UTF_8), value.getBytes(UTF_8));
                                expected.put(name + "/" + key, value);
                            }
                        }
                        batch.putLogData("of the program".getBytes(UTF_8));
                        db.write(write, batch);
                    }
                }
                copyAll(source, directory);
                families.forEach(org.rocksdb.ColumnFamilyHandle::close);
            }
        }
        return expected;
    }

    private static String value(Random random, int step) {
        return "value " + step + " ".repeat(random.nextInt(30) == 0 ? 50_000 : random.nextInt(400)) + ".";
    }

    private Path copy() throws IOException {
        Path copy = directory.resolve("copy");
        copyAll(directory, copy);
        return copy;
    }

    private static void copyAll(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (!file.endsWith("LOCK")) {
                    Files.copy(file, to.resolve(file.getFileName()));
                }
            }
        }
    }

    private static Map<String, String> readOurs(Path directory) throws Exception {
        Map<String, String> found = new TreeMap<>();
        try (Store store = Store.open(DBOptions.DEFAULT, directory)) {
            for (ColumnFamilyHandle family : store.columnFamilies()) {
                try (StoreIterator iterator = store.newIterator(family)) {
                    for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                        found.put(
                                family.name() + "/" + new String(iterator.key(), UTF_8),
                                new String(iterator.value(), UTF_8));
                    }
                }
            }
        }
        return found;
    }

    private Map<String, String> readByRocksDb() throws Exception {
        return readByRocksDb(directory);
    }

    private static Map<String, String> readByRocksDb(Path directory) throws Exception {
        Map<String, String> found = new TreeMap<>();
        try (org.rocksdb.DBOptions options = new org.rocksdb.DBOptions()) {
            List<org.rocksdb.ColumnFamilyHandle> handles = new ArrayList<>();
            try (RocksDB db = RocksDB.open(
                    options,
                    directory.toString(),
                    FAMILIES.stream()
                            .map(name -> new org.rocksdb.ColumnFamilyDescriptor(name.getBytes(UTF_8), tables()))
                            .toList(),
                    handles)) {
                for (org.rocksdb.ColumnFamilyHandle handle : handles) {
                    try (RocksIterator iterator = db.newIterator(handle)) {
                        for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                            found.put(
                                    new String(handle.getName(), UTF_8) + "/" + new String(iterator.key(), UTF_8),
                                    new String(iterator.value(), UTF_8));
                        }
                        iterator.status();
                    }
                    handle.close();
                }
            }
        }
        return found;
    }

    private static org.rocksdb.ColumnFamilyOptions tables() {
        return new org.rocksdb.ColumnFamilyOptions()
                .setWriteBufferSize(1 << 20) // logs are made a little longer than that beforehand
                .setDisableAutoCompactions(true) // so that no file goes while the directory is copied
                .setTableFormatConfig(new org.rocksdb.BlockBasedTableConfig().setFormatVersion(5));
    }

    private static List<Path> logs(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".log")).toList();
        }
    }

    private static long logBytes(Path directory) throws IOException {
        long total = 0;
        for (Path log : logs(directory)) {
            total += Files.size(log);
        }
        return total;
    }

    private static String tool(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }
}
