// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.storage.FileMove;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Moves finished outputs of earlier attempts at a job into the directory of another. Safe for concurrent use. */
final class AdoptedOutputs {
    private static final Logger LOGGER = LoggerFactory.getLogger(AdoptedOutputs.class);
    private static final Pattern ATTEMPT = Pattern.compile("/attempt-([1-9][0-9]{0,8})/");

    /** Far more than a job makes files. */
    private static final int MAX_NUMBER = 1 << 30;

    private final Storage storage;
    private final CompactionJob job;
    private final int attempt;

    AdoptedOutputs(Storage storage, CompactionJob job, int attempt) {
        this.storage = storage;
        this.job = job;
        this.attempt = attempt;
    }

    /**
     * Checks where the outputs stand, and how they are numbered: all that may have come from elsewhere and must lead nowhere
     * else.
     *
     * @return the highest number of them, or 0; files made by this attempt are numbered behind it
     * @throws StoreException {@code compaction.progress} where one is no output of an earlier attempt at this job
     */
    int check(CompactionProgress progress) throws StoreException {
        int highest = 0;
        for (CompactionSegment segment : progress.segments()) {
            CompactionResult.Output output = segment.output();
            if (output != null) {
                check(output);
                highest = Math.max(highest, (int) output.file().number());
            }
        }
        return highest;
    }

    /**
     * The output with its new place, or null where it can't be had any more: deleted, taken by another attempt, of another
     * size, or its name is taken.
     */
    CompactionResult.@Nullable Output take(CompactionResult.Output output) throws IOException {
        FileMetadata file = output.file();
        String target = job.attemptDirectory(attempt) + "/" + FileNames.table(file.number());
        try {
            if (storage.length(output.path()) != file.size()) {
                LOGGER.warn("{} has not the size of a finished output: it is made again", output.path());
                return null;
            }
            FileMove.move(storage, output.path(), target, target, output.crc32c());
        } catch (StoreException e) {
            if (e.kind() != Kind.NOT_FOUND
                    && e.kind() != Kind.CORRUPTION
                    && !e.code().equals("storage.exists")) {
                throw e;
            }
            LOGGER.info("{} can't be adopted, it is made again", output.path(), e);
            return null;
        }
        return new CompactionResult.Output(target, file, output.crc32c(), output.entries(), output.builder());
    }

    private void check(CompactionResult.Output output) throws StoreException {
        String path = output.path();
        long number = output.file().number();
        Matcher matcher = ATTEMPT.matcher(
                path.startsWith(job.jobDirectory())
                        ? path.substring(job.jobDirectory().length())
                        : "");
        int maker = matcher.lookingAt() ? Integer.parseInt(matcher.group(1)) : attempt;
        String expected = job.attemptDirectory(maker) + "/" + FileNames.table(number);
        if (maker == attempt || !path.equals(expected) || number < 1 || number > MAX_NUMBER) {
            throw StoreException.invalid(
                    "compaction.progress",
                    "compaction " + job.id() + " is to adopt " + path + " as file " + number
                            + ", which no earlier attempt at it can have made: begin the job anew, with no progress");
        }
    }
}
