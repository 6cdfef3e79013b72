// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static io.sluice.compaction.web.Figure.counter;
import static io.sluice.compaction.web.Figure.gauge;

import io.sluice.compaction.document.Submitted;
import io.sluice.compaction.web.Figure;
import io.sluice.compaction.web.Figure.Unit;
import io.sluice.compaction.web.StoreView;
import io.sluice.store.compaction.Compaction;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.InputLevel;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Remote compaction as pages show it. */
final class StoreViews {
    private StoreViews() {}

    static StoreView of(RemoteCompaction remote, Books books) {
        List<StoreView.Job> jobs = new ArrayList<>();
        Map<URI, Integer> live = new HashMap<>();
        for (RemoteCompactionExecutor executor : remote.executors()) {
            for (RemoteCompactionRun run : executor.runs()) {
                jobs.add(job(executor, run));
                RemoteAttempt attempt = run.attempt();
                if (attempt != null && attempt.taken() != null) {
                    live.merge(attempt.worker().url(), 1, Integer::sum);
                }
            }
        }
        List<StoreView.Worker> workers = remote.workers().standings().stream()
                .map(one -> new StoreView.Worker(
                        one.worker().baseUrl().toString(),
                        one.worker().webUrl().toString(),
                        one.worker().weight(),
                        one.hits(),
                        live.getOrDefault(one.worker().url(), 0),
                        one.failures(),
                        TimeUnit.NANOSECONDS.toMillis(one.restNanos())))
                .toList();
        RemoteCompactionStatistics statistics = remote.statistics();
        return new StoreView(
                figures(statistics, jobs.size(), workers),
                workers,
                jobs,
                books.views(),
                books.others(),
                byName(statistics.failedAttempts()),
                statistics.workerJobs());
    }

    private static StoreView.Job job(RemoteCompactionExecutor executor, RemoteCompactionRun run) {
        CompactionJob job = run.job();
        Compaction compaction = job.compaction();
        RemoteAttempt attempt = run.attempt();
        Submitted taken = attempt == null ? null : attempt.taken();
        double estimateSeconds = compaction.inputSize() / executor.speed(job);
        return new StoreView.Job(
                executor.hoster().store(),
                job.columnFamilyName(),
                job.id().epoch(),
                job.id().number(),
                attempt == null ? 0 : attempt.number(),
                levels(compaction),
                compaction.inputSize(),
                TimeUnit.NANOSECONDS.toMillis(executor.nanoTime() - run.startNanos()),
                (long) (estimateSeconds * 1000),
                attempt == null || taken == null ? "waits for a worker" : taken.worker(),
                attempt == null || taken == null ? null : attempt.worker().webUrl() + "/job?token=" + taken.token());
    }

    private static String levels(Compaction compaction) {
        return compaction.inputs().stream()
                        .map(InputLevel::level)
                        .map(level -> "L" + level)
                        .collect(Collectors.joining(" + "))
                + " to L" + compaction.outputLevel();
    }

    private static Map<String, Long> byName(Map<FallbackReason, Long> counts) {
        Map<String, Long> named = new TreeMap<>();
        counts.forEach((reason, count) -> named.put(reason.name(), count));
        return named;
    }

    private static long sum(Map<?, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    private static List<Figure> figures(
            RemoteCompactionStatistics statistics, int live, List<StoreView.Worker> workers) {
        return List.of(
                gauge("live", Unit.COUNT, "Out", "Jobs that are out, or wait for a worker.", live),
                counter(
                        "finished",
                        Unit.COUNT,
                        "Done by workers",
                        "Jobs that a worker did and the store installed.",
                        statistics.remoteJobs()),
                counter(
                        "local",
                        Unit.COUNT,
                        "Done here",
                        "Jobs that should have gone out and were compacted here.",
                        sum(statistics.localJobs())),
                counter(
                        "below_min_level",
                        Unit.COUNT,
                        "Never out",
                        "Jobs that stayed here because of their output level.",
                        statistics.belowMinLevel()),
                counter(
                        "failed_attempts",
                        Unit.COUNT,
                        "Failed attempts",
                        "Attempts that came to nothing.",
                        sum(statistics.failedAttempts())),
                counter(
                        "input_bytes",
                        Unit.BYTES,
                        "Input",
                        "Bytes of the inputs of jobs that workers did.",
                        statistics.remoteInputBytes()),
                counter(
                        "adopted_parts",
                        Unit.COUNT,
                        "Adopted parts",
                        "Finished parts of earlier attempts that later ones began with.",
                        statistics.adoptedSegments()),
                gauge("workers", Unit.COUNT, "Workers", "Workers of the list.", workers.size()),
                gauge(
                        "resting_workers",
                        Unit.COUNT,
                        "Resting",
                        "Workers that are left out for a while since they failed.",
                        workers.stream().filter(worker -> worker.restMs() > 0).count()));
    }
}
