// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static io.sluice.compaction.web.Figure.counter;
import static io.sluice.compaction.web.Figure.gauge;

import io.sluice.compaction.web.Figure;
import io.sluice.compaction.web.Figure.Unit;
import io.sluice.compaction.web.FigureGroup;
import io.sluice.store.compaction.CompactionCounts;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A worker's status as figures. */
final class WorkerFigures {
    /** How many of {@link #jobs}, from the first on, stand on the first page. */
    static final int TILES = 6;

    private WorkerFigures() {}

    static List<FigureGroup> of(WorkerSettings settings, WorkerStatus status, CompactionCounts done) {
        return List.of(jobs(settings, status), work(done), process());
    }

    /** Those that tell how busy it is. */
    static FigureGroup jobs(WorkerSettings settings, WorkerStatus status) {
        return new FigureGroup(
                "jobs",
                "Jobs",
                List.of(
                        gauge("running", Unit.COUNT, "Running", "Attempts under way.", status.running()),
                        gauge("waiting", Unit.COUNT, "Waiting", "Attempts that wait for their turn.", status.waiting()),
                        counter(
                                "finished",
                                Unit.COUNT,
                                "Finished",
                                "Attempts that ended with a result.",
                                status.finished()),
                        counter("failed", Unit.COUNT, "Failed", "Attempts that ended without one.", status.failed()),
                        counter(
                                "handed_back",
                                Unit.COUNT,
                                "Handed back",
                                "Attempts that were given back since the worker leaves.",
                                status.handedBack()),
                        counter(
                                "rejected",
                                Unit.COUNT,
                                "Rejected",
                                "Submissions that found the worker full.",
                                status.rejected()),
                        gauge(
                                "subcompactions",
                                Unit.COUNT,
                                "Parts under way",
                                "Subcompactions that the running attempts may use at a time.",
                                status.runningSubcompactions()),
                        gauge(
                                "max_subcompactions",
                                Unit.COUNT,
                                "Parts at most",
                                "Subcompactions at a time that the worker is allowed.",
                                settings.maxParallel()),
                        gauge(
                                "max_waiting",
                                Unit.COUNT,
                                "Waiting at most",
                                "Attempts that may wait; more are rejected.",
                                settings.maxWaiting()),
                        gauge(
                                "stopping",
                                Unit.COUNT,
                                "Stopping",
                                "1 where the worker takes no jobs any more, else 0.",
                                status.stopping() ? 1 : 0)));
    }

    private static FigureGroup work(CompactionCounts done) {
        return new FigureGroup(
                "work",
                "Work",
                List.of(
                        counter(
                                "input_entries",
                                Unit.COUNT,
                                "Entries read",
                                "Entries read by all attempts, in steps of about a thousand.",
                                done.inputEntries()),
                        counter("read_bytes", Unit.BYTES, "Read", "Bytes read from storage.", done.bytesRead()),
                        counter(
                                "written_bytes",
                                Unit.BYTES,
                                "Written",
                                "Bytes written to storage.",
                                done.bytesWritten()),
                        counter("output_files", Unit.COUNT, "Files", "SSTs finished or adopted.", done.outputs())));
    }

    private static FigureGroup process() {
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        Figure up = gauge(
                "uptime_seconds",
                Unit.SECONDS,
                "Up",
                "Since the process began.",
                ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0);
        Figure cpu = counter(
                "cpu_seconds",
                Unit.SECONDS,
                "Processor time",
                "Of the process, over all cores.",
                ProcessHandle.current()
                                .info()
                                .totalCpuDuration()
                                .orElse(Duration.ZERO)
                                .toNanos()
                        / (double) TimeUnit.SECONDS.toNanos(1));
        return new FigureGroup(
                "process",
                "Process",
                List.of(
                        up,
                        cpu,
                        gauge("heap_bytes", Unit.BYTES, "Heap in use", "Of the Java heap.", heap.getUsed()),
                        gauge(
                                "max_heap_bytes",
                                Unit.BYTES,
                                "Heap at most",
                                "What the Java heap may become.",
                                heap.getMax()),
                        gauge(
                                "threads",
                                Unit.COUNT,
                                "Threads",
                                "Live threads of the process.",
                                ManagementFactory.getThreadMXBean().getThreadCount())));
    }
}
