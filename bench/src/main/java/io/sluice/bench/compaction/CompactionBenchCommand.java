// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.compaction;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.bench.common.TemporaryDirectory;
import io.sluice.cli.command.CommandFailure;
import io.sluice.config.TimeSpan;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice bench compaction}. */
@Command(
        name = "compaction",
        description = {
            "Measure remote compaction with workers on this machine: notice, the time from engine to worker and back;"
                    + " offload, the share of bytes compacted elsewhere; cpu, this process's time for compactions,"
                    + " remote ÷ local; start, the cost of a job in a small and in a large store; scaling, jobs a"
                    + " second of many workers ÷ one, with a wait in place of their work.",
            "Example: ./sluice bench compaction --modes notice,scaling --json"
        },
        showDefaultValues = true)
public final class CompactionBenchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--modes",
            split = ",",
            converter = Mode.Converter.class,
            description = "What to measure: notice, offload, cpu, start, scaling.")
    private List<Mode> modes = List.of(Mode.values());

    @Option(names = "--jobs", description = "Jobs that count, of notice and start.")
    private int jobs = 500;

    @Option(names = "--warm-up", description = "Jobs before these.")
    private int warmUp = 300;

    @Option(names = "--num", description = "Keys of offload and cpu.")
    private long num = 1_000_000;

    @Option(names = "--rounds", description = "Rounds of cpu, behind one that warms up.")
    private int rounds = 5;

    @Option(names = "--few-files", description = "Files of the small store of start.")
    private int fewFiles = 10;

    @Option(names = "--many-files", description = "Files of its large store.")
    private int manyFiles = 10_000;

    @Option(names = "--workers", description = "Workers of scaling.")
    private int workers = 8;

    @Option(names = "--wait", description = "What they wait in place of their work.")
    private TimeSpan wait = TimeSpan.parse("200ms");

    @Option(names = "--jobs-per-worker", description = "Jobs that count of each of them.")
    private int jobsPerWorker = 40;

    @Option(names = "--seed", description = "Of random keys.")
    private long seed = 1;

    @Option(
            names = "--dir",
            description = "Where the stores go, a temporary directory if not given.",
            showDefaultValue = Visibility.NEVER)
    private @Nullable Path directory;

    @Option(names = "--json", description = "Print one JSON object on stdout.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        check("--jobs", jobs, 1);
        check("--warm-up", warmUp, 0);
        check("--num", num, 1000);
        check("--rounds", rounds, 1);
        check("--few-files", fewFiles, 1);
        check("--many-files", manyFiles, fewFiles);
        check("--workers", workers, 1);
        check("--jobs-per-worker", jobsPerWorker, 1);
        if (directory != null) {
            Files.createDirectories(directory);
        }
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("benchmark", "compaction");
        report.put("java", Runtime.version().toString());
        report.put("processors", Runtime.getRuntime().availableProcessors());
        for (Mode mode : modes) {
            try (TemporaryDirectory work = TemporaryDirectory.create(directory, "sluice-bench-")) {
                spec.commandLine().getErr().println("measuring " + mode);
                spec.commandLine().getErr().flush();
                report.put(mode.toString(), measure(mode, work.path().toRealPath()));
            }
        }
        print(report);
        return 0;
    }

    private Map<String, Object> measure(Mode mode, Path work) throws IOException, CommandFailure, InterruptedException {
        return switch (mode) {
            case NOTICE -> NoticeRun.run(work, jobs, warmUp);
            case OFFLOAD -> OffloadRun.run(work, num, seed);
            case CPU -> CpuRun.run(work, num, rounds);
            case START -> StartRun.run(work, fewFiles, manyFiles, jobs, warmUp);
            case SCALING -> ScalingRun.run(work, workers, wait.duration(), jobsPerWorker);
        };
    }

    private void print(Map<String, Object> report) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(new ObjectMapper().writeValueAsString(report));
        } else {
            report.forEach((mode, figures) -> {
                if (figures instanceof Map<?, ?> map) {
                    map.forEach((name, figure) -> out.println(mode + " " + name + " " + figure));
                }
            });
        }
        out.flush();
    }

    private void check(String option, long value, long least) {
        if (value < least) {
            throw new ParameterException(spec.commandLine(), option + "=" + value + " is below " + least);
        }
    }
}
