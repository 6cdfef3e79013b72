// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.micro;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.cli.command.CommandFailure;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice bench micro}: runs the JMH benchmarks of this package in JVMs of their own. */
@Command(
        name = "micro",
        description = {
            "Time of one operation on the hot paths, and the bytes of garbage that it leaves (JMH with its GC profiler).",
            "Example: ./sluice bench micro --filter Memtable --iterations 5"
        },
        showDefaultValues = true)
public final class MicroBenchCommand implements Callable<Integer> {
    private static final String GARBAGE = "gc.alloc.rate.norm";
    private static final int PACKAGE_PREFIX =
            MicroBenchCommand.class.getPackageName().length() + 1;

    @Spec
    private CommandSpec spec;

    @Option(names = "--filter", description = "A regular expression that the benchmarks' names have a match of.")
    private String filter = "";

    @Option(names = "--warm-up", description = "Iterations before those that count.")
    private int warmUp = 5;

    @Option(names = "--iterations", description = "Iterations of a fork that count.")
    private int iterations = 5;

    @Option(names = "--millis", description = "Milliseconds of an iteration.")
    private int millis = 1000;

    @Option(names = "--forks", description = "JVMs, one after the other, that each benchmark runs in.")
    private int forks = 2;

    @Option(names = "--threads", description = "Threads that share one memtable or store.")
    private int threads = 1;

    @Option(names = "--json", description = "Print one JSON object on stdout.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Collection<RunResult> results = run();
        List<Row> rows = results.stream().map(Row::of).toList();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            List<Map<String, Object>> list = rows.stream().map(Row::asJson).toList();
            out.println(new ObjectMapper().writeValueAsString(Map.of("benchmark", "micro", "results", list)));
        } else {
            out.println("| benchmark | threads | ns/op | ± 99.9 % | garbage B/op |");
            out.println("|---|--:|--:|--:|--:|");
            for (Row row : rows) {
                out.printf(
                        Locale.ROOT,
                        "| %s | %d | %.0f | %.0f | %.3f |%n",
                        row.name(),
                        row.threads(),
                        row.ns(),
                        row.errorNs(),
                        row.garbage());
            }
        }
        out.flush();
        return 0;
    }

    private Collection<RunResult> run() throws CommandFailure {
        Options options = new OptionsBuilder()
                .include(MicroBenchCommand.class.getPackageName() + ".*(" + filter + ")")
                .addProfiler(GCProfiler.class)
                .warmupIterations(warmUp)
                .warmupTime(TimeValue.milliseconds(millis))
                .measurementIterations(iterations)
                .measurementTime(TimeValue.milliseconds(millis))
                .forks(forks)
                .threads(threads)
                .shouldFailOnError(true)
                .build();
        // JMH leaves its forks running where this process is stopped by a signal.
        Thread stop = new Thread(
                () -> ProcessHandle.current().descendants().forEach(ProcessHandle::destroy), "benchmark-stop");
        Runtime.getRuntime().addShutdownHook(stop);
        try {
            return new Runner(options, OutputFormatFactory.createFormatInstance(System.err, VerboseMode.NORMAL)).run();
        } catch (NoBenchmarksException e) {
            throw new CommandFailure("--filter=" + filter + " matches no benchmark", e);
        } catch (RunnerException e) {
            throw new CommandFailure("JMH failed: " + e.getMessage(), e);
        }
    }

    /**
     * One benchmark's figures.
     *
     * @param ns time of an operation, ns
     * @param errorNs half the width of its 99.9 % confidence interval
     * @param garbage bytes allocated on the heap by the whole JVM, for each operation
     */
    private record Row(String name, int threads, double ns, double errorNs, double garbage) {

        static Row of(RunResult result) {
            BenchmarkParams params = result.getParams();
            StringBuilder name = new StringBuilder(params.getBenchmark().substring(PACKAGE_PREFIX));
            for (String key : params.getParamsKeys()) {
                name.append(' ').append(key).append('=').append(params.getParam(key));
            }
            Result<?> time = result.getPrimaryResult();
            Result<?> garbage =
                    Objects.requireNonNull(result.getSecondaryResults().get(GARBAGE));
            return new Row(
                    name.toString(), params.getThreads(), time.getScore(), time.getScoreError(), garbage.getScore());
        }

        Map<String, Object> asJson() {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("name", name);
            map.put("threads", threads);
            map.put("ns_per_op", ns);
            map.put("error_ns", errorNs);
            map.put("garbage_bytes_per_op", garbage);
            return map;
        }
    }
}
