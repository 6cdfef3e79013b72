// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.ErrorDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.ResultDocument;
import io.sluice.compaction.web.FileView;
import io.sluice.compaction.web.JobDetails;
import io.sluice.compaction.web.JobText;
import io.sluice.compaction.web.JobView;
import io.sluice.store.compaction.Compaction;
import io.sluice.store.compaction.CompactionCounts;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.compaction.CompactionSegment;
import io.sluice.store.compaction.InputLevel;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Attempts as pages show them. Immutable. */
final class AttemptViews {
    private final InstantSource clock;
    private final LongSupplier nanoClock;

    AttemptViews(InstantSource clock, LongSupplier nanoClock) {
        this.clock = clock;
        this.nanoClock = nanoClock;
    }

    JobView job(HostedAttempt attempt) {
        JobDocument document = attempt.document();
        Compaction compaction = attempt.compaction();
        CompactionCounts counts = attempt.counts();
        HostedAttempt.Times times = attempt.times();
        ErrorDocument error = attempt.error();
        ResultDocument result = attempt.result();
        long age = TimeUnit.NANOSECONDS.toMillis(nanoClock.getAsLong() - attempt.acceptedNanos());
        return new JobView(
                attempt.token(),
                document.hoster().instanceName(),
                document.hoster().store(),
                document.columnFamily(),
                document.job().epoch(),
                document.job().number(),
                document.attempt(),
                attempt.state().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                compaction.reason().name(),
                compaction.inputs().stream().map(InputLevel::level).toList(),
                compaction.outputLevel(),
                attempt.subcompactions(),
                compaction.inputs().stream()
                        .mapToInt(level -> level.files().size())
                        .sum(),
                compaction.inputSize(),
                result == null ? counts.inputEntries() : result.inputEntries(),
                counts.bytesRead(),
                counts.bytesWritten(),
                counts.outputs(),
                clock.millis() - age,
                TimeUnit.NANOSECONDS.toMillis(times.waitedNanos()),
                TimeUnit.NANOSECONDS.toMillis(times.ranNanos()),
                error == null ? null : error.message() + " [" + error.code() + "]");
    }

    /** All that is told of it, as plain text. */
    byte[] text(HostedAttempt attempt) {
        return JobText.of(details(attempt)).getBytes(StandardCharsets.UTF_8);
    }

    JobDetails details(HostedAttempt attempt) {
        Compaction compaction = attempt.compaction();
        List<FileView> before = new ArrayList<>();
        for (InputLevel level : compaction.inputs()) {
            level.files().stream()
                    .limit(JobDetails.MAX_FILES - before.size())
                    .forEach(file -> before.add(file(file, level.level(), null, null)));
        }
        List<CompactionSegment> segments = attempt.segments();
        List<CompactionResult.Output> outputs = segments.stream()
                .map(CompactionSegment::output)
                .filter(Objects::nonNull)
                .toList();
        return new JobDetails(
                job(attempt),
                before,
                outputs.stream()
                        .limit(JobDetails.MAX_FILES)
                        .map(output ->
                                file(output.file(), compaction.outputLevel(), output.entries(), output.builder()))
                        .toList(),
                outputs.stream().mapToLong(output -> output.file().size()).sum(),
                outputs.stream().mapToLong(CompactionResult.Output::entries).sum(),
                statistics(attempt.result(), segments),
                attempt.log().lines());
    }

    /** Those of the result, which has more; else the sums so far. */
    private static Map<String, Long> statistics(@Nullable ResultDocument result, List<CompactionSegment> segments) {
        if (result != null) {
            return result.statistics();
        }
        Map<String, Long> sums = new TreeMap<>();
        segments.forEach(segment -> segment.statistics().forEach((name, value) -> sums.merge(name, value, Long::sum)));
        return sums;
    }

    private static FileView file(FileMetadata file, int level, @Nullable Long entries, @Nullable String builder) {
        return new FileView(
                FileNames.table(file.number()),
                level,
                file.size(),
                entries,
                AttemptLog.userKey(file.smallest()),
                AttemptLog.userKey(file.largest()),
                file.smallestSequence(),
                file.largestSequence(),
                builder);
    }
}
