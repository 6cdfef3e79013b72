// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.flush;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.job.TableVerifier;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import org.agrona.DirectBuffer;

/**
 * Holds what an executor says it made against the job, the memtables and the file, before any of it is believed: whose
 * result it is, the counts of entries, the sequence and key range, the file's size, its footer, index and properties, and
 * the CRC32C of the whole file: against the storage's own where it has one, against the bytes read back where that is
 * asked for. Every check ends in a {@code CORRUPTION} error that names file, expected and found.
 */
public final class FlushVerifier {
    private final TableVerifier tables;

    /** A verifier of files on {@code storage}. */
    public FlushVerifier(Storage storage) {
        this.tables = new TableVerifier(storage, "flush.verify");
    }

    /**
     * Verifies a result.
     *
     * @param readBack whether to read the whole file and compute its CRC32C
     * @return what may be installed
     */
    public TableVerifier.Verified verify(FlushJob job, FlushResult result, boolean readBack) throws IOException {
        String what = "flush " + job.id() + " by " + result.builder();
        tables.expect(what, "job", job.id(), result.id());
        tables.expect(what, "input entries", job.entryCount(), result.inputEntries());
        FileMetadata file = result.file();
        String path = result.path();
        if (file == null || path == null) {
            throw tables.mismatch(what, "file", "an SST: a flush keeps the newest entry of each key", "none");
        }
        what += ", " + path;
        // The name is composed here, not taken: a result can't point anywhere else.
        tables.expect(
                what, "path", job.attemptDirectory(result.attempt()) + "/" + FileNames.table(job.fileNumber()), path);
        tables.expect(what, "file number", job.fileNumber(), file.number());
        tables.expect(what, "epoch number", job.epochNumber(), file.epochNumber());
        if (result.outputEntries() < 1 || result.outputEntries() > result.inputEntries()) {
            throw tables.mismatch(what, "output entries", "1.." + result.inputEntries(), result.outputEntries());
        }
        checkSequences(what, job, file);
        checkKeys(what, job, file);
        TableVerifier.Claim claim = new TableVerifier.Claim(
                what,
                path,
                file,
                job.fileNumber(),
                result.crc32c(),
                result.outputEntries(),
                result.builder(),
                job.identity());
        return tables.verify(claim, job.tableOptions().comparator(), readBack);
    }

    private void checkSequences(String what, FlushJob job, FileMetadata file) throws StoreException {
        long smallest = Long.MAX_VALUE;
        long largest = 0;
        for (SealedMemtable memtable : job.memtables()) {
            smallest = Math.min(smallest, memtable.layout().smallestSequence());
            largest = Math.max(largest, memtable.layout().largestSequence());
        }
        // The newest entry is the newest version of its key, so it is never dropped; the oldest may be.
        tables.expect(what, "largest sequence", largest, file.largestSequence());
        if (file.smallestSequence() < smallest || file.smallestSequence() > largest) {
            throw tables.mismatch(what, "smallest sequence", smallest + ".." + largest, file.smallestSequence());
        }
    }

    private void checkKeys(String what, FlushJob job, FileMetadata file) throws IOException {
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
        tables.expect(what, "smallest user key", first, userKey(file.smallest().buffer()));
        tables.expect(what, "largest user key", last, userKey(file.largest().buffer()));
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
}
