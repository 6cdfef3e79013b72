// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.job.TableVerifier;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.sst.PropertyNames;
import io.sluice.store.sst.TableBounds;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Holds what an executor says it made of a compaction against the job and the files, before any of it is believed: whose
 * result it is, that the outputs follow each other without overlap and lie in the inputs' ranges of keys and sequence
 * numbers, that no entries were invented, and each file by {@link TableVerifier}. Every check ends in a {@code
 * CORRUPTION} error that names file, expected and found.
 */
public final class CompactionVerifier {
    private final TableVerifier tables;

    /** A verifier of files on {@code storage}. */
    public CompactionVerifier(Storage storage) {
        this.tables = new TableVerifier(storage, "compaction.verify");
    }

    /**
     * Verifies a result.
     *
     * @param readBack whether to read the whole files and compute their CRC32C
     * @return what may be installed, by key; each still has its number among the attempt's files
     */
    public List<TableVerifier.Verified> verify(CompactionJob job, CompactionResult result, boolean readBack)
            throws IOException {
        String what = "compaction " + job.id() + " by " + result.builder();
        tables.expect(what, "job", job.id(), result.id());
        List<TableVerifier.Verified> verified = new ArrayList<>();
        FileMetadata before = null;
        for (CompactionResult.Output output : result.outputs()) {
            String where = what + ", " + output.path();
            FileMetadata file = output.file();
            // The name is composed here, not taken: a result can't point anywhere else.
            tables.expect(
                    where,
                    "path",
                    job.attemptDirectory(result.attempt()) + "/" + FileNames.table(file.number()),
                    output.path());
            tables.expect(where, "epoch number", job.epochNumber(), file.epochNumber());
            checkRange(where, job, file, before);
            before = file;
            verified.add(tables.verify(
                    new TableVerifier.Claim(
                            where,
                            output.path(),
                            file,
                            file.number(),
                            output.crc32c(),
                            output.entries(),
                            output.builder(),
                            job.identity()),
                    job.tableOptions(),
                    readBack));
        }
        long points = 0; // range deletions are cut at each border of outputs, so there may be more than before
        for (TableVerifier.Verified output : verified) {
            points += output.properties().entryCount() - output.properties().number(PropertyNames.NUM_RANGE_DELETIONS);
        }
        if (points > result.inputEntries()) {
            throw tables.mismatch(what, "output entries", "at most " + result.inputEntries(), points);
        }
        return verified;
    }

    private void checkRange(String where, CompactionJob job, FileMetadata file, @Nullable FileMetadata before)
            throws StoreException {
        KeyComparator comparator = job.tableOptions().comparator();
        if (file.smallest().length() < InternalKey.TRAILER_LENGTH
                || file.largest().length() < InternalKey.TRAILER_LENGTH) {
            throw tables.mismatch(where, "first and last key", "internal keys", file.smallest() + " " + file.largest());
        }
        if (before != null) {
            int order = compare(comparator, before.largest(), file.smallest());
            if (order > 0 || (order == 0 && !TableBounds.isSentinel(before.largest()))) {
                throw tables.mismatch(where, "first key", "a user key above " + before.largest(), file.smallest());
            }
        }
        long largestSequence = 0;
        boolean startsInside = false;
        boolean endsInside = false;
        for (InputLevel input : job.compaction().inputs()) {
            for (FileMetadata source : input.files()) {
                largestSequence = Math.max(largestSequence, source.largestSequence());
                startsInside |= compare(comparator, source.smallest(), file.smallest()) <= 0;
                endsInside |= compare(comparator, source.largest(), file.largest()) >= 0;
            }
        }
        if (!startsInside || !endsInside) {
            throw tables.mismatch(
                    where, "range of keys", "within the inputs'", file.smallest() + " to " + file.largest());
        }
        if (file.largestSequence() > largestSequence || file.smallestSequence() > file.largestSequence()) {
            throw tables.mismatch(
                    where,
                    "range of sequence numbers",
                    "at most " + largestSequence,
                    file.smallestSequence() + " to " + file.largestSequence());
        }
    }

    private static int compare(KeyComparator comparator, Slice a, Slice b) {
        DirectBuffer left = a.buffer();
        DirectBuffer right = b.buffer();
        return comparator.compare(left, 0, InternalKey.userKeyLength(left), right, 0, InternalKey.userKeyLength(right));
    }
}
