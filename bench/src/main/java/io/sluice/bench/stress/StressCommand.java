// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.bench.common.EnumConverter;
import io.sluice.bench.common.TemporaryDirectory;
import io.sluice.config.TimeSpan;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice bench stress}. */
@Command(
        name = "stress",
        description = {
            "Look for lost, wrong or returned data, as RocksDB's db_stress and db_crashtest: kill processes that write to a"
                    + " store, or compact for it, and hold the store against a file kept outside of it; run one history of"
                    + " operations under many sets of options.",
            "Ends with exit code 1 at the first finding, and keeps the store then.",
            "Example: ./sluice bench stress --duration 10m --seed 7"
        },
        showDefaultValues = true)
public final class StressCommand implements Callable<Integer> {
    private static final long LINE_INTERVAL_NS = TimeUnit.SECONDS.toNanos(5);
    private static final int MAX_KEYS = 100_000;
    private static final int MAX_FAMILIES = 16;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--tests",
            split = ",",
            converter = Test.Converter.class,
            description =
                    "What to run, each for its share of the time: kill, metamorphic, compaction (as kill, with compaction"
                            + " workers, which are killed too, and with and without fallback).")
    private List<Test> tests = List.of(Test.KILL, Test.METAMORPHIC);

    @Option(names = "--duration", description = "How long, roughly.")
    private TimeSpan duration = TimeSpan.parse("10m");

    @Option(
            names = "--seed",
            description = "Of options, operations and kills; by default from the clock. What threads make of it at what"
                    + " moment is not repeated.",
            showDefaultValue = Visibility.NEVER)
    private @Nullable Long seed;

    @Option(
            names = "--kills",
            description = "End the tests kill and compaction after so many.",
            showDefaultValue = Visibility.NEVER)
    private long kills = Long.MAX_VALUE;

    @Option(
            names = "--histories",
            description = "End the test metamorphic after so many.",
            showDefaultValue = Visibility.NEVER)
    private long histories = Long.MAX_VALUE;

    @Option(names = "--threads", description = "Threads that write, in the tests kill and compaction.")
    private int threads = 4;

    @Option(names = "--workers", description = "Compaction workers, in the test compaction.")
    private int workers = 2;

    @Option(names = "--column-families", description = "Column families, up to " + MAX_FAMILIES + ".")
    private int columnFamilies = 3;

    @Option(names = "--keys", description = "Keys of each column family, 100 to 100,000.")
    private int keys = 1500;

    @Option(names = "--operations", description = "Writes of a history, in the test metamorphic.")
    private long operations = 1_000_000;

    @Option(
            names = "--db",
            paramLabel = "DIR",
            description = "Where the stores go, and stay: the test kill goes on with the one that it finds there. A"
                    + " temporary directory if not given, which stays after a finding.",
            showDefaultValue = Visibility.NEVER)
    private @Nullable Path directory;

    @Option(names = "--json", description = "Print a JSON object as the last line.")
    private boolean json;

    /** The tests. */
    enum Test {
        KILL,
        METAMORPHIC,
        COMPACTION;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** For the command line. */
        static final class Converter extends EnumConverter<Test> {
            Converter() {
                super(values());
            }
        }
    }

    @Override
    public Integer call() throws Exception {
        check("--keys", keys, 100, MAX_KEYS);
        check("--column-families", columnFamilies, 1, MAX_FAMILIES);
        check("--threads", threads, 1, 64);
        check("--workers", workers, 1, 64);
        check("--operations", operations, 1, Long.MAX_VALUE);
        long drawn = seed == null ? System.nanoTime() : seed;
        PrintWriter err = spec.commandLine().getErr();
        err.println("sluice: stress: --seed " + drawn);
        if (directory != null) {
            return run(directory, drawn);
        }
        try (TemporaryDirectory temporary = TemporaryDirectory.create(null, "sluice-stress-")) {
            int exitCode = run(temporary.path(), drawn);
            if (exitCode != 0) {
                temporary.keep();
            }
            return exitCode;
        }
    }

    private void check(String option, long value, long min, long max) {
        if (value < min || value > max) {
            throw new ParameterException(
                    spec.commandLine(), option + "=" + value + " is not from " + min + " to " + max);
        }
    }

    private int run(Path work, long drawn) throws IOException, InterruptedException {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("benchmark", "stress");
        result.put("seed", drawn);
        PrintWriter out = spec.commandLine().getOut();
        int exitCode = 0;
        for (Test test : tests) {
            Campaign campaign = campaign(test, work.resolve(test.toString()), drawn);
            try {
                campaign.run(System.nanoTime() + duration.duration().toNanos() / tests.size());
            } catch (Finding e) {
                exitCode = 1;
                result.put("finding", String.valueOf(e.getMessage()));
                spec.commandLine()
                        .getErr()
                        .println("sluice: FINDING: " + e.getMessage() + System.lineSeparator() + "sluice: kept: " + work
                                + "; seed " + drawn);
            }
            result.put(test.toString(), campaign.figures());
            out.println(test + ": " + campaign.figures());
            if (exitCode != 0) {
                break;
            }
        }
        if (json) {
            out.println(new ObjectMapper().writeValueAsString(result));
        }
        out.flush();
        return exitCode;
    }

    private Campaign campaign(Test test, Path path, long drawn) {
        KeySpace space = new KeySpace(columnFamilies, keys);
        Consumer<String> progress = new Lines(spec.commandLine().getErr());
        return switch (test) {
            case KILL -> new KillCampaign(path, space, threads, drawn, kills, 0, progress);
            case COMPACTION -> new KillCampaign(path, space, threads, drawn, kills, workers, progress);
            case METAMORPHIC -> new MetamorphicCampaign(path, space, drawn, operations, histories, progress);
        };
    }

    /** Prints a line now and then. */
    private static final class Lines implements Consumer<String> {
        private final PrintWriter err;
        private long last = System.nanoTime() - LINE_INTERVAL_NS;

        Lines(PrintWriter err) {
            this.err = err;
        }

        @Override
        public void accept(String line) {
            if (System.nanoTime() - last >= LINE_INTERVAL_NS) {
                last = System.nanoTime();
                err.println("sluice: " + line);
                err.flush();
            }
        }
    }
}
