// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.storage.LocalStorage;
import io.sluice.store.storage.Storage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** RocksDB and we read each other's manifests. */
class ManifestInteropTest {
    private static final Path LDB = Path.of("/usr/bin/ldb");

    @TempDir
    Path directory;

    @BeforeAll
    static void loadRocksDb() {
        RocksDB.loadLibrary();
    }

    @Test
    void shouldRecoverWhatRocksDbWrote() throws Exception {
        List<String> expected = writeWithRocksDb();
        try (Storage storage = new LocalStorage(directory);
                VersionSet versions = open(storage)) {
            List<String> found = new ArrayList<>();
            for (ColumnFamilyInfo family : versions.columnFamilies().values()) {
                for (int level = 0; level < family.version().levelCount(); level++) {
                    for (FileMetadata file : family.version().files(level)) {
                        assertThat(file.epochNumber()).isPositive();
                        found.add(describe(
                                family.name(),
                                level,
                                FileNames.table(file.number()),
                                file.size(),
                                userKey(file.smallest()),
                                userKey(file.largest()),
                                file.smallestSequence(),
                                file.largestSequence()));
                    }
                }
            }
            assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
            assertThat(versions.dbId())
                    .isEqualTo(Files.readString(directory.resolve("IDENTITY")).strip());
        }
    }

    @Test
    void shouldBeReadByRocksDbAfterWeRewroteItsManifest() throws Exception {
        List<String> expected = writeWithRocksDb();
        try (Storage storage = new LocalStorage(directory);
                VersionSet versions = open(storage)) {
            versions.createColumnFamily("ours", BytewiseComparator.INSTANCE, 0);
            for (String name : versions.obsoleteFiles(Set.of())) {
                assertThat(name).doesNotEndWith(".sst");
                storage.delete(name);
            }
        }
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        List<ColumnFamilyDescriptor> families = descriptors("default", "second", "ours");
        try (DBOptions options = new DBOptions();
                RocksDB db = RocksDB.open(options, directory.toString(), families, handles)) {
            assertThat(db.get(handles.get(0), "k0007".getBytes(UTF_8))).isEqualTo("two".getBytes(UTF_8));
            assertThat(db.get(handles.get(1), "s".getBytes(UTF_8))).isEqualTo("t".getBytes(UTF_8));
            assertThat(describe(db)).containsExactlyInAnyOrderElementsOf(expected);
            handles.forEach(ColumnFamilyHandle::close);
        }
    }

    @Test
    void shouldBeAcceptedByLdbWithEveryKindOfEdit() throws Exception {
        assumeTrue(Files.isExecutable(LDB), "Debian's rocksdb-tools are not installed");
        try (Storage storage = new LocalStorage(directory);
                VersionSet versions = open(storage)) {
            ColumnFamilyInfo family = versions.createColumnFamily("second", BytewiseComparator.INSTANCE, 0);
            ColumnFamilyInfo dropped = versions.createColumnFamily("dropped", BytewiseComparator.INSTANCE, 0);
            long first = versions.newFileNumber();
            versions.logAndApply(new VersionEdit()
                    .addFile(
                            0,
                            TestFiles.file(first, "a", "m", 1, 9, versions.newEpochNumber(0))
                                    .withCrc32c(0x1234))
                    .lastSequence(9));
            versions.logAndApply(List.of(
                    new VersionEdit().deleteFile(0, first).addFile(1, TestFiles.file(77, "a", "m", 1, 9, 1)),
                    new VersionEdit(family.id())
                            .addFile(0, TestFiles.file(78, "x", "y", 10, 11, 1))
                            .lastSequence(11)));
            versions.dropColumnFamily(dropped.id());
            String dump = ldb("manifest_dump", "--verbose", "--path=" + directory.resolve(versions.manifestName()));
            assertThat(dump)
                    .contains("AddFile: 0 " + first)
                    .contains("DeleteFile: 0 " + first)
                    .contains("AtomicGroup: 1 entries remains")
                    .contains("ColumnFamilyAdd: second")
                    .contains("ColumnFamilyDrop")
                    .contains("leveldb.BytewiseComparator")
                    .contains("last_sequence 11");
        }
    }

    @Test
    void shouldLetRocksDbOpenAnEmptyStoreOfOurs() throws Exception {
        try (Storage storage = new LocalStorage(directory);
                VersionSet versions = open(storage)) {
            versions.createColumnFamily("second", BytewiseComparator.INSTANCE, 0);
        }
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try (DBOptions options = new DBOptions();
                RocksDB db = RocksDB.open(options, directory.toString(), descriptors("default", "second"), handles)) {
            db.put(handles.get(1), "k".getBytes(UTF_8), "v".getBytes(UTF_8));
            handles.forEach(ColumnFamilyHandle::close);
        }
        try (Storage storage = new LocalStorage(directory)) {
            assertThat(VersionSet.list(storage, ManifestOptions.defaults()))
                    .extracting(ColumnFamilyInfo::name)
                    .containsExactly("default", "second");
        }
    }

    private static VersionSet open(Storage storage) throws IOException {
        return VersionSet.open(storage, Epoch.take(storage), ManifestOptions.defaults());
    }

    private static List<ColumnFamilyDescriptor> descriptors(String... names) {
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        for (String name : names) {
            descriptors.add(new ColumnFamilyDescriptor(name.getBytes(UTF_8)));
        }
        return descriptors;
    }

    /** Two column families, a compaction, overlapping L0 files, a dropped family. Returns its files. */
    private List<String> writeWithRocksDb() throws RocksDBException {
        try (Options options = new Options().setCreateIfMissing(true).setDisableAutoCompactions(true);
                FlushOptions wait = new FlushOptions().setWaitForFlush(true);
                RocksDB db = RocksDB.open(options, directory.toString())) {
            ColumnFamilyHandle second = db.createColumnFamily(new ColumnFamilyDescriptor("second".getBytes(UTF_8)));
            ColumnFamilyHandle dropped = db.createColumnFamily(new ColumnFamilyDescriptor("dropped".getBytes(UTF_8)));
            for (String round : List.of("zero", "one", "two")) {
                for (int i = 0; i < 100; i++) {
                    db.put(String.format("k%04d", i).getBytes(UTF_8), round.getBytes(UTF_8));
                }
                db.put(dropped, round.getBytes(UTF_8), round.getBytes(UTF_8));
                db.flush(wait, List.of(db.getDefaultColumnFamily(), dropped));
                if (round.equals("zero")) {
                    db.compactRange();
                }
            }
            db.put(second, "s".getBytes(UTF_8), "t".getBytes(UTF_8));
            db.flush(wait, second);
            db.dropColumnFamily(dropped);
            dropped.close();
            List<String> files = describe(db);
            second.close();
            return files;
        }
    }

    private static List<String> describe(RocksDB db) {
        List<String> files = new ArrayList<>();
        for (LiveFileMetaData file : db.getLiveFilesMetaData()) {
            files.add(describe(
                    new String(file.columnFamilyName(), UTF_8),
                    file.level(),
                    file.fileName().substring(1),
                    file.size(),
                    new String(file.smallestKey(), UTF_8),
                    new String(file.largestKey(), UTF_8),
                    file.smallestSeqno(),
                    file.largestSeqno()));
        }
        return files;
    }

    private static String describe(
            String family, int level, String name, long size, String smallest, String largest, long first, long last) {
        return family + " L" + level + " " + name + " " + size + " bytes " + smallest + ".." + largest + " seq " + first
                + ".." + last;
    }

    private static String userKey(Slice internalKey) {
        return internalKey.buffer().getStringWithoutLengthUtf8(0, internalKey.length() - 8);
    }

    private static String ldb(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(LDB.toString()));
        command.addAll(List.of(arguments));
        File output = File.createTempFile("ldb", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output)
                    .start();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            String text = Files.readString(output.toPath());
            assertThat(process.exitValue()).as(text).isZero();
            return text;
        } finally {
            Files.delete(output.toPath());
        }
    }
}
