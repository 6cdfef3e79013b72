// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.flush;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.iterator.FragmentedTombstones;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.RangeTombstone;
import io.sluice.store.job.TableVerifier;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

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
     * @return what may be installed, or null where every entry was dropped, so that there is no file
     */
    public TableVerifier.@Nullable Verified verify(FlushJob job, FlushResult result, boolean readBack)
            throws IOException {
        String what = "flush " + job.id() + " by " + result.builder();
        tables.expect(what, "job", job.id(), result.id());
        tables.expect(what, "input entries", job.entryCount(), result.inputEntries());
        FileMetadata file = result.file();
        String path = result.path();
        if (file == null && path == null && result.outputEntries() == 0 && mayDropNewest(job)) {
            return null;
        }
        if (file == null || path == null) {
            throw tables.mismatch(what, "file", "an SST: a flush keeps the newest entry of each key", "none");
        }
        what += ", " + path;
        // The name is composed here, not taken: a result can't point anywhere else.
        tables.expect(
                what, "path", job.attemptDirectory(result.attempt()) + "/" + FileNames.table(job.fileNumber()), path);
        tables.expect(what, "file number", job.fileNumber(), file.number());
        tables.expect(what, "epoch number", job.epochNumber(), file.epochNumber());
        long most = mostOutputEntries(job);
        if (result.outputEntries() < 1 || result.outputEntries() > most) {
            throw tables.mismatch(what, "output entries", "1.." + most, result.outputEntries());
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
        return tables.verify(claim, job.tableOptions(), readBack);
    }

    /** Whether a flush may leave nothing of its memtables: single deletions and their values drop each other. */
    private static boolean mayDropNewest(FlushJob job) {
        return job.memtables().stream().anyMatch(SealedMemtable::hasSingleDeletions);
    }

    /** n range deletions are cut into at most 2n - 1 pieces, each of which keeps at most one for each stripe. */
    private static long mostOutputEntries(FlushJob job) {
        long ranges = 0;
        for (SealedMemtable memtable : job.memtables()) {
            ranges += memtable.layout().rangeDeletions().count();
        }
        return job.entryCount() - ranges + 2 * ranges * (job.snapshots().size() + 1L);
    }

    private void checkSequences(String what, FlushJob job, FileMetadata file) throws StoreException {
        long smallest = Long.MAX_VALUE;
        long largest = 0;
        for (SealedMemtable memtable : job.memtables()) {
            smallest = Math.min(smallest, memtable.layout().smallestSequence());
            largest = Math.max(largest, memtable.layout().largestSequence());
        }
        // The newest entry is the newest version of its key, so it is dropped only by a single deletion's rule.
        if (!mayDropNewest(job)) {
            tables.expect(what, "largest sequence", largest, file.largestSequence());
        }
        if (file.smallestSequence() < smallest || file.largestSequence() > largest) {
            throw tables.mismatch(
                    what,
                    "sequences",
                    smallest + ".." + largest,
                    file.smallestSequence() + ".." + file.largestSequence());
        }
    }

    private void checkKeys(String what, FlushJob job, FileMetadata file) throws IOException {
        KeyComparator comparator = job.tableOptions().comparator();
        Slice first = null;
        Slice last = null;
        for (SealedMemtable memtable : job.memtables()) {
            List<Slice> ends = new ArrayList<>();
            try (InternalIterator entries = memtable.iterator()) {
                entries.seekToFirst();
                if (entries.isValid()) {
                    ends.add(userKey(entries.key()));
                    entries.seekToLast();
                    ends.add(userKey(entries.key()));
                }
            }
            try (InternalIterator ranges = memtable.rangeDeletions()) {
                for (RangeTombstone range : FragmentedTombstones.list(ranges)) {
                    ends.add(range.start());
                    ends.add(range.end());
                }
            }
            for (Slice key : ends) {
                first = first == null || comparator.compare(key.buffer(), first.buffer()) < 0 ? key : first;
                last = last == null || comparator.compare(key.buffer(), last.buffer()) > 0 ? key : last;
            }
        }
        Slice smallest = userKey(file.smallest().buffer());
        Slice largest = userKey(file.largest().buffer());
        if (mayDropNewest(job)) {
            if (first == null
                    || last == null
                    || comparator.compare(smallest.buffer(), first.buffer()) < 0
                    || comparator.compare(largest.buffer(), last.buffer()) > 0) {
                throw tables.mismatch(what, "user keys", first + ".." + last, smallest + ".." + largest);
            }
            return;
        }
        // A flush keeps the newest version of each key, deletions too, unless a range deletion over it is newer: so
        // both
        // ends' user keys are in the file.
        tables.expect(what, "smallest user key", first, smallest);
        tables.expect(what, "largest user key", last, largest);
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
