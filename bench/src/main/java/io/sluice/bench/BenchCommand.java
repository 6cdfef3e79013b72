// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench;

import io.sluice.bench.compaction.CompactionBenchCommand;
import io.sluice.bench.db.DbBenchCommand;
import io.sluice.bench.flush.FlushBenchCommand;
import io.sluice.bench.micro.MicroBenchCommand;
import io.sluice.bench.stress.StressCommand;
import io.sluice.bench.transport.TransportBenchCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The parent of the benchmarks. */
@Command(
        name = "bench",
        description = "Measure, or look for faults: each subcommand is one benchmark.",
        synopsisSubcommandLabel = "BENCHMARK",
        subcommands = {
            CompactionBenchCommand.class,
            DbBenchCommand.class,
            FlushBenchCommand.class,
            MicroBenchCommand.class,
            StressCommand.class,
            TransportBenchCommand.class
        })
final class BenchCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which benchmark?");
    }
}
