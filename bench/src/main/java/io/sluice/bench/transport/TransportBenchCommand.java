// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.bench.common.TemporaryDirectory;
import io.sluice.cli.command.OpenResources;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice bench transport}. */
@Command(
        name = "transport",
        description = {
            "Latency and throughput of a transport between two processes, each held on a processor of its own, beside"
                    + " programs that do the same by other means, in interleaved rounds.",
            "Example: ./sluice bench transport --mode pingpong --idle busy-spin --vs nio --rounds 7"
        },
        showDefaultValues = true)
public final class TransportBenchCommand implements Callable<Integer> {
    private static final double NS_PER_US = 1e3;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--transport",
            converter = Transports.Converter.class,
            description = "tcp, tls (tcp within TLS), or rdma.")
    private Transports transport = Transports.TCP;

    @Mixin
    private Load load = new Load();

    @Option(
            names = "--vs",
            split = ",",
            converter = Reference.Converter.class,
            description =
                    "What to compare with: nio is Java's sockets with nothing above them; selector the same with a"
                            + " selector to wait by; tcp, for tls, is it without;"
                            + " sockperf is Debian's, blocking; c, for blocks, is a C program that sends them with"
                            + " CRC32C, compiled here; block, for ship, is --mode block; over RDMA,"
                            + " disni is DiSNI's bare verbs, perftest Debian's ib_send_lat and ib_write_bw.",
            showDefaultValue = Visibility.NEVER)
    private List<Reference> vs = List.of();

    @Option(names = "--rounds", description = "Runs of each contender.")
    private int rounds = 7;

    @Option(
            names = "--warm-up-runs",
            description =
                    "Runs of each contender before the first round: a side's compiler shares its processor, and is at"
                            + " work for some ten seconds.")
    private int warmUpRuns = 4;

    @Option(names = "--cores", description = "Processors of the sides, SERVER,CLIENT; or any.")
    private String cores = "0,1";

    @Option(
            names = "--out",
            description = "Directory for the times of all operations, CASE.hgrm, and their picture, latency.svg.",
            showDefaultValue = Visibility.NEVER)
    private @Nullable Path out;

    @Option(names = "--json", description = "Print one JSON object on stdout.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        check();
        Cores places = Cores.parse(cores);
        try (TemporaryDirectory work = TemporaryDirectory.create(null, "sluice-bench-");
                OpenResources owned = new OpenResources()) {
            List<Contender> contenders = new ArrayList<>();
            Contenders known = new Contenders(transport, load, places, work.path());
            contenders.add(owned.add(known.sluice()));
            for (Reference reference : vs.stream().distinct().toList()) {
                contenders.add(owned.add(known.start(reference)));
            }
            Result result = measure(contenders);
            writeTimes(result);
            PrintWriter to = spec.commandLine().getOut();
            if (json) {
                to.println(JsonReport.write(load, transport, places, result));
            } else {
                TableReport.write(load, transport, result, to);
            }
            to.flush();
        }
        return 0;
    }

    private void check() {
        try {
            load.validate();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
        if (rounds < 1) {
            throw new ParameterException(spec.commandLine(), "--rounds=" + rounds + " is below 1");
        }
        if (warmUpRuns < 0) {
            throw new ParameterException(spec.commandLine(), "--warm-up-runs=" + warmUpRuns + " is below 0");
        }
        for (Reference reference : vs) {
            if (!reference.knows(transport, load.mode)) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--vs " + reference + " can't do --mode " + load.mode + " over " + transport);
            }
        }
    }

    /** In each round every contender runs once, and the next round begins with another of them. */
    private Result measure(List<Contender> contenders) throws Exception {
        Result result = new Result(contenders.stream().map(Contender::name).toList());
        List<Contender> order = new ArrayList<>(contenders);
        for (int i = 0; i < warmUpRuns; i++) {
            for (Contender contender : order) {
                contender.run(); // into compiled code
            }
        }
        for (int round = 1; round <= rounds; round++) {
            for (Contender contender : order) {
                Contender.Run run = contender.run();
                result.add(contender.name(), run);
                progress(round, contender.name(), run.client());
            }
            Collections.rotate(order, -1);
        }
        return result;
    }

    private void progress(int round, String name, Measurement run) {
        PrintWriter err = spec.commandLine().getErr();
        err.printf(
                Locale.ROOT,
                "round %d/%d: %s: %,.1f operations/s (%,.1f MB/s)",
                round,
                rounds,
                name,
                run.operationsPerSecond(),
                TableReport.megabytesPerSecond(run, load));
        if (run.histogram() != null && load.mode != Mode.STREAM) {
            err.printf(Locale.ROOT, ", p50 %.2f us, p99 %.2f us", run.percentileUs(50), run.percentileUs(99));
        }
        err.println();
        err.flush();
    }

    private void writeTimes(Result result) throws IOException {
        if (out == null || load.mode == Mode.STREAM) {
            return;
        }
        Files.createDirectories(out);
        Map<String, Histogram> histograms = new LinkedHashMap<>();
        for (String contender : result.contenders()) {
            Histogram histogram = result.histogram(contender);
            if (histogram != null) {
                histograms.put(contender, histogram);
                try (PrintStream file = new PrintStream(
                        Files.newOutputStream(out.resolve(contender + ".hgrm")), false, StandardCharsets.UTF_8)) {
                    histogram.outputPercentileDistribution(file, NS_PER_US);
                }
            }
        }
        String title = load.mode + " over " + transport + ", " + load.size() + " B, " + load.idle;
        Files.writeString(out.resolve("latency.svg"), Plot.draw(title, histograms));
    }
}
