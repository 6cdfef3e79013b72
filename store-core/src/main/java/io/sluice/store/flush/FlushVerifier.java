// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.flush;

import io.sluice.store.base.Crc32c;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.sst.PropertyNames;
import io.sluice.store.sst.TableProperties;
import io.sluice.store.sst.TableReader;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.OptionalLong;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Holds what an executor says it made against the job, the memtables and the file, before any of it is believed: whose
 * result it is, the counts of entries, the sequence and key range, the file's size, its footer, index and properties, and
 * the CRC32C of the whole file: against the storage's own where it has one, against the bytes read back where that is
 * asked for. Every check ends in a {@code CORRUPTION} error that names file, expected and found.
 */
public final class FlushVerifier {
    private static final int READ_LENGTH = 1 << 20;

    private final Storage storage;

    /** A verifier of files on {@code storage}. */
    public FlushVerifier(Storage storage) {
        this.storage = storage;
    }

    /**
     * What was verified.
     *
     * @param file for the manifest
     * @param path the file's present name
     * @param properties as they stand in the file
     */
    public record Verified(FileMetadata file, String path, TableProperties properties) {}

    /**
     * Verifies a result.
     *
     * @param readBack whether to read the whole file and compute its CRC32C
     * @return what may be installed
     */
    public Verified verify(FlushJob job, FlushResult result, boolean readBack) throws IOException {
        String what = "flush " + job.id() + " by " + result.builder();
        expect(what, "job", job.id(), result.id());
        expect(what, "input entries", job.entryCount(), result.inputEntries());
        FileMetadata file = result.file();
        String path = result.path();
        if (file == null || path == null) {
            throw mismatch(what, "file", "an SST: a flush keeps the newest entry of each key", "none");
        }
        what += ", " + path;
        // The name is composed here, not taken: a result can't point anywhere else.
        expect(what, "path", job.attemptDirectory(result.attempt()) + "/" + FileNames.table(job.fileNumber()), path);
        expect(what, "file number", job.fileNumber(), file.number());
        expect(what, "epoch number", job.epochNumber(), file.epochNumber());
        if (result.outputEntries() < 1 || result.outputEntries() > result.inputEntries()) {
            throw mismatch(what, "output entries", "1.." + result.inputEntries(), result.outputEntries());
        }
        checkSequences(what, job, file);
        checkKeys(what, job, file);
        expect(what, "size", file.size(), storage.length(path));
        boolean crcKnown = checkCrc(what, path, result.crc32c(), readBack);
        TableProperties properties = checkTable(what, path, job, result, file);
        return new Verified(crcKnown ? file.withCrc32c(result.crc32c()) : file, path, properties);
    }

    private static void checkSequences(String what, FlushJob job, FileMetadata file) throws StoreException {
        long smallest = Long.MAX_VALUE;
        long largest = 0;
        for (SealedMemtable memtable : job.memtables()) {
            smallest = Math.min(smallest, memtable.layout().smallestSequence());
            largest = Math.max(largest, memtable.layout().largestSequence());
        }
        // The newest entry is the newest version of its key, so it is never dropped; the oldest may be.
        expect(what, "largest sequence", largest, file.largestSequence());
        if (file.smallestSequence() < smallest || file.smallestSequence() > largest) {
            throw mismatch(what, "smallest sequence", smallest + ".." + largest, file.smallestSequence());
        }
    }

    private static void checkKeys(String what, FlushJob job, FileMetadata file) throws IOException {
        KeyComparator comparator = job.tableOptions().comparator();
        Slice first = null;
        Slice last = null;
        for (SealedMemtable memtable : job.memtables()) {
            try (InternalIterator entries = memtable.iterator()) {
                entries.seekToFirst();
                Slice key = userKey(entries.key());
                first = first == null || comparator.compare(key.buffer(), first.buffer()) < 0 ? key : first;
                entries.seekToLast();
                key = userKey(entries.key());
                last = last == null || comparator.compare(key.buffer(), last.buffer()) > 0 ? key : last;
            }
        }
        // A flush keeps the newest version of each key, deletions too, so both ends' user keys are in the file.
        expect(what, "smallest user key", first, userKey(file.smallest().buffer()));
        expect(what, "largest user key", last, userKey(file.largest().buffer()));
    }

    /** Whether the CRC was compared with one that the result's maker did not compute. */
    private boolean checkCrc(String what, String path, long crc, boolean readBack) throws IOException {
        OptionalLong stored = storage.crc32c(path);
        if (stored.isPresent()) {
            expect(what, "storage's CRC32C", stored.getAsLong(), crc);
        }
        if (readBack) {
            expect(what, "CRC32C read back", crc, readCrc(path));
        }
        return stored.isPresent() || readBack;
    }

    private long readCrc(String path) throws IOException {
        CRC32C crc = new CRC32C();
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[READ_LENGTH]);
        try (ReadableFile file = storage.open(path)) {
            for (long at = 0; at < file.length(); ) {
                int length = (int) Math.min(READ_LENGTH, file.length() - at);
                file.read(at, buffer, 0, length);
                Crc32c.update(crc, buffer, 0, length);
                at += length;
            }
        }
        return crc.getValue();
    }

    private TableProperties checkTable(String what, String path, FlushJob job, FlushResult result, FileMetadata file)
            throws IOException {
        try (TableReader table =
                TableReader.open(storage.open(path), job.tableOptions().comparator())) {
            TableProperties properties = table.properties();
            expect(what, "entries in the properties", result.outputEntries(), properties.entryCount());
            expect(
                    what,
                    "file number in the properties",
                    job.fileNumber(),
                    properties.number(PropertyNames.ORIGINAL_FILE_NUMBER));
            expect(
                    what,
                    "column family in the properties",
                    (long) job.id().columnFamily(),
                    properties.number(PropertyNames.COLUMN_FAMILY_ID));
            expect(what, "store in the properties", job.id().database(), properties.text(PropertyNames.DB_ID));
            expect(
                    what,
                    "session in the properties",
                    job.identity().dbSessionId(),
                    properties.text(PropertyNames.DB_SESSION_ID));
            expect(what, "builder in the properties", result.builder(), properties.text(PropertyNames.BUILDER));
            try (InternalIterator entries = table.iterator()) {
                entries.seekToFirst();
                expect(what, "first key", file.smallest(), entries.isValid() ? Slice.copyOf(entries.key()) : null);
                entries.seekToLast();
                expect(what, "last key", file.largest(), entries.isValid() ? Slice.copyOf(entries.key()) : null);
            }
            return properties;
        }
    }

    private static Slice userKey(DirectBuffer internalKey) throws StoreException {
        int length = internalKey.capacity() - InternalKey.TRAILER_LENGTH;
        if (length < 0) {
            throw StoreException.corruption(
                    "flush.verify.key", "an internal key of " + internalKey.capacity() + " bytes, expected 8 or more");
        }
        byte[] key = new byte[length];
        internalKey.getBytes(0, key);
        return Slice.wrap(key);
    }

    private static void expect(String what, String field, @Nullable Object expected, @Nullable Object found)
            throws StoreException {
        if (expected == null || !expected.equals(found)) {
            throw mismatch(what, field, String.valueOf(expected), found);
        }
    }

    private static StoreException mismatch(String what, String field, String expected, @Nullable Object found) {
        return StoreException.corruption(
                "flush.verify", what + ": " + field + ": expected " + expected + ", found " + found);
    }
}
