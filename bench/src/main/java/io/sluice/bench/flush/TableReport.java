// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.bench.common.Spread;
import java.io.PrintWriter;
import java.util.Locale;

/** A result as a table for people, in Markdown. */
final class TableReport {
    private TableReport() {}

    static void write(Result result, PrintWriter out) {
        Load load = result.loads().get(0);
        out.printf(
                Locale.ROOT,
                "%,d puts a run, keys of %d bytes, values of %d, %d column families, write_buffer_size %,d,"
                        + " compression %s, no log, no compaction.%n",
                load.num(),
                load.keySize(),
                load.valueSize(),
                load.columnFamilies(),
                load.writeBufferSize(),
                load.compression().rocksName());
        out.println("Medians (least-greatest) of the rounds; ratios are paired by round.");
        StringBuilder head = new StringBuilder("| writers | case | puts/s | puts/s with the last flush |");
        StringBuilder rule = new StringBuilder("|--:|---|--:|--:|");
        for (Contender reference : result.references()) {
            head.append(" ÷ ").append(reference.name()).append(" | ... with the last flush |");
            rule.append("--:|--:|");
        }
        out.println(head.append(" CPU µs a put | put p50 µs | p99 | p99.9 |"));
        out.println(rule.append("--:|--:|--:|--:|"));
        for (Load each : result.loads()) {
            for (Contender contender : result.contenders()) {
                out.println(row(result, contender, each));
            }
        }
        Result.Cold cold = result.cold();
        if (cold != null) {
            out.printf(
                    Locale.ROOT,
                    "Cold, the first run in a new JVM: %s with %d writers, %,.0f puts/s.%n",
                    cold.name(),
                    cold.writers(),
                    cold.putsPerSecond());
        }
        out.flush();
    }

    private static String row(Result result, Contender contender, Load load) {
        StringBuilder row = new StringBuilder();
        row.append("| ").append(load.writers()).append(" | ").append(contender.name());
        cell(row, "%,.0f", result.spread(contender, load, Measurement::putsPerSecond));
        cell(row, "%,.0f", result.spread(contender, load, Measurement::putsPerSecondFlushed));
        for (Contender reference : result.references()) {
            if (reference.equals(contender)) {
                row.append(" | 1 | 1");
            } else {
                cell(row, "%.2f", result.ratio(contender, reference, load, Measurement::putsPerSecond));
                cell(row, "%.2f", result.ratio(contender, reference, load, Measurement::putsPerSecondFlushed));
            }
        }
        cell(row, "%.2f", result.spread(contender, load, Measurement::cpuUsPerPut));
        median(row, result.spread(contender, load, Measurement::p50Us));
        median(row, result.spread(contender, load, Measurement::p99Us));
        median(row, result.spread(contender, load, Measurement::p999Us));
        return row.append(" |").toString();
    }

    private static void cell(StringBuilder row, String format, Spread spread) {
        row.append(" | ")
                .append(String.format(Locale.ROOT, format, spread.median()))
                .append(String.format(Locale.ROOT, " (" + format + "-" + format + ")", spread.min(), spread.max()));
    }

    private static void median(StringBuilder row, Spread spread) {
        row.append(" | ").append(String.format(Locale.ROOT, "%.1f", spread.median()));
    }
}
