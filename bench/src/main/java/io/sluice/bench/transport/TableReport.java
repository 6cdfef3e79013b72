// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.bench.common.Spread;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** A result as a table for people, in Markdown. */
final class TableReport {
    private static final double MEGA = 1e6;

    private TableReport() {}

    /** Payload, in millions of bytes. */
    static double megabytesPerSecond(Measurement measurement, Load load) {
        return measurement.operationsPerSecond() * load.size() / MEGA;
    }

    static void write(Load load, Transports transport, Result result, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%s over %s, %,d bytes, %s; medians (least-greatest) of %d rounds, ratios paired by round.%n",
                load.mode,
                transport,
                load.size(),
                load.idle,
                result.runs(result.contenders().get(0)).size());
        if (load.mode.isLatency()) {
            latencies(result, out);
        } else {
            throughputs(load, result, out);
        }
        garbage(result, out);
        out.flush();
    }

    private static void latencies(Result result, PrintWriter out) {
        out.println("| case | p50 µs | p99 µs | p99.9 µs | operations/s | sluice's p50 ÷ | p99 ÷ |");
        out.println("|---|--:|--:|--:|--:|--:|--:|");
        for (String contender : result.contenders()) {
            StringBuilder row = new StringBuilder("| ").append(contender);
            for (double percentile : new double[] {50, 99, 99.9}) {
                cell(row, "%.2f", result.spread(contender, run -> run.percentileUs(percentile)));
            }
            cell(row, "%,.0f", result.spread(contender, Measurement::operationsPerSecond));
            ratio(row, result, contender, run -> run.percentileUs(50));
            ratio(row, result, contender, run -> run.percentileUs(99));
            out.println(row.append(" |"));
        }
    }

    private static void throughputs(Load load, Result result, PrintWriter out) {
        out.println("| case | MB/s | operations/s | sluice's ÷ |");
        out.println("|---|--:|--:|--:|");
        for (String contender : result.contenders()) {
            StringBuilder row = new StringBuilder("| ").append(contender);
            cell(row, "%,.0f", result.spread(contender, run -> megabytesPerSecond(run, load)));
            cell(row, "%,.1f", result.spread(contender, Measurement::operationsPerSecond));
            ratio(row, result, contender, Measurement::operationsPerSecond);
            out.println(row.append(" |"));
        }
    }

    private static void ratio(
            StringBuilder row, Result result, String reference, ToDoubleFunction<Measurement> figure) {
        String ours = result.contenders().get(0);
        if (reference.equals(ours)) {
            row.append(" | 1");
        } else {
            cell(row, "%.3f", result.ratio(ours, reference, figure));
        }
    }

    private static void cell(StringBuilder row, String format, Spread spread) {
        row.append(" | ")
                .append(String.format(Locale.ROOT, format, spread.median()))
                .append(String.format(Locale.ROOT, " (" + format + "-" + format + ")", spread.min(), spread.max()));
    }

    private static void garbage(Result result, PrintWriter out) {
        String ours = result.contenders().get(0);
        out.printf(
                "Garbage of %s, most of all rounds, of an operation: %s at the client, %s at the server.%n",
                ours,
                mostGarbage(result.runs(ours), Contender.Run::client),
                mostGarbage(result.runs(ours), Contender.Run::server));
    }

    private static String mostGarbage(List<Contender.Run> runs, Function<Contender.Run, Measurement> side) {
        double most = runs.stream()
                .mapToDouble(run -> side.apply(run).garbagePerOperation())
                .max()
                .orElse(Double.NaN);
        return Double.isNaN(most) ? "unknown" : String.format(Locale.ROOT, "%.3f B", most);
    }
}
