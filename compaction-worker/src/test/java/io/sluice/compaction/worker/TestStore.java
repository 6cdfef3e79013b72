// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.compaction.document.HosterDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.ValueType;
import io.sluice.store.compaction.Compaction;
import io.sluice.store.compaction.CompactionAttempt;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionJobId;
import io.sluice.store.compaction.CompactionProgress;
import io.sluice.store.compaction.CompactionReason;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.compaction.InputLevel;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.sst.TableOptions;
import io.sluice.store.sst.TableReader;
import io.sluice.store.sst.TableSummary;
import io.sluice.store.sst.TableWriter;
import io.sluice.store.storage.LocalStorage;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.agrona.concurrent.UnsafeBuffer;

/** The files of a store that is not open, on a disk, and jobs over them. Two tables of L0, each with half of the keys. */
final class TestStore {
    static final int KEYS = 8000;
    private static final TableOptions OPTIONS =
            TableOptions.DEFAULT.withBlockSize(512).withCompression(CompressionType.NONE, TableOptions.DEFAULT_LEVEL);

    final Path directory;
    final LocalStorage storage;
    private final List<FileMetadata> files = new ArrayList<>();
    private final String database;

    TestStore(Path directory, String database) throws IOException {
        this.directory = directory;
        this.database = database;
        this.storage = new LocalStorage(directory);
        storage.createRoot();
        storage.createDirectory("owner-1");
        files.add(table(11, 1));
        files.add(table(10, 0));
    }

    static String key(int i) {
        return String.format("key%05d", i);
    }

    static String value(int i) {
        return "value of " + i + "-".repeat(40);
    }

    private FileMetadata table(long number, int parity) throws IOException {
        try (WritableFile file = storage.create(FileNames.table(number));
                TableWriter writer = new TableWriter(file, OPTIONS, identity())) {
            for (int i = parity; i < KEYS; i += 2) {
                writer.add(
                        new UnsafeBuffer(InternalKey.encode(
                                new UnsafeBuffer(key(i).getBytes(UTF_8)),
                                InternalKey.trailer(100 + i, ValueType.VALUE))),
                        new UnsafeBuffer(value(i).getBytes(UTF_8)));
            }
            TableSummary summary = writer.finish();
            file.sync();
            return new FileMetadata(
                    number,
                    summary.size(),
                    summary.smallest(),
                    summary.largest(),
                    summary.smallestSequence(),
                    summary.largestSequence(),
                    number,
                    1,
                    1);
        }
    }

    private TableIdentity identity() {
        return new TableIdentity(0, "default", database, "SESSIONOF20CHARS0000", "host", "local", 0, 1, 1, 1);
    }

    /** A job to L1 with outputs of about {@code outputs} to be cut. */
    CompactionJob job(long number, int outputs, int maxSubcompactions) {
        long size = files.stream().mapToLong(FileMetadata::size).sum();
        return new CompactionJob(
                new CompactionJobId(database, 1, number),
                "default",
                new Compaction(
                        List.of(new InputLevel(0, files)),
                        1,
                        CompactionReason.LEVEL_L0_FILES_NUM,
                        1,
                        List.of(),
                        Math.max(1, size / outputs),
                        Long.MAX_VALUE,
                        true,
                        false,
                        maxSubcompactions),
                List.of(),
                10,
                OPTIONS,
                null,
                null,
                identity(),
                directory.toUri().toString(),
                "owner-1");
    }

    /** The document of a job's next attempt, whose directory is made. */
    JobDocument attempt(CompactionJob job, CompactionProgress progress) throws IOException {
        return attempt(job, progress, 600_000, new HosterDocument(database, "instance", null, null));
    }

    JobDocument attempt(CompactionJob job, CompactionProgress progress, long timeoutMs, HosterDocument hoster)
            throws IOException {
        return JobDocument.of(job, CompactionAttempt.createDirectory(storage, job), timeoutMs, progress, hoster);
    }

    /** The entries of outputs. */
    SortedMap<String, String> entries(List<CompactionResult.Output> outputs) throws IOException {
        SortedMap<String, String> found = new TreeMap<>();
        for (CompactionResult.Output output : outputs) {
            try (TableReader table = TableReader.open(storage.open(output.path()), OPTIONS.comparator());
                    InternalIterator entries = table.iterator()) {
                for (entries.seekToFirst(); entries.isValid(); entries.next()) {
                    found.put(
                            entries.key().getStringWithoutLengthUtf8(0, InternalKey.userKeyLength(entries.key())),
                            entries.value()
                                    .getStringWithoutLengthUtf8(
                                            0, entries.value().capacity()));
                }
            }
        }
        return found;
    }

    static SortedMap<String, String> allEntries() {
        SortedMap<String, String> all = new TreeMap<>();
        for (int i = 0; i < KEYS; i++) {
            all.put(key(i), value(i));
        }
        return all;
    }
}
