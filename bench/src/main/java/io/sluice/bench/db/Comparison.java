// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import io.sluice.bench.common.TemporaryDirectory;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The interleaved run: in each round every side runs all benchmarks in a fresh store, and the next round begins with
 * another side, so that neither a noisy moment nor a place in the order meets one of them alone.
 */
final class Comparison {
    /** Our name. */
    static final String OURS = "sluice";

    private final List<Side> sides;
    private final Path directory;
    private final Consumer<String> lines;
    private final Map<String, List<List<Figure>>> rounds = new LinkedHashMap<>();

    Comparison(List<Side> sides, Path directory, Consumer<String> lines) {
        this.sides = List.copyOf(sides);
        this.directory = directory;
        this.lines = lines;
    }

    /** Runs the sides in this JVM once; the figures don't count. */
    void warmUp(long seed) throws Exception {
        for (Side side : sides) {
            if (side.inThisJvm()) {
                lines.accept("warm-up: " + side.name());
                run(side, seed, line -> {});
            }
        }
    }

    /** Runs all rounds. */
    void measure(int count, long seed) throws Exception {
        List<Side> order = new ArrayList<>(sides);
        for (int round = 1; round <= count; round++) {
            for (Side side : order) {
                lines.accept("round " + round + "/" + count + ": " + side.name());
                List<Figure> figures = run(side, seed + round, lines);
                rounds.computeIfAbsent(side.name(), name -> new ArrayList<>()).add(figures);
            }
            Collections.rotate(order, -1);
        }
    }

    private List<Figure> run(Side side, long seed, Consumer<String> to) throws Exception {
        try (TemporaryDirectory fresh = TemporaryDirectory.create(directory, side.name() + "-")) {
            Path store = Files.createDirectory(fresh.path().resolve("db"));
            return side.runner().run(store, seed, to);
        }
    }

    /** The names of those that ours is compared with. */
    List<String> references() {
        return sides.stream().map(Side::name).filter(name -> !name.equals(OURS)).toList();
    }

    /** A side's operations per second by benchmark, one for each round. */
    Map<String, double[]> figures(String side) {
        List<List<Figure>> runs = rounds.getOrDefault(side, List.of());
        Map<String, double[]> figures = new LinkedHashMap<>();
        for (int round = 0; round < runs.size(); round++) {
            Map<String, Integer> seen = new LinkedHashMap<>();
            for (Figure figure : runs.get(round)) {
                // one that is run twice, as readrandom before and after a compaction, has two figures
                int time = seen.merge(figure.benchmark(), 1, Integer::sum);
                String name = figure.benchmark() + (time == 1 ? "" : "#" + time);
                figures.computeIfAbsent(name, key -> new double[runs.size()])[round] = figure.operationsPerSecond();
            }
        }
        return figures;
    }

    /** The medians of ours ÷ theirs, paired by round, by benchmark. */
    Map<String, Double> ratios(String reference) {
        Map<String, double[]> ours = figures(OURS);
        Map<String, double[]> theirs = figures(reference);
        Map<String, Double> ratios = new LinkedHashMap<>();
        ours.forEach((benchmark, mine) -> {
            double[] other = theirs.get(benchmark);
            if (other != null) {
                double[] paired = new double[mine.length];
                Arrays.setAll(paired, round -> mine[round] / other[round]);
                ratios.put(benchmark, median(paired));
            }
        });
        return ratios;
    }

    /** A table of the medians. */
    void print(PrintWriter out) {
        StringBuilder head = new StringBuilder(String.format(Locale.ROOT, "%-18s", "median ops/sec"));
        sides.forEach(side -> head.append(String.format(Locale.ROOT, " %14s", side.name())));
        references().forEach(name -> head.append(String.format(Locale.ROOT, " %14s", "/ " + name)));
        out.println(head);
        for (String benchmark : figures(OURS).keySet()) {
            StringBuilder row = new StringBuilder(String.format(Locale.ROOT, "%-18s", benchmark));
            for (Side side : sides) {
                double[] figures = figures(side.name()).getOrDefault(benchmark, new double[0]);
                row.append(String.format(Locale.ROOT, " %,14.0f", median(figures)));
            }
            for (String reference : references()) {
                row.append(
                        String.format(Locale.ROOT, " %14.3f", ratios(reference).getOrDefault(benchmark, Double.NaN)));
            }
            out.println(row);
        }
    }

    /** The median, or NaN of nothing. */
    static double median(double[] values) {
        if (values.length == 0) {
            return Double.NaN;
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
