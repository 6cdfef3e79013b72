// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.manifest.FileNames;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A finished SST: {@link CompactionResult.Output}. Its path is composed of the job's name, the attempt and the file's
 * number, never taken from a document.
 *
 * @param attempt in whose directory it is, 1 to 1,000,000
 * @param file for the manifest; its number is its place among the attempt's files
 * @param crc32c of the whole file, 0 to 2^32 - 1
 * @param entries in it, at least 0
 * @param builder who built it
 */
public record OutputDocument(int attempt, FileDocument file, long crc32c, long entries, String builder) {
    private static final Pattern ATTEMPT = Pattern.compile(".*/attempt-([1-9][0-9]{0,6})/[^/]+");

    /** Checks the ranges. */
    public OutputDocument {
        Check.range("attempt", attempt, 1, JobDocument.MAX_ATTEMPTS);
        Check.range("crc32c", crc32c, 0, 0xffffffffL);
        Check.atLeast("entries", entries, 0);
        Check.name("builder", builder);
    }

    static OutputDocument of(CompactionResult.Output output) {
        Matcher attempt = ATTEMPT.matcher(output.path());
        if (!attempt.matches()) {
            throw new IllegalArgumentException(output.path() + " is in no attempt's directory");
        }
        return new OutputDocument(
                Integer.parseInt(attempt.group(1)),
                FileDocument.of(output.file()),
                output.crc32c(),
                output.entries(),
                output.builder());
    }

    CompactionResult.Output output(JobName job) {
        return new CompactionResult.Output(
                job.attemptDirectory(attempt) + "/" + FileNames.table(file.number()),
                file.metadata(),
                crc32c,
                entries,
                builder);
    }
}
