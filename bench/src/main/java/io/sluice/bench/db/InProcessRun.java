// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Runs the benchmarks of the flags on a store in this process, one after the other. */
final class InProcessRun {
    private final DbBenchFlags flags;
    private final long seed;

    InProcessRun(DbBenchFlags flags, long seed) {
        this.flags = flags;
        this.seed = seed;
    }

    /**
     * Runs them.
     *
     * @param reports is told of each when it ends
     * @param stats gets the store's own counters where they are asked for
     */
    List<Report> run(DbTarget.Opener opener, Consumer<Report> reports, Consumer<String> stats) throws Exception {
        List<Report> all = new ArrayList<>();
        List<Benchmark> benchmarks = Benchmark.parse(flags.benchmarks);
        DbTarget target = opener.open(!flags.useExistingDb);
        try {
            int done = 0;
            for (Benchmark benchmark : benchmarks) {
                if (benchmark.isFresh() && done > 0 && !flags.useExistingDb) {
                    target.close();
                    target = opener.open(true);
                }
                if (benchmark == Benchmark.STATS) {
                    stats.accept(target.stats());
                } else {
                    // each benchmark draws its own keys, the same ones for each side
                    Report report = new Workload(flags, seed * 31 + done).run(benchmark, target);
                    all.add(report);
                    reports.accept(report);
                }
                done++;
            }
        } finally {
            target.close();
        }
        return all;
    }
}
