// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import io.sluice.bench.common.EnumConverter;
import io.sluice.bench.common.TemporaryDirectory;
import io.sluice.cli.config.HostPort;
import io.sluice.cli.role.GeneratorLink;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice bench db}. */
@Command(
        name = "db",
        description = {
            "db_bench's benchmarks, by its names, with its flags and its report lines; with --vs beside RocksDB, with the"
                    + " same flags, in interleaved rounds.",
            "Benchmarks: fillseq, fillrandom, overwrite, readrandom, readseq, readreverse, seekrandom,"
                    + " readwhilewriting, deleterandom, compact, stats.",
            "Example: ./sluice bench db --benchmarks=fillrandom,readrandom --num=1000000 --disable_wal=1 --vs=rocksdb"
        },
        showDefaultValues = true)
public final class DbBenchCommand implements Callable<Integer> {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(30);

    @Spec
    private CommandSpec spec;

    @Mixin
    private DbBenchFlags flags = new DbBenchFlags();

    @Mixin
    private RemoteFlushFlags remote = new RemoteFlushFlags();

    @Option(
            names = "--vs",
            split = ",",
            converter = Reference.Converter.class,
            description = "What to compare with: rocksdb is Debian's db_bench, rocksdbjni RocksDB in this JVM.",
            showDefaultValue = Visibility.NEVER)
    private List<Reference> vs = List.of();

    @Option(names = "--rounds", description = "Runs of each side with --vs.")
    private int rounds = 3;

    @Option(names = "--no-warm-up", description = "With --vs, leave out the run that warms the JVM up.")
    private boolean noWarmUp;

    @Option(names = "--json", description = "Print a JSON object as the last line; always so with --vs.")
    private boolean json;

    /** What ours is compared with. */
    enum Reference {
        ROCKSDB,
        ROCKSDBJNI;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** For the command line. */
        static final class Converter extends EnumConverter<Reference> {
            Converter() {
                super(values());
            }
        }
    }

    @Override
    public Integer call() throws Exception {
        try {
            flags.validate();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
        if (rounds < 1) {
            throw new ParameterException(spec.commandLine(), "--rounds=" + rounds + " is below 1");
        }
        if (vs.contains(Reference.ROCKSDB)) {
            DbBenchProcess.check();
        }
        GeneratorLink link = remote.useRemoteFlush ? link() : null;
        try {
            if (vs.isEmpty()) {
                runAlone(link);
            } else {
                compare(link);
            }
        } finally {
            if (link != null) {
                link.close();
            }
        }
        return 0;
    }

    private GeneratorLink link() throws Exception {
        return GeneratorLink.open(
                spec,
                new HostPort(remote.memnodeIp, remote.memnodePort),
                new HostPort(remote.localIp, remote.heartbeatLocalPort),
                remote.secretFile,
                remote.tls,
                SluiceDb.memtableBytes(flags),
                CONNECT_TIMEOUT);
    }

    private void runAlone(@Nullable GeneratorLink link) throws Exception {
        try (TemporaryDirectory temporary =
                flags.db == null ? TemporaryDirectory.create(null, "sluice-bench-") : null) {
            Path directory = temporary == null ? flags.db : temporary.path().resolve("db");
            if (directory == null) {
                throw new AssertionError("neither a directory given nor a temporary one");
            }
            Files.createDirectories(directory);
            PrintWriter out = spec.commandLine().getOut();
            Header.print(flags, out);
            SluiceRun run = new SluiceRun(flags, flags.seed, directory, link);
            List<Report> reports = run.run(report -> report.print(out), text -> {
                out.println(text);
                out.flush();
            });
            if (json) {
                out.println(Json.alone(reports, run.flushesByBuilder()));
                out.flush();
            }
        }
    }

    private void compare(@Nullable GeneratorLink link) throws Exception {
        Path parent = flags.db;
        if (parent != null) {
            Files.createDirectories(parent);
        }
        PrintWriter out = spec.commandLine().getOut();
        Header.print(flags, out);
        try (TemporaryDirectory work = TemporaryDirectory.create(parent, "sluice-bench-")) {
            List<Side> sides = sides(link);
            Comparison comparison = new Comparison(sides, work.path(), line -> {
                out.println(line);
                out.flush();
            });
            if (!noWarmUp) {
                comparison.warmUp(flags.seed);
            }
            comparison.measure(rounds, flags.seed);
            comparison.print(out);
            out.println(Json.compared(comparison, rounds));
            out.flush();
        }
    }

    private List<Side> sides(@Nullable GeneratorLink link) {
        List<Side> sides = new ArrayList<>();
        sides.add(new Side(
                Comparison.OURS,
                true,
                (directory, seed, lines) ->
                        inProcess(new SluiceRun(flags, seed, directory, link).run(printer(lines), lines))));
        for (Reference reference : vs.stream().distinct().toList()) {
            if (reference == Reference.ROCKSDB) {
                sides.add(new Side(
                        reference.toString(),
                        false,
                        (directory, seed, lines) -> DbBenchProcess.run(flags, directory, seed, lines)));
            } else {
                sides.add(new Side(
                        reference.toString(),
                        true,
                        (directory, seed, lines) -> inProcess(new InProcessRun(flags, seed)
                                .run(fresh -> new RocksDbTarget(flags, directory, fresh), printer(lines), lines))));
            }
        }
        return sides;
    }

    private static Consumer<Report> printer(Consumer<String> lines) {
        return report -> lines.accept(report.line());
    }

    private static List<Figure> inProcess(List<Report> reports) {
        return reports.stream()
                .map(report -> new Figure(report.benchmark().text(), report.operationsPerSecond()))
                .toList();
    }
}
