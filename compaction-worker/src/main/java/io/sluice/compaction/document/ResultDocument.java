// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.base.Slice;
import io.sluice.store.compaction.CompactionResult;
import java.util.List;
import java.util.Map;

/**
 * What an attempt made: {@link CompactionResult}, whose components have the same meaning. Also the contents of the
 * attempt's RESULT file.
 *
 * @param version {@link #VERSION}
 * @param codeVersion the worker's release
 * @param job whose result it is
 * @param attempt which made it, 1 to 1,000,000
 * @param outputs by key; none where nothing was left
 * @param inputEntries at least 0
 * @param filterReports by key
 * @param builder the worker's id
 * @param statistics named counters and times (ns)
 */
public record ResultDocument(
        int version,
        String codeVersion,
        JobName job,
        int attempt,
        List<OutputDocument> outputs,
        long inputEntries,
        List<Slice> filterReports,
        String builder,
        Map<String, Long> statistics)
        implements Document {
    /** Checks the ranges, and that all outputs are the attempt's. */
    public ResultDocument {
        outputs = List.copyOf(outputs);
        filterReports = List.copyOf(filterReports);
        statistics = Check.statistics(statistics);
        Check.version(version);
        Check.name("code_version", codeVersion);
        Check.range("attempt", attempt, 1, JobDocument.MAX_ATTEMPTS);
        Check.atLeast("input_entries", inputEntries, 0);
        Check.name("builder", builder);
        for (OutputDocument output : outputs) {
            Check.range("attempt of an output", output.attempt(), attempt, attempt);
        }
    }

    /** This release's document of a result. */
    public static ResultDocument of(CompactionResult result) {
        return new ResultDocument(
                VERSION,
                CodeVersions.current(),
                JobName.of(result.id()),
                result.attempt(),
                result.outputs().stream().map(OutputDocument::of).toList(),
                result.inputEntries(),
                result.filterReports(),
                result.builder(),
                result.statistics());
    }

    /** The result, of which nothing is to be believed yet but that it is well formed. */
    public CompactionResult compactionResult() {
        return new CompactionResult(
                job.id(),
                attempt,
                outputs.stream().map(output -> output.output(job)).toList(),
                inputEntries,
                filterReports,
                builder,
                statistics);
    }
}
