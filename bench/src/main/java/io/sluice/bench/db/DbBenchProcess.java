// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import io.sluice.cli.command.CommandFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** RocksDB's own db_bench, a process of its own, and the lines that it prints. */
final class DbBenchProcess {
    /** Where Debian's package rocksdb-tools puts it. */
    static final Path PROGRAM = Path.of("/usr/bin/db_bench");

    private static final Pattern LINE = Pattern.compile(
            "([a-z]+)\\s*: +([0-9.]+) micros/op (\\d+) ops/sec ([0-9.]+) seconds (\\d+) operations;(.*)");

    private static final double COARSE = 1000;

    private DbBenchProcess() {}

    /** Fails where it is not installed. */
    static void check() throws CommandFailure {
        if (!Files.isExecutable(PROGRAM)) {
            throw new CommandFailure("there is no " + PROGRAM + " to compare with: on Debian, apt-get install"
                    + " rocksdb-tools installs it; or --vs rocksdbjni");
        }
    }

    /**
     * Runs it.
     *
     * @param lines gets its report lines
     */
    static List<Figure> run(DbBenchFlags flags, Path directory, long seed, Consumer<String> lines)
            throws IOException, InterruptedException, CommandFailure {
        List<String> command = new ArrayList<>();
        command.add(PROGRAM.toString());
        command.addAll(flags.forDbBench(directory, seed));
        command.add("--stats_interval=1000000000"); // no progress between its lines
        Path errors = directory.resolveSibling(directory.getFileName() + ".stderr");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        List<Figure> figures = new ArrayList<>();
        try (BufferedReader output = process.inputReader()) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                Figure figure = parse(line);
                if (figure != null) {
                    figures.add(figure);
                    lines.accept(line);
                }
            }
            int exitCode = process.waitFor();
            if (exitCode != 0) {
                throw new CommandFailure("db_bench ended with exit code " + exitCode + ": " + Files.readString(errors));
            }
        } finally {
            process.destroyForcibly();
            Files.deleteIfExists(errors);
        }
        return figures;
    }

    /** The figure of a report line; null where it is another. */
    static @Nullable Figure parse(String line) {
        Matcher report = LINE.matcher(line);
        if (!report.matches()) {
            return null;
        }
        // its "ops/sec" is cut to a whole number, its seconds to thousandths: the finer one counts
        double rate = Double.parseDouble(report.group(3));
        double seconds = Double.parseDouble(report.group(4));
        double operations = Double.parseDouble(report.group(5));
        return new Figure(report.group(1), rate >= COARSE || seconds == 0 ? rate : operations / seconds);
    }
}
